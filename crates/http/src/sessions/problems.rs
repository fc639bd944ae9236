//! How each failure of the session routes is answered.

use actix_web::http::StatusCode;
use autorisen_domain::auth::{AuthenticateError, EndOthersError, EndSessionError};

use crate::problem::{Failure, Failures, Problem, UNAVAILABLE};

impl Failures for EndSessionError {
    const ANSWERS: &'static [Failure] = &[(StatusCode::NOT_FOUND, "session_not_found"), UNAVAILABLE];
}

impl From<EndSessionError> for Problem {
    fn from(error: EndSessionError) -> Self {
        match error {
            EndSessionError::NotFound => {
                Self::new(StatusCode::NOT_FOUND, "session_not_found", "session not found")
            }
            EndSessionError::Port(cause) => cause.into(),
        }
    }
}

impl Failures for EndOthersError {
    const ANSWERS: &'static [Failure] = AuthenticateError::ANSWERS;
}

impl From<EndOthersError> for Problem {
    fn from(error: EndOthersError) -> Self {
        match error {
            EndOthersError::SessionEnded => AuthenticateError::Revoked.into(),
            EndOthersError::Port(cause) => cause.into(),
        }
    }
}
