//! The limit by address on auth routes, charged before anything else is looked at.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use autorisen_domain::auth::ChargeError;
use autorisen_domain::events::Action;

use crate::Services;
use crate::extract::context_of;
use crate::problem::Problem;

/// Charges the request to its address. Reading who one is, is charged by the extractor, and only
/// when it fails: a page may ask as often as it likes.
pub(crate) async fn charge_address<B: MessageBody>(
    services: Data<Services>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if let Some(action) = action(&request)
        && let Err(problem) = charge(&services, &request, action).await
    {
        return Ok(request.error_response(problem).map_into_right_body());
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

async fn charge(services: &Services, request: &ServiceRequest, action: Action) -> Result<(), Problem> {
    let ctx = context_of(request.request())?;
    Ok(services.limits.charge_address(&ctx, action).await?)
}

/// What is charged, and as what. The path is the one that the router matches, with its percent
/// codes resolved; a path or method that is not known is charged like a shown session.
fn action(request: &ServiceRequest) -> Option<Action> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.match_info().as_str();
    match path.strip_prefix("/api/auth/").unwrap_or(path) {
        "me" | "session" | "sessions" | "health" if reads => None,
        "csrf" => Some(Action::Csrf),
        "login" => Some(Action::Login),
        "refresh" => Some(Action::Refresh),
        "logout" => Some(Action::Logout),
        "password/change" => Some(Action::PasswordChange),
        "register" | "register/step1" | "register/step2" => Some(Action::Register),
        _ => Some(Action::Session),
    }
}

impl From<ChargeError> for Problem {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Limited(limited) => {
                Self::too_many_requests("Too many requests", limited.retry_after)
            }
            ChargeError::Port(cause) => cause.into(),
        }
    }
}
