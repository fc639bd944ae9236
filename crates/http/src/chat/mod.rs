//! ChatKit: `/api/chatkit/*`.

mod dto;
mod handlers;
pub(crate) mod hosted;
mod problems;
mod tools;

use actix_web::http::StatusCode;
use autorisen_domain::chat::{CallToolError, ChatError, ChatTokenError, HostedFailure, QuotaExceeded};
use serde_json::json;

use crate::api::{Access, Answer, Body, Endpoint, Parameter};

pub(crate) use dto::{QueryFault, placement};

const TOKEN: &str = "/api/chatkit/token";
const ABOUT_TOKEN: &str = "For the thread that is named, else for an empty one. It is good for minutes, and for no \
    longer than its session. Where chats are hosted it is the secret of a hosted session.";

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let tool = json!({"type": "string", "pattern": "^[a-z0-9._-]{1,64}$", "examples": ["support.ticket"]});
    vec![
        token(Endpoint::post(TOKEN, Access::Session, handlers::token_by_post))
            .about("chatToken", "A chat token", ABOUT_TOKEN)
            .takes(Body::optional_json(dto::token_body)),
        token(Endpoint::get(TOKEN, Access::Session, handlers::token_by_get))
            .about("chatTokenByGet", "A chat token, as an existing client asks for it", ABOUT_TOKEN)
            .asks(Parameter::query("placement", "As in the body of POST.", dto::placement()))
            .asks(Parameter::query("thread_id", "As in the body of POST.", dto::thread_id()))
            .fails::<QueryFault>(),
        Endpoint::get("/api/chatkit/options", Access::Public, handlers::options)
            .about("chatOptions", "How the component is to be mounted", "")
            .answers(Answer::json::<dto::OptionsDto<'_>>(StatusCode::OK, "The same for everybody.")),
        Endpoint::post("/api/chatkit/tools/{name}", Access::Chat, tools::call)
            .about("callTool", "Has a tool called", "The call is kept in the thread.")
            .asks(Parameter::path("name", "The tool.", tool))
            .asks(Parameter::query("placement", "Who has a session may name it here.", dto::placement()))
            .takes(Body::json(tools::call_body))
            .answers(Answer::json::<tools::CalledDto<'_>>(StatusCode::OK, "What it gave."))
            .fails::<QueryFault>()
            .fails::<CallToolError>()
            .fails::<ChatError>()
            .fails::<QuotaExceeded>(),
    ]
}

fn token(endpoint: Endpoint) -> Endpoint {
    endpoint
        .on_refusal(handlers::tell_refusal)
        .answers(Answer::json::<dto::ChatTokenDto<'_>>(StatusCode::OK, "The token."))
        .fails::<ChatTokenError>()
        .fails::<QuotaExceeded>()
        .fails::<HostedFailure>()
}
