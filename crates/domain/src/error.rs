//! The error of a port: something outside did not work.

use std::error::Error;
use std::time::Duration;

/// Something outside the domain failed in a way that no rule reacts to.
///
/// It becomes a 503 at the edge; its cause goes to the log, once, where the answer is made.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}")]
pub struct PortError {
    operation: &'static str,
    retry_after: Duration,
    is_overload: bool,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl PortError {
    /// `operation`, such as "insert user", failed because of `source`.
    pub fn new(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, retry_after: Duration::from_secs(1), is_overload: false, source: source.into() }
    }

    /// `operation` was not begun, because what would do it has too much to do.
    #[must_use]
    pub fn overloaded(operation: &'static str, retry_after: Duration) -> Self {
        Self { operation, retry_after, is_overload: true, source: "the queue is full or too slow".into() }
    }

    /// What could not be done.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether there was too much to do, and nothing is broken.
    #[must_use]
    pub const fn is_overload(&self) -> bool {
        self.is_overload
    }

    /// When it is worth trying again.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }
}
