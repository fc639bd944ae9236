//! What onboarding needs from outside.

use async_trait::async_trait;

use crate::auth::UserId;
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::onboarding::{ChangeTaskError, Checklist, TaskChange};

/// Stores checklists, one for each user.
#[async_trait]
pub trait ChecklistRepository: Send + Sync {
    /// The user's list; `None` when it was never changed.
    async fn find(&self, user: UserId) -> Result<Option<Checklist>, PortError>;

    /// Applies a change to the user's list, which begins as the default one, and gives what it is
    /// then. Of concurrent changes each is kept; one that is refused changes nothing.
    async fn change(
        &self,
        user: UserId,
        at: Timestamp,
        change: TaskChange,
    ) -> Result<Checklist, ChangeTaskError>;
}
