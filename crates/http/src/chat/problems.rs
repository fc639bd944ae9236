//! How each failure of the ChatKit routes is answered.

use actix_web::http::StatusCode;
use autorisen_domain::chat::ChatTokenError;

use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem, UNAVAILABLE};

impl Failures for ChatTokenError {
    const ANSWERS: &'static [Failure] = &[
        INVALID_FIELDS,
        (StatusCode::NOT_FOUND, "thread_not_found"),
        (StatusCode::UNAUTHORIZED, "session_ending"),
        (StatusCode::UNAUTHORIZED, "token_revoked"),
        UNAVAILABLE,
    ];
}

impl From<ChatTokenError> for Problem {
    fn from(error: ChatTokenError) -> Self {
        let placement = |code, message: &str| {
            Self::invalid_fields(vec![FieldFault { field: "placement", code, message: message.to_owned() }])
        };
        match error {
            ChatTokenError::UnknownPlacement => placement("unknown", "is not set up here"),
            ChatTokenError::OtherPlacement => placement("mismatch", "is not the thread's"),
            ChatTokenError::ThreadNotFound => {
                Self::new(StatusCode::NOT_FOUND, "thread_not_found", "thread not found")
            }
            ChatTokenError::Quota(exceeded) => exceeded.into(),
            ChatTokenError::SessionEnding => {
                Self::unauthorized("session_ending", "The session is about to end")
            }
            ChatTokenError::SessionEnded => Self::unauthorized("token_revoked", "Token revoked"),
            ChatTokenError::Hosted(failure) => failure.into(),
            ChatTokenError::Port(cause) => cause.into(),
        }
    }
}
