//! Reading a request's body: bounded in size and in time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt as _};

use crate::HttpSettings;
use crate::problem::{Failure, Failures, Problem};

/// The largest body, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// The body of a request, whatever its label says it is.
pub(crate) struct RawBody(pub(crate) Bytes);

impl Failures for RawBody {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::BAD_REQUEST, "bad_request"),
        (StatusCode::REQUEST_TIMEOUT, "request_timeout"),
        (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
    ];
}

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let time_limit = time_limit(request);
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            let payload = payload.await.map_err(|_| Problem::of_status(StatusCode::BAD_REQUEST))?;
            collect(payload, MAX_LENGTH, time_limit).await.map(Self)
        })
    }
}

/// Reads a body of at most `max` bytes, for a handler that first asks who sends it.
pub(crate) async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    max: usize,
) -> Result<Bytes, Problem> {
    let read = match time_limit(request) {
        _ if length(request).is_some_and(|length| length > max as u64) => Err(too_large(max)),
        None => gather(&mut payload, max).await,
        Some(limit) => actix_web::rt::time::timeout(limit, gather(&mut payload, max))
            .await
            .unwrap_or_else(|_| Err(Problem::of_status(StatusCode::REQUEST_TIMEOUT))),
    };
    if read.is_err() {
        discard(request, &mut payload).await;
    }
    read
}

async fn gather(payload: &mut web::Payload, max: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|_| Problem::of_status(StatusCode::BAD_REQUEST))?;
        if body.len() + bytes.len() > max {
            return Err(too_large(max));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body.freeze())
}

/// The length that the request says its body has.
pub(crate) fn length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// How much of a body that nobody wants is taken off the line, in bytes. It costs no memory.
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// Takes a body off the line, as far as it is not large, so that its sender comes to read the answer: one
/// who is cut off while they send may never read why.
pub(crate) async fn discard<E>(
    request: &HttpRequest,
    payload: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) {
    let reading = async {
        let mut left = MAX_DISCARDED;
        while let Some(Ok(bytes)) = payload.next().await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                break;
            }
        }
    };
    match time_limit(request) {
        None => reading.await,
        Some(limit) => {
            let _ = actix_web::rt::time::timeout(limit, reading).await;
        }
    }
}

/// How long a body may take to come.
pub(crate) fn time_limit(request: &HttpRequest) -> Option<Duration> {
    request.app_data::<Data<HttpSettings>>().map(|settings| settings.body_timeout)
}

/// A body that is larger than `max` bytes.
pub(crate) fn too_large(max: usize) -> Problem {
    let detail = format!("The request body is larger than {} KiB", max / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

async fn collect(payload: web::Payload, max: usize, time_limit: Option<Duration>) -> Result<Bytes, Problem> {
    let reading = payload.to_bytes_limited(max);
    let read = match time_limit {
        None => reading.await,
        Some(limit) => actix_web::rt::time::timeout(limit, reading)
            .await
            .map_err(|_| Problem::of_status(StatusCode::REQUEST_TIMEOUT))?,
    };
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::of_status(StatusCode::BAD_REQUEST)),
        Err(_) => Err(too_large(max)),
    }
}
