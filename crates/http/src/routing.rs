//! Small pieces that routes are built from.

use actix_web::dev::HttpServiceFactory;
use actix_web::guard::{self, Guard};
use actix_web::http::StatusCode;
use actix_web::{Resource, Route, web};

use crate::problem::Problem;

/// A resource that answers GET, and HEAD like GET without the body.
pub(crate) fn get<F, Args>(path: &str, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    web::resource(path.to_owned())
        .route(get_or_head().to(handler))
        .default_service(method_not_allowed("GET, HEAD"))
}

/// A resource that answers POST.
pub(crate) fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    web::resource(path.to_owned()).route(web::post().to(handler)).default_service(method_not_allowed("POST"))
}

/// A route for GET and HEAD.
pub(crate) fn get_or_head() -> Route {
    web::route().guard(reads())
}

/// A route that says which methods the resource has.
pub(crate) fn method_not_allowed(allow: &'static str) -> Route {
    web::to(move || std::future::ready(Err::<String, _>(Problem::method_not_allowed(allow))))
}

/// The answer to an unknown path.
pub(crate) async fn not_found() -> Result<String, Problem> {
    Err(Problem::of_status(StatusCode::NOT_FOUND))
}

fn reads() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}
