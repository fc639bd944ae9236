//! Asking all checks.

use std::sync::Arc;

use crate::health::{CheckResult, Readiness, ReadinessCheck};

/// Says whether the service can do its work.
pub struct HealthService {
    checks: Vec<Arc<dyn ReadinessCheck>>,
}

impl HealthService {
    /// A service over these checks.
    #[must_use]
    pub const fn new(checks: Vec<Arc<dyn ReadinessCheck>>) -> Self {
        Self { checks }
    }

    /// Asks every check, also after one found a fault.
    pub async fn readiness(&self) -> Readiness {
        let mut checks = Vec::with_capacity(self.checks.len());
        for check in &self.checks {
            checks.push(CheckResult { name: check.name(), fault: check.fault().await });
        }
        Readiness { checks }
    }
}
