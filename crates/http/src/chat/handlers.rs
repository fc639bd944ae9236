//! The handlers of the ChatKit routes.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use autorisen_domain::auth::Principal;
use autorisen_domain::chat::ChatTokenRequest;
use autorisen_domain::context::Context;
use autorisen_domain::events::{ChatTokenRefusal, Event};

use crate::body::RawBody;
use crate::chat::dto::{ChatTokenDto, OptionsDto, read_body, read_query};
use crate::extract::{Ctx, CurrentUser};
use crate::problem::Problem;
use crate::{HttpSettings, Services};

/// `POST /api/chatkit/token`.
pub(crate) async fn token_by_post(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    CurrentUser(principal): CurrentUser,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    issue(&services, &ctx, &principal, read_body(&body)?).await
}

/// `GET /api/chatkit/token?placement=…&thread_id=…`.
pub(crate) async fn token_by_get(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    CurrentUser(principal): CurrentUser,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    issue(&services, &ctx, &principal, read_query(request.query_string())?).await
}

/// Tells that nobody asked for a token.
pub(crate) fn tell_refusal(services: &Services, ctx: &Context) {
    services.events.record(ctx, &Event::ChatTokenRefused { reason: ChatTokenRefusal::NotAuthenticated });
}

/// `GET /api/chatkit/options`: what a page has to know to mount the component. It is the same for everybody.
pub(crate) async fn options(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(OptionsDto::from(&**settings))
}

async fn issue(
    services: &Services,
    ctx: &Context,
    principal: &Principal,
    request: ChatTokenRequest,
) -> Result<HttpResponse, Problem> {
    services.limits.charge_chat_token(ctx, principal.user.id).await?;
    let grant = services.chat.issue(ctx, principal, request).await?;
    Ok(HttpResponse::Ok().json(ChatTokenDto::new(principal.user.id, &grant)))
}
