//! The handlers of the ChatKit routes.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError as _};
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
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let principal = signed_in(&services, &ctx, &request).await?;
    issue(&services, &ctx, &principal, read_body(&body)?).await
}

/// `GET /api/chatkit/token?placement=…&thread_id=…`.
pub(crate) async fn token_by_get(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let principal = signed_in(&services, &ctx, &request).await?;
    issue(&services, &ctx, &principal, read_query(request.query_string())?).await
}

/// `GET /api/chatkit/options`: what a page has to know to mount the component. It is the same for everybody.
pub(crate) async fn options(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(OptionsDto::from(&**settings))
}

/// The user who is signed in; a refusal is told to the log as one of this route.
async fn signed_in(services: &Services, ctx: &Context, request: &HttpRequest) -> Result<Principal, Problem> {
    match CurrentUser::from_request(request, &mut Payload::None).await {
        Ok(CurrentUser(principal)) => Ok(principal),
        Err(problem) => {
            // A limit or a fault of the database says nothing of who asks.
            if problem.status_code() == StatusCode::UNAUTHORIZED {
                let reason = ChatTokenRefusal::NotAuthenticated;
                services.events.record(ctx, &Event::ChatTokenRefused { reason });
            }
            Err(problem)
        }
    }
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
