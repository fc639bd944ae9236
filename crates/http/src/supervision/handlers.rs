//! The handlers of the routes of administrators.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use autorisen_domain::auth::{SessionId, UserId};
use autorisen_domain::supervision::{EndTheirSessionError, SuperviseError, UnknownAccount};

use crate::Services;
use crate::body::RawBody;
use crate::extract::{ByAdministrator, Ctx};
use crate::problem::Problem;
use crate::sessions::{SessionDto, SessionsDto};
use crate::supervision::dto::{self, AccountDto, AccountsDto, AuditDto};
use crate::supervision::query::Members;

/// `POST /api/admin/users/search`.
pub(crate) async fn search(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let wanted = dto::read_search(&body)?;
    let page = services.supervision.accounts(&ctx, &by, &wanted.prefix, wanted.after.as_ref()).await?;
    Ok(HttpResponse::Ok().json(AccountsDto::from(&page)))
}

/// `GET /api/admin/users/{id}`: an id that cannot be one is nobody's.
pub(crate) async fn account(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let account = UserId::parse(&id).map_err(|_| UnknownAccount::NotFound)?;
    let user = services.supervision.account(&ctx, &by, account).await?;
    Ok(HttpResponse::Ok().json(AccountDto::from(&user)))
}

/// `POST /api/admin/users/{id}/disable`.
pub(crate) async fn disable(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let account = UserId::parse(&id).map_err(|_| SuperviseError::NotFound)?;
    let user = services.supervision.set_active(&ctx, &by, account, false).await?;
    Ok(HttpResponse::Ok().json(AccountDto::from(&user)))
}

/// `POST /api/admin/users/{id}/enable`.
pub(crate) async fn enable(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let account = UserId::parse(&id).map_err(|_| SuperviseError::NotFound)?;
    let user = services.supervision.set_active(&ctx, &by, account, true).await?;
    Ok(HttpResponse::Ok().json(AccountDto::from(&user)))
}

/// `GET /api/admin/users/{id}/sessions`.
pub(crate) async fn sessions(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let account = UserId::parse(&id).map_err(|_| UnknownAccount::NotFound)?;
    let found = services.supervision.sessions(&ctx, &by, account).await?;
    let sessions = found.iter().map(|summary| SessionDto::new(summary, by.session())).collect();
    Ok(HttpResponse::Ok().json(SessionsDto { sessions }))
}

/// `DELETE /api/admin/users/{id}/sessions`.
pub(crate) async fn end_sessions(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let account = UserId::parse(&id).map_err(|_| UnknownAccount::NotFound)?;
    services.supervision.end_sessions(&ctx, &by, account).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /api/admin/users/{id}/sessions/{session}`.
pub(crate) async fn end_session(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (account, session) = path.into_inner();
    let account = UserId::parse(&account).map_err(|_| EndTheirSessionError::NotFound)?;
    let session = SessionId::parse(&session).map_err(|_| EndTheirSessionError::NotFound)?;
    services.supervision.end_session(&ctx, &by, account, session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /api/admin/audit`.
pub(crate) async fn audit(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    ByAdministrator(by): ByAdministrator,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wanted = dto::read_audit_query(&Members::of(&request))?;
    let page = services.supervision.audit(&ctx, &by, wanted.account, wanted.before).await?;
    Ok(HttpResponse::Ok().json(AuditDto::from(&page)))
}
