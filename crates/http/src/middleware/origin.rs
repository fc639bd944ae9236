//! The origin rule: a browser may change something here only from a page of ours or of an allowed
//! origin. It is the rule of `net/http.CrossOriginProtection` in Go 1.25.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::problem::Problem;
use crate::{HttpSettings, Origin};

/// Refuses a request with an unsafe method from a page of a foreign origin.
pub(crate) async fn refuse_foreign_origins<B: MessageBody>(
    settings: Data<HttpSettings>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if passes(&request, &settings) {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        "cross_origin",
        "Cross-origin requests are not allowed from this site",
    );
    Ok(request.error_response(problem).map_into_right_body())
}

fn passes(request: &ServiceRequest, settings: &HttpSettings) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return true;
    }
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let mut origins = request.headers().get_all(header::ORIGIN);
    let (origin, second) = (origins.next(), origins.next());
    match (site, origin) {
        (Some(b"same-origin" | b"none"), _) | (None, None) => true,
        (_, Some(origin)) if second.is_none() => {
            let origin = origin.to_str().ok().and_then(Origin::parse);
            origin.is_some_and(|origin| {
                is_allowed(&origin, settings) || (site.is_none() && is_own(&origin, request))
            })
        }
        _ => false,
    }
}

fn is_allowed(origin: &Origin, settings: &HttpSettings) -> bool {
    settings.public_origin.as_ref() == Some(origin) || settings.allowed_origins.contains(origin)
}

/// An older browser does not say where the page is from; then its host must be the one it calls.
fn is_own(origin: &Origin, request: &ServiceRequest) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| host.eq_ignore_ascii_case(origin.authority()))
}
