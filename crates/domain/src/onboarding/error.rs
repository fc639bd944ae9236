//! How changing a checklist fails.

use crate::error::PortError;
use crate::onboarding::TooManyTasks;

/// Why a task was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeTaskError {
    /// The list takes no more.
    #[error(transparent)]
    TooMany(#[from] TooManyTasks),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
