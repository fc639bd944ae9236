//! One line per request.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use autorisen_domain::context::Context;

use crate::{AccessLine, Services};

/// Tells the log of the request once its answer is there.
pub(crate) async fn log_access(
    services: Data<Services>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = Instant::now();
    let response = next.call(request).await?;

    let request = response.request();
    let extensions = request.extensions();
    let ctx = extensions.get::<Context>();
    services.log.access(&AccessLine {
        request_id: ctx.map_or("", |ctx| &ctx.request_id),
        client_ip: ctx.map(|ctx| ctx.client.ip()),
        method: request.method().as_str(),
        path: request.path(),
        status: response.status().as_u16(),
        duration: begun.elapsed(),
    });
    drop(extensions);
    Ok(response)
}
