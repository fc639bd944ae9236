//! How each failure of the protocol is answered.

use std::time::Duration;

use actix_web::http::StatusCode;
use autorisen_chatkit::{Fault, RequestError};
use autorisen_domain::chat::{ChatError, QuotaExceeded};

use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem, RATE_LIMITED, UNAVAILABLE};

/// When it is worth asking a model again that could not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

impl Failures for ChatError {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::NOT_FOUND, "thread_not_found"),
        (StatusCode::NOT_FOUND, "item_not_found"),
        (StatusCode::NOT_FOUND, "attachment_not_found"),
        (StatusCode::NOT_FOUND, "cursor_not_found"),
        INVALID_FIELDS,
        (StatusCode::CONFLICT, "wrong_item"),
        (StatusCode::CONFLICT, "no_pending_call"),
        (StatusCode::CONFLICT, "thread_not_active"),
        (StatusCode::CONFLICT, "thread_busy"),
        (StatusCode::CONFLICT, "too_many_threads"),
        (StatusCode::SERVICE_UNAVAILABLE, "assistant_unavailable"),
        (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
        UNAVAILABLE,
    ];
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        let missing = |code, detail: &str| Self::new(StatusCode::NOT_FOUND, code, detail);
        let conflict = |code, detail: &str| Self::new(StatusCode::CONFLICT, code, detail);
        match error {
            ChatError::ThreadNotFound => missing("thread_not_found", "thread not found"),
            ChatError::ItemNotFound => missing("item_not_found", "item not found"),
            ChatError::AttachmentNotFound => missing("attachment_not_found", "attachment not found"),
            ChatError::UnknownCursor => missing("cursor_not_found", "the list has no such cursor"),
            ChatError::UnknownPlacement => field("placement", "unknown", "is not set up here"),
            ChatError::WrongItem(wanted) => conflict("wrong_item", &format!("the item must be {wanted}")),
            ChatError::NoPendingCall => conflict("no_pending_call", "no tool call waits for an output"),
            ChatError::ThreadNotActive => conflict("thread_not_active", "the thread takes no messages"),
            ChatError::Busy => conflict("thread_busy", "an answer is being given in this thread"),
            ChatError::TooManyThreads => conflict("too_many_threads", "delete some threads first"),
            ChatError::Input { field: name, fault } => field(name, "invalid", fault),
            ChatError::Quota(exceeded) => exceeded.into(),
            ChatError::Told { message, allow_retry: true, cause } => {
                Self::unavailable("assistant_unavailable", message, ASK_AGAIN_AFTER).because(cause)
            }
            ChatError::Told { message, allow_retry: false, cause } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", message).because(cause)
            }
            ChatError::Port(cause) => cause.into(),
        }
    }
}

impl Failures for QuotaExceeded {
    const ANSWERS: &'static [Failure] = &[RATE_LIMITED, (StatusCode::FORBIDDEN, "quota_exceeded")];
}

impl From<QuotaExceeded> for Problem {
    fn from(exceeded: QuotaExceeded) -> Self {
        match exceeded.retry_after {
            Some(wait) => Self::too_many_requests("The limit for today is reached", wait),
            None => {
                Self::new(StatusCode::FORBIDDEN, "quota_exceeded", "The limit of this account is reached")
            }
        }
    }
}

impl Failures for RequestError {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::BAD_REQUEST, "malformed_request"),
        (StatusCode::BAD_REQUEST, "unknown_type"),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid_params"),
    ];
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let detail = error.to_string();
        match error {
            RequestError::NoEnvelope => Self::new(StatusCode::BAD_REQUEST, "malformed_request", detail),
            RequestError::UnknownType => Self::new(StatusCode::BAD_REQUEST, "unknown_type", detail),
            RequestError::Params(misfit) => {
                let code = match misfit.fault {
                    Fault::Missing => "missing",
                    Fault::Expected(_) => "invalid",
                };
                let message = misfit.fault.to_string();
                Self::invalid_member("invalid_params", FieldFault { field: misfit.path, code, message })
            }
        }
    }
}

fn field(field: &'static str, code: &'static str, message: &str) -> Problem {
    Problem::invalid_fields(vec![FieldFault { field, code, message: message.to_owned() }])
}
