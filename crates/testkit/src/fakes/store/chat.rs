//! Threads in memory.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{Thread, ThreadId, ThreadRepository};
use autorisen_domain::error::PortError;

use super::InMemoryStore;

#[async_trait]
impl ThreadRepository for InMemoryStore {
    async fn find(&self, user: UserId, id: ThreadId) -> Result<Option<Thread>, PortError> {
        self.run("find thread", |tables| {
            tables.threads.iter().find(|thread| thread.user == user && thread.id == id).cloned()
        })
        .await
    }

    async fn open(&self, fresh: &Thread) -> Result<Thread, PortError> {
        self.run("open thread", |tables| {
            let is_open =
                |thread: &&Thread| (thread.user, &thread.placement) == (fresh.user, &fresh.placement);
            if let Some(open) = tables.threads.iter().find(is_open) {
                return open.clone();
            }
            tables.threads.push(fresh.clone());
            fresh.clone()
        })
        .await
    }
}
