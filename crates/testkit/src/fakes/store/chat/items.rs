//! Items in memory.

use async_trait::async_trait;
use autorisen_chatkit::{FeedbackKind, Item, Page};
use autorisen_domain::chat::{Hidden, ItemRepository, PageRequest, ThreadKey};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::super::InMemoryStore;
use super::page;

#[async_trait]
impl ItemRepository for InMemoryStore {
    async fn put(&self, key: ThreadKey, items: &[Item], now: Timestamp) -> Result<bool, PortError> {
        self.run("put items", |tables| {
            let Some(kept) = tables.chat.kept(key) else { return false };
            (kept.started, kept.updated_at) = (true, now);
            for item in items {
                match kept.items.iter_mut().find(|stored| stored.id == item.id) {
                    Some(stored) => *stored = item.clone(),
                    None => kept.items.push(item.clone()),
                }
            }
            true
        })
        .await
    }

    async fn find(&self, key: ThreadKey, id: &str) -> Result<Option<Item>, PortError> {
        self.run("find item", |tables| {
            tables.chat.kept(key)?.items.iter().find(|item| item.id == id).cloned()
        })
        .await
    }

    async fn list(
        &self,
        key: ThreadKey,
        hidden: Hidden,
        asked: &PageRequest,
    ) -> Result<Option<Page<Item>>, PortError> {
        self.run("list items", |tables| {
            let items = tables.chat.kept(key).map(|kept| kept.items.clone()).unwrap_or_default();
            let seen = |item: &Item| !item.kind.is_hidden();
            if let Some(after) = &asked.after
                && !items.iter().any(|item| item.id == *after && seen(item))
            {
                return None;
            }
            let items = items.into_iter().filter(|item| hidden == Hidden::Included || seen(item)).collect();
            page(items, |item| item.id.clone(), asked)
        })
        .await
    }

    async fn remove(&self, key: ThreadKey, ids: &[String]) -> Result<(), PortError> {
        self.run("remove items", |tables| {
            if let Some(kept) = tables.chat.kept(key) {
                kept.items.retain(|item| !ids.contains(&item.id));
            }
        })
        .await
    }

    async fn remove_after(&self, key: ThreadKey, id: &str) -> Result<bool, PortError> {
        self.run("remove items after", |tables| {
            let Some(kept) = tables.chat.kept(key) else { return false };
            let Some(place) = kept.items.iter().position(|item| item.id == id) else { return false };
            kept.items.truncate(place + 1);
            true
        })
        .await
    }

    async fn rate(&self, key: ThreadKey, ids: &[String], _kind: FeedbackKind) -> Result<bool, PortError> {
        self.run("rate items", |tables| {
            let Some(kept) = tables.chat.kept(key) else { return ids.is_empty() };
            ids.iter().all(|id| kept.items.iter().any(|item| item.id == *id && !item.kind.is_hidden()))
        })
        .await
    }
}
