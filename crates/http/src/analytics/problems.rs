//! How each failure of the analytics route is answered.

use crate::problem::{Failure, Failures, RATE_LIMITED};

/// The address sends more than it may.
pub(super) struct TooOften;

impl Failures for TooOften {
    const ANSWERS: &'static [Failure] = &[RATE_LIMITED];
}
