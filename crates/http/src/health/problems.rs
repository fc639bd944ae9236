//! How a service that is not ready says so.

use std::time::Duration;

use actix_web::http::StatusCode;
use autorisen_domain::health::Readiness;

use crate::problem::{Failure, Failures, FieldFault, Problem};

/// When it is worth asking again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Failures for Readiness {
    const ANSWERS: &'static [Failure] = &[(StatusCode::SERVICE_UNAVAILABLE, "not_ready")];
}

impl From<Readiness> for Problem {
    fn from(readiness: Readiness) -> Self {
        let faults: Vec<FieldFault> = readiness
            .checks
            .into_iter()
            .filter_map(|check| {
                check.fault.map(|message| FieldFault { field: check.name, code: "not_ready", message })
            })
            .collect();
        let detail: Vec<String> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        Self::unavailable("not_ready", detail.join("; "), RETRY_AFTER).with_errors(faults)
    }
}
