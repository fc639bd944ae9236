//! A check that finds what it is told to.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use autorisen_domain::health::ReadinessCheck;

/// Finds all well until it is told otherwise.
#[derive(Debug)]
pub struct StaticCheck {
    name: &'static str,
    fault: Mutex<Option<String>>,
}

impl StaticCheck {
    /// A check of what `name` says.
    pub const fn new(name: &'static str) -> Self {
        Self { name, fault: Mutex::new(None) }
    }

    /// Lets it find this from now on; `None` for nothing wrong.
    pub fn find(&self, fault: Option<&str>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault.map(str::to_owned);
    }
}

#[async_trait]
impl ReadinessCheck for StaticCheck {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
