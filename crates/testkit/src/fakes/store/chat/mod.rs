//! Chat in memory.

mod attachments;
mod directory;
pub(super) mod hosted;
mod items;
mod threads;
mod usage;

use std::collections::BTreeMap;

use autorisen_chatkit::{Item, Order, Page};
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{AnswerId, PageRequest, StoredAttachment, Thread, ThreadKey, Usage};
use autorisen_domain::clock::Timestamp;

/// The tables of chat.
#[derive(Default)]
pub(super) struct Chat {
    pub(super) threads: Vec<Kept>,
    attachments: Vec<StoredAttachment>,
    parts: BTreeMap<(String, u32), Vec<u8>>,
    usage: BTreeMap<(Option<UserId>, Usage, String), u64>,
}

/// A thread and what is in it.
pub(super) struct Kept {
    pub(super) thread: Thread,
    started: bool,
    updated_at: Timestamp,
    claim: Option<(AnswerId, Timestamp)>,
    items: Vec<Item>,
}

impl Chat {
    fn kept(&mut self, key: ThreadKey) -> Option<&mut Kept> {
        self.threads.iter_mut().find(|kept| kept.thread.key() == key)
    }

    /// Removes all that is of a thread that is gone.
    fn forget_files(&mut self) {
        let threads: Vec<_> = self.threads.iter().map(|kept| kept.thread.id).collect();
        self.attachments.retain(|file| file.thread.is_none_or(|thread| threads.contains(&thread)));
        self.forget_parts();
    }

    fn forget_parts(&mut self) {
        let files: Vec<_> = self.attachments.iter().map(|file| file.id.to_string()).collect();
        self.parts.retain(|(id, _), _| files.contains(id));
    }

    pub(super) fn forget_user(&mut self, user: UserId) {
        self.threads.retain(|kept| kept.thread.user != user);
        self.attachments.retain(|file| file.user != user);
        self.forget_files();
    }
}

/// The part of `rows`, the oldest first, that is asked for.
fn page<T>(mut rows: Vec<T>, id: impl Fn(&T) -> String, asked: &PageRequest) -> Option<Page<T>> {
    if asked.order == Order::Desc {
        rows.reverse();
    }
    if let Some(after) = &asked.after {
        let place = rows.iter().position(|row| id(row) == *after)?;
        rows.drain(..=place);
    }
    let size = usize::from(asked.size.get());
    let has_more = rows.len() > size;
    rows.truncate(size);
    let after = rows.last().filter(|_| has_more).map(&id);
    Some(Page { data: rows, has_more, after })
}
