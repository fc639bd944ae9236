//! One line per request, and its place in a trace.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use autorisen_domain::context::Context;

use crate::trace::{self, Within};
use crate::{AccessLine, Services};

/// Tells the log of the request once its answer is there.
pub(crate) async fn log_access(
    services: Data<Services>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = Instant::now();
    let trace = trace::begin(services.tracer.as_ref(), &request);
    let response = match &trace {
        None => next.call(request).await?,
        Some(trace) => Within::new(Arc::clone(trace), next.call(request)).await?,
    };

    let request = response.request();
    let route = request.match_pattern();
    let extensions = request.extensions();
    let ctx = extensions.get::<Context>();
    let line = AccessLine {
        request_id: ctx.map_or("", |ctx| &ctx.request_id),
        client_ip: ctx.map(|ctx| ctx.client.ip()),
        method: request.method().as_str(),
        path: request.path(),
        route: route.as_deref(),
        status: response.status().as_u16(),
        duration: begun.elapsed(),
    };
    services.log.access(&line);
    if let Some(trace) = trace {
        trace.answered(&line);
    }
    drop(extensions);
    Ok(response)
}
