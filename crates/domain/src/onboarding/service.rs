//! The use cases.

use std::sync::Arc;

use crate::auth::UserId;
use crate::clock::Clock;
use crate::error::PortError;
use crate::onboarding::{ChangeTaskError, Checklist, ChecklistRepository, TaskChange};

/// Shows users their checklist, and changes it.
pub struct OnboardingService {
    checklists: Arc<dyn ChecklistRepository>,
    clock: Arc<dyn Clock>,
}

impl OnboardingService {
    /// A service over these ports.
    #[must_use]
    pub const fn new(checklists: Arc<dyn ChecklistRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { checklists, clock }
    }

    /// The user's list. One that was never changed is the default one; looking stores nothing.
    pub async fn checklist(&self, user: UserId) -> Result<Checklist, PortError> {
        Ok(self.checklists.find(user).await?.unwrap_or_default())
    }

    /// Changes one task, and gives the list as it is then.
    pub async fn change(&self, user: UserId, change: TaskChange) -> Result<Checklist, ChangeTaskError> {
        self.checklists.change(user, self.clock.now(), change).await
    }
}
