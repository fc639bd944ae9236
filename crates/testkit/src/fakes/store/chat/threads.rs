//! Threads in memory, as one looks for one.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{Thread, ThreadId, ThreadRepository};
use autorisen_domain::error::PortError;

use super::super::InMemoryStore;
use super::Kept;

#[async_trait]
impl ThreadRepository for InMemoryStore {
    async fn find(&self, user: UserId, id: ThreadId) -> Result<Option<Thread>, PortError> {
        self.run("find thread", |tables| {
            let mut threads = tables.chat.threads.iter().map(|kept| &kept.thread);
            threads.find(|thread| thread.user == user && thread.id == id).cloned()
        })
        .await
    }

    async fn open(&self, fresh: &Thread) -> Result<Thread, PortError> {
        self.run("open thread", |tables| {
            let is_open = |kept: &&Kept| {
                let place = (kept.thread.user, &kept.thread.placement);
                !kept.started && place == (fresh.user, &fresh.placement)
            };
            if let Some(open) = tables.chat.threads.iter().find(is_open) {
                return open.thread.clone();
            }
            tables.chat.threads.push(Kept {
                thread: fresh.clone(),
                started: false,
                updated_at: fresh.created_at,
                claim: None,
                items: Vec::new(),
            });
            fresh.clone()
        })
        .await
    }
}
