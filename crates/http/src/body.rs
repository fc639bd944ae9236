//! Reading a request's body: bounded in size and in time.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::HttpSettings;
use crate::problem::Problem;

/// The largest body, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// The body of a request, whatever its label says it is.
pub(crate) struct RawBody(pub(crate) Bytes);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let time_limit = request.app_data::<Data<HttpSettings>>().map(|settings| settings.body_timeout);
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            let payload = payload.await.map_err(|_| Problem::of_status(StatusCode::BAD_REQUEST))?;
            let reading = payload.to_bytes_limited(MAX_LENGTH);
            let read = match time_limit {
                None => reading.await,
                Some(limit) => actix_web::rt::time::timeout(limit, reading)
                    .await
                    .map_err(|_| Problem::of_status(StatusCode::REQUEST_TIMEOUT))?,
            };
            match read {
                Ok(Ok(bytes)) => Ok(Self(bytes)),
                Ok(Err(_)) => Err(Problem::of_status(StatusCode::BAD_REQUEST)),
                Err(_) => Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "body_too_large",
                    "The request body is larger than 64 KiB",
                )),
            }
        })
    }
}
