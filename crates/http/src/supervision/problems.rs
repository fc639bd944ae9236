//! How each failure of the routes of administrators is answered.

use actix_web::http::StatusCode;
use autorisen_domain::supervision::{EndTheirSessionError, NotAdministrator, SuperviseError, UnknownAccount};

use crate::problem::{Failure, Failures, INVALID_FIELDS, Problem, UNAVAILABLE};

impl Failures for NotAdministrator {
    const ANSWERS: &'static [Failure] = &[(StatusCode::FORBIDDEN, "not_administrator")];
}

impl From<NotAdministrator> for Problem {
    fn from(error: NotAdministrator) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_administrator", error.to_string())
    }
}

const NO_ACCOUNT: Failure = (StatusCode::NOT_FOUND, "account_not_found");

fn no_account() -> Problem {
    Problem::new(NO_ACCOUNT.0, NO_ACCOUNT.1, "account not found")
}

impl Failures for UnknownAccount {
    const ANSWERS: &'static [Failure] = &[NO_ACCOUNT, UNAVAILABLE];
}

impl From<UnknownAccount> for Problem {
    fn from(error: UnknownAccount) -> Self {
        match error {
            UnknownAccount::NotFound => no_account(),
            UnknownAccount::Port(cause) => cause.into(),
        }
    }
}

impl Failures for SuperviseError {
    const ANSWERS: &'static [Failure] = &[NO_ACCOUNT, (StatusCode::CONFLICT, "own_account"), UNAVAILABLE];
}

impl From<SuperviseError> for Problem {
    fn from(error: SuperviseError) -> Self {
        match error {
            SuperviseError::NotFound => no_account(),
            SuperviseError::OwnAccount => Self::new(StatusCode::CONFLICT, "own_account", error.to_string()),
            SuperviseError::Port(cause) => cause.into(),
        }
    }
}

impl Failures for EndTheirSessionError {
    const ANSWERS: &'static [Failure] = &[(StatusCode::NOT_FOUND, "session_not_found"), UNAVAILABLE];
}

impl From<EndTheirSessionError> for Problem {
    fn from(error: EndTheirSessionError) -> Self {
        match error {
            EndTheirSessionError::NotFound => {
                Self::new(StatusCode::NOT_FOUND, "session_not_found", "session not found")
            }
            EndTheirSessionError::Port(cause) => cause.into(),
        }
    }
}

/// How the query of a request may be refused.
pub(crate) struct QueryFault;

impl Failures for QueryFault {
    const ANSWERS: &'static [Failure] = &[INVALID_FIELDS];
}
