//! How each failure of the onboarding routes is answered.

use actix_web::http::StatusCode;
use autorisen_domain::onboarding::ChangeTaskError;

use crate::problem::{Failure, Failures, Problem, UNAVAILABLE};

const TOO_MANY_TASKS: Failure = (StatusCode::CONFLICT, "too_many_tasks");

impl Failures for ChangeTaskError {
    const ANSWERS: &'static [Failure] = &[TOO_MANY_TASKS, UNAVAILABLE];
}

impl From<ChangeTaskError> for Problem {
    fn from(error: ChangeTaskError) -> Self {
        match error {
            ChangeTaskError::TooMany(refused) => {
                Self::new(TOO_MANY_TASKS.0, TOO_MANY_TASKS.1, refused.to_string())
            }
            ChangeTaskError::Port(cause) => cause.into(),
        }
    }
}
