//! Reading the bytes of a file, bounded in size and in time.

use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use actix_web::{FromRequest, HttpRequest};
use autorisen_domain::chat::{FileService, Upload};
use futures_util::{Stream, StreamExt};

use crate::body;
use crate::problem::{Failure, Failures, Problem};

/// How much longer than a small body a file may take to come.
const FILE_FACTOR: u32 = 8;

/// The field `file` of a form.
pub(crate) struct FileField {
    field: Field,
    time_limit: Duration,
    // A field is read through its form.
    _form: Multipart,
}

/// Reads a form up to its field `file`.
pub(crate) async fn form(request: &HttpRequest, payload: Payload) -> Result<FileField, Problem> {
    let time_limit = time_limit(request);
    let mut payload = payload.into_inner();
    let mut form = Multipart::from_request(request, &mut payload).await.map_err(|_| malformed())?;
    let searching = async {
        while let Some(field) = form.next().await {
            let field = field.map_err(|error| refused(&error))?;
            if field.name() == Some("file") {
                return Ok(field);
            }
        }
        Err(malformed())
    };
    let field = actix_web::rt::time::timeout(time_limit, searching).await.map_err(|_| late())??;
    Ok(FileField { field, time_limit, _form: form })
}

impl FileField {
    /// The name of the file, as its sender says.
    pub(crate) fn name(&self) -> String {
        let disposition = self.field.content_disposition();
        disposition.and_then(|disposition| disposition.get_filename()).unwrap_or("file").to_owned()
    }

    /// Its media type, as its sender says.
    pub(crate) fn mime_type(&self) -> String {
        self.field.content_type().map_or_else(|| "application/octet-stream".to_owned(), ToString::to_string)
    }

    /// Takes its bytes.
    pub(super) async fn read_into(&mut self, files: &FileService, file: &mut Upload) -> Result<(), Problem> {
        let time_limit = self.time_limit;
        within(time_limit, take(self.chunks(), files, file)).await
    }

    /// Its bytes as they come.
    pub(crate) fn chunks(&mut self) -> impl Stream<Item = Result<Bytes, Problem>> {
        self.field.by_ref().map(|chunk| chunk.map_err(|error| refused(&error)))
    }

    /// Takes the rest of it off the line, for nobody.
    pub(super) async fn discard(&mut self, request: &HttpRequest) {
        body::discard(request, &mut self.field).await;
    }
}

/// Takes the body of a request as the bytes of a file.
pub(super) async fn body(
    request: &HttpRequest,
    payload: &mut Payload,
    files: &FileService,
    file: &mut Upload,
) -> Result<(), Problem> {
    let chunks = payload.by_ref().map(|chunk| chunk.map_err(|_| malformed()));
    within(time_limit(request), take(chunks, files, file)).await
}

async fn take(
    chunks: impl Stream<Item = Result<Bytes, Problem>>,
    files: &FileService,
    file: &mut Upload,
) -> Result<(), Problem> {
    let mut chunks = std::pin::pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        files.add(file, &chunk?).await?;
    }
    Ok(())
}

async fn within(limit: Duration, work: impl Future<Output = Result<(), Problem>>) -> Result<(), Problem> {
    actix_web::rt::time::timeout(limit, work).await.map_err(|_| late())?
}

fn time_limit(request: &HttpRequest) -> Duration {
    body::time_limit(request).unwrap_or(Duration::from_secs(15)) * FILE_FACTOR
}

fn late() -> Problem {
    Problem::of_status(StatusCode::REQUEST_TIMEOUT)
}

const MALFORMED: Failure = (StatusCode::BAD_REQUEST, "malformed_form");

impl Failures for FileField {
    const ANSWERS: &'static [Failure] = &[MALFORMED];
}

fn malformed() -> Problem {
    let detail = "The body must be multipart/form-data with a field file";
    Problem::new(MALFORMED.0, MALFORMED.1, detail)
}

fn refused(_error: &MultipartError) -> Problem {
    malformed()
}
