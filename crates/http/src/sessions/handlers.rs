//! The handlers of the session routes.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use autorisen_domain::auth::{EndSessionError, SessionId};

use crate::extract::{Ctx, CurrentUser};
use crate::problem::Problem;
use crate::sessions::dto::{SessionDto, SessionsDto};
use crate::{HttpSettings, Services, sign_out};

/// `GET /api/auth/sessions`.
pub(crate) async fn list(
    services: Data<Services>,
    CurrentUser(principal): CurrentUser,
) -> Result<HttpResponse, Problem> {
    let found = services.overview.list(&principal).await?;
    let sessions = found.iter().map(|summary| SessionDto::new(summary, principal.session)).collect();
    Ok(HttpResponse::Ok().json(SessionsDto { sessions }))
}

/// `DELETE /api/auth/sessions/{id}`: an id that cannot be one is no session of anybody.
pub(crate) async fn end(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    CurrentUser(principal): CurrentUser,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let session = SessionId::parse(&id).map_err(|_| EndSessionError::NotFound)?;
    services.overview.end(&ctx, &principal, session).await?;
    let mut response = HttpResponse::NoContent();
    if session == principal.session {
        sign_out::forget(&request, &settings, &mut response);
    }
    Ok(response.finish())
}

/// `DELETE /api/auth/sessions`: all but the one that asks.
pub(crate) async fn end_others(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    CurrentUser(principal): CurrentUser,
) -> Result<HttpResponse, Problem> {
    services.overview.end_others(&ctx, &principal).await?;
    Ok(HttpResponse::NoContent().finish())
}
