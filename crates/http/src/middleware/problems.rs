//! Gives every error answer its one shape, also those that the framework makes, and logs what is
//! behind it.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use autorisen_domain::context::Context;

use crate::Services;
use crate::problem::Problem;

/// Renders problems with the id of their request. Headers that were set on the way are kept.
pub(crate) async fn render_problems<B: MessageBody>(
    services: Data<Services>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response.map_into_left_body());
    }

    let request_id = response
        .request()
        .extensions()
        .get::<Context>()
        .map(|ctx| ctx.request_id.clone())
        .unwrap_or_default();
    let mut new = render(&services, &request_id, status, response.response().error());

    let (request, old) = response.into_parts();
    let own = new.headers().clone();
    for (name, value) in old.headers() {
        if *name != header::CONTENT_LENGTH && !own.contains_key(name) {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, new).map_into_right_body())
}

fn render(services: &Services, request_id: &str, status: StatusCode, error: Option<&Error>) -> HttpResponse {
    if let Some(problem) = error.and_then(|error| error.as_error::<Problem>()) {
        if let Some(cause) = problem.cause() {
            services.log.fault(request_id, cause);
        }
        return problem.render(Some(request_id));
    }
    if let Some(error) = error.filter(|_| status.is_server_error()) {
        services.log.fault(request_id, &Unexpected(error.to_string()));
    }
    Problem::of_status(status).render(Some(request_id))
}

/// A server error that is not one of ours.
#[derive(Debug)]
struct Unexpected(String);

impl std::fmt::Display for Unexpected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unexpected {}
