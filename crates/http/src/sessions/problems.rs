//! How each failure of the session routes is answered.

use actix_web::http::StatusCode;
use autorisen_domain::auth::{AuthenticateError, EndOthersError, EndSessionError};

use crate::problem::Problem;

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

impl From<EndOthersError> for Problem {
    fn from(error: EndOthersError) -> Self {
        match error {
            EndOthersError::SessionEnded => AuthenticateError::Revoked.into(),
            EndOthersError::Port(cause) => cause.into(),
        }
    }
}
