//! Threads in memory, as they are begun, listed, changed and answered in.

use async_trait::async_trait;
use autorisen_chatkit::{Item, Page};
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    AnswerId, BeginThreadError, Claim, Claimed, PageRequest, PlacementName, Thread, ThreadChange,
    ThreadDirectory, ThreadKey,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::super::InMemoryStore;
use super::{Kept, page};

#[async_trait]
impl ThreadDirectory for InMemoryStore {
    async fn begin(
        &self,
        thread: &Thread,
        first: &Item,
        claim: Claim,
        cap: u32,
    ) -> Result<(), BeginThreadError> {
        let begun = self.run("begin thread", |tables| {
            let own = |kept: &&Kept| kept.started && kept.thread.user == thread.user;
            if tables.chat.threads.iter().filter(own).count() >= cap as usize {
                return false;
            }
            tables.chat.threads.push(Kept {
                thread: thread.clone(),
                started: true,
                updated_at: thread.created_at,
                claim: Some((claim.answer, claim.until)),
                items: vec![first.clone()],
            });
            true
        });
        if begun.await? { Ok(()) } else { Err(BeginThreadError::TooMany) }
    }

    async fn list(
        &self,
        user: UserId,
        placement: Option<&PlacementName>,
        asked: &PageRequest,
    ) -> Result<Option<Page<Thread>>, PortError> {
        self.run("list threads", |tables| {
            let started = tables.chat.threads.iter().filter(|kept| kept.started).map(|kept| &kept.thread);
            let mut own: Vec<Thread> = started.filter(|thread| thread.user == user).cloned().collect();
            own.sort_by_key(|thread| (thread.created_at, thread.id));
            if let Some(after) = &asked.after
                && own.iter().all(|thread| thread.id.to_string() != *after)
            {
                return None;
            }
            own.retain(|thread| {
                let is_cursor = asked.after.as_ref().is_some_and(|after| thread.id.to_string() == *after);
                is_cursor || placement.is_none_or(|name| *name == thread.placement)
            });
            page(own, |thread| thread.id.to_string(), asked)
        })
        .await
    }

    async fn change(
        &self,
        key: ThreadKey,
        change: &ThreadChange,
        now: Timestamp,
    ) -> Result<Option<Thread>, PortError> {
        self.run("change thread", |tables| {
            let kept = tables.chat.kept(key)?;
            change.clone().apply(&mut kept.thread);
            kept.updated_at = now;
            Some(kept.thread.clone())
        })
        .await
    }

    async fn delete(&self, key: ThreadKey) -> Result<bool, PortError> {
        self.run("delete thread", |tables| {
            let before = tables.chat.threads.len();
            tables.chat.threads.retain(|kept| kept.thread.key() != key);
            tables.chat.forget_files();
            tables.chat.threads.len() < before
        })
        .await
    }

    async fn claim(&self, key: ThreadKey, claim: Claim) -> Result<Claimed, PortError> {
        self.run("claim thread", |tables| {
            let Some(kept) = tables.chat.kept(key) else { return Claimed::NotFound };
            if kept.claim.is_some_and(|(_, until)| until > claim.now) {
                return Claimed::Busy;
            }
            kept.claim = Some((claim.answer, claim.until));
            Claimed::Yes
        })
        .await
    }

    async fn extend(&self, key: ThreadKey, claim: Claim) -> Result<bool, PortError> {
        self.run("extend claim", |tables| {
            let held = tables.chat.kept(key).and_then(|kept| kept.claim.as_mut());
            let held = held.filter(|(answer, _)| *answer == claim.answer);
            held.map(|(_, until)| *until = claim.until).is_some()
        })
        .await
    }

    async fn release(&self, key: ThreadKey, answer: AnswerId) -> Result<(), PortError> {
        self.run("release claim", |tables| {
            if let Some(kept) = tables.chat.kept(key)
                && kept.claim.is_some_and(|(held_by, _)| held_by == answer)
            {
                kept.claim = None;
            }
        })
        .await
    }

    async fn sweep(&self, before: Timestamp, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep threads", |tables| {
            let is_over =
                |kept: &Kept| kept.updated_at < before && kept.claim.is_none_or(|(_, until)| until <= now);
            let mut swept = 0;
            while let Some(place) = tables.chat.threads.iter().position(is_over) {
                let left = limit as usize - swept;
                let items = &mut tables.chat.threads[place].items;
                if items.len() < left {
                    swept += items.len() + 1;
                    let gone = tables.chat.threads.remove(place).thread.id;
                    let files = tables.chat.attachments.iter_mut();
                    files.filter(|file| file.thread == Some(gone)).for_each(|file| file.thread = None);
                } else {
                    swept += items.drain(..left).count();
                    break;
                }
            }
            swept as u64
        })
        .await
    }
}
