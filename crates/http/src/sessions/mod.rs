//! The sessions that users see and end: `/api/auth/sessions`.

mod dto;
mod handlers;
mod problems;

pub(crate) use dto::{SessionDto, SessionsDto};

use actix_web::http::StatusCode;
use autorisen_domain::auth::{EndOthersError, EndSessionError};
use autorisen_domain::error::PortError;
use autorisen_domain::events::Action;
use serde_json::json;

use crate::api::{Access, Answer, Endpoint, Parameter};

const ALL: &str = "/api/auth/sessions";

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let id = json!({"type": "string", "format": "uuid"});
    vec![
        Endpoint::get(ALL, Access::Session, handlers::list)
            .about("listSessions", "The sessions of who asks", "The newest hundred.")
            .answers(Answer::json::<dto::SessionsDto<'_>>(StatusCode::OK, "They."))
            .fails::<PortError>(),
        Endpoint::delete(ALL, Access::Session, handlers::end_others)
            .limited_as(Action::Session)
            .with_csrf_pair()
            .about("endOtherSessions", "Ends every session but the one that asks", "")
            .answers(Answer::empty(StatusCode::NO_CONTENT, "They have ended."))
            .fails::<EndOthersError>(),
        Endpoint::delete("/api/auth/sessions/{id}", Access::Session, handlers::end)
            .limited_as(Action::Session)
            .with_csrf_pair()
            .about(
                "endSession",
                "Ends one session of who asks",
                "If it is the one that asks, its cookies go.",
            )
            .asks(Parameter::path("id", "The session.", id))
            .answers(Answer::empty(StatusCode::NO_CONTENT, "It has ended.").with_cookies())
            .fails::<EndSessionError>(),
    ]
}
