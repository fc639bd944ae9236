//! Checklists, in memory.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::onboarding::{ChangeTaskError, Checklist, ChecklistRepository, TaskChange};

use super::InMemoryStore;

#[async_trait]
impl ChecklistRepository for InMemoryStore {
    async fn find(&self, user: UserId) -> Result<Option<Checklist>, PortError> {
        self.run("find checklist", |tables| tables.checklists.get(&user).cloned()).await
    }

    async fn change(
        &self,
        user: UserId,
        _: Timestamp,
        change: TaskChange,
    ) -> Result<Checklist, ChangeTaskError> {
        self.run("change checklist", |tables| {
            let checklist = tables.checklists.entry(user).or_default();
            checklist.apply(&change)?;
            Ok(checklist.clone())
        })
        .await?
    }
}
