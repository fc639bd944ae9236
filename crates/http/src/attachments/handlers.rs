//! Sending and reading files.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use autorisen_chatkit::{Attachment, AttachmentParams};
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{AttachmentId, ChatError, FileService, LinkGrant, LinkUse, StoredFile, Upload};
use autorisen_domain::error::PortError;
use futures_util::stream;
use serde::Deserialize;

use crate::attachments::upload;
use crate::extract::Speaker;
use crate::problem::Problem;
use crate::{Services, body, conversation};

/// What a signed address says.
#[derive(Deserialize)]
pub(crate) struct Signed {
    user: Option<String>,
    expires: Option<i64>,
    signature: Option<String>,
}

/// `POST /api/chatkit/attachments`: a file with its announcement.
pub(crate) async fn upload_direct(
    services: Data<Services>,
    Speaker(caller): Speaker,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut form = upload::form(&request, payload).await?;
    let params = AttachmentParams {
        name: form.name(),
        size: body::length(&request).unwrap_or(u64::MAX),
        mime_type: form.mime_type(),
    };
    let mut file = match services.files.begin_direct(caller.user, params).await {
        Ok(file) => file,
        Err(error) => {
            form.discard(&request).await;
            return Err(error.into());
        }
    };
    if let Err(problem) = form.read_into(&services.files, &mut file).await {
        services.files.abandon(&file).await?;
        form.discard(&request).await;
        return Err(problem);
    }
    Ok(HttpResponse::Ok().json(services.files.finish(file).await?))
}

/// `POST` to the address of an announced file: `multipart/form-data`, field `file`.
pub(crate) async fn upload_form(
    services: Data<Services>,
    id: Path<String>,
    signed: Query<Signed>,
    request: HttpRequest,
    mut payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut file = match begun(&services, &request, &id, &signed).await {
        Ok(file) => file,
        Err(problem) => {
            body::discard(&request, &mut payload).await;
            return Err(problem);
        }
    };
    let mut form = upload::form(&request, payload).await?;
    if let Err(problem) = form.read_into(&services.files, &mut file).await {
        give_up(&services, &file).await;
        form.discard(&request).await;
        return Err(problem);
    }
    let attachment: Attachment = services.files.finish(file).await?;
    Ok(HttpResponse::Ok().json(attachment))
}

/// `PUT` to the address of an announced file: its bytes.
pub(crate) async fn upload_body(
    services: Data<Services>,
    id: Path<String>,
    signed: Query<Signed>,
    request: HttpRequest,
    mut payload: Payload,
) -> Result<HttpResponse, Problem> {
    let taken = async {
        let mut file = begun(&services, &request, &id, &signed).await?;
        match upload::body(&request, &mut payload, &services.files, &mut file).await {
            Ok(()) => Ok(file),
            Err(problem) => {
                give_up(&services, &file).await;
                Err(problem)
            }
        }
    }
    .await;
    match taken {
        Ok(file) => Ok(HttpResponse::Ok().json(services.files.finish(file).await?)),
        Err(problem) => {
            body::discard(&request, &mut payload).await;
            Err(problem)
        }
    }
}

/// Removes what has come of a file; on a full disk the room is wanted. What cannot be removed now is with the
/// file itself, a day after it was announced.
async fn give_up(services: &Services, file: &Upload) {
    let _ = services.files.give_up(file).await;
}

/// The file whose bytes are about to come.
async fn begun(
    services: &Services,
    request: &HttpRequest,
    id: &str,
    signed: &Signed,
) -> Result<Upload, Problem> {
    let (user, id) = whose(services, request, LinkUse::Upload, id, signed).await?;
    Ok(services.files.begin(user, id).await?)
}

/// `GET`: the bytes, for their owner.
pub(crate) async fn read(
    services: Data<Services>,
    id: Path<String>,
    signed: Query<Signed>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (user, id) = whose(&services, &request, LinkUse::Read, &id, &signed).await?;
    let file = services.files.open(user, id).await?;
    let (shown_as, disposition) = presentation(&file);
    let mut response = HttpResponse::Ok();
    response
        .content_type(shown_as)
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=300"))
        // The component shows previews in a frame of another origin.
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .no_chunking(file.attachment.size);
    Ok(response.streaming(parts(Arc::clone(&services.files), file)))
}

/// Whose file it is: by a signed address, or by who asks.
async fn whose(
    services: &Services,
    request: &HttpRequest,
    usage: LinkUse,
    id: &str,
    signed: &Signed,
) -> Result<(UserId, AttachmentId), Problem> {
    let id = AttachmentId::parse(id).map_err(|_| ChatError::AttachmentNotFound)?;
    let Signed { user: Some(user), expires: Some(expires), signature: Some(signature) } = signed else {
        return Ok((conversation::caller(request).await?.user, id));
    };
    let user = UserId::parse(user).map_err(|_| ChatError::AttachmentNotFound)?;
    let grant = LinkGrant { user, expires: *expires, signature: signature.clone() };
    if !services.file_links.allows(usage, id, &grant, services.ids.now()) {
        return Err(ChatError::AttachmentNotFound.into());
    }
    Ok((user, id))
}

/// The media type and the disposition that a file is given with. Only images that run nothing are
/// shown; everything else is for saving, under a name that is plain or encoded (RFC 6266).
fn presentation(file: &StoredFile) -> (String, String) {
    const SHOWN: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
    let file = &file.attachment;
    let name: String = file.name.bytes().fold(String::new(), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            name.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            let _ = write!(name, "%{byte:02X}");
        }
        name
    });
    let is_shown = SHOWN.contains(&file.mime_type.as_str());
    let kind = if is_shown { file.mime_type.clone() } else { "application/octet-stream".to_owned() };
    let how = if is_shown { "inline" } else { "attachment" };
    (kind, format!("{how}; filename*=UTF-8''{name}"))
}

/// The bytes, a part at a time.
fn parts(files: Arc<FileService>, file: StoredFile) -> impl stream::Stream<Item = Result<Bytes, PortError>> {
    stream::try_unfold((files, file, 0), async |(files, file, part)| {
        let read = files.read(&file, part).await?;
        Ok(read.map(|bytes| (Bytes::from(bytes), (files, file, part + 1))))
    })
}
