//! Threads, and which of them somebody may see.

use std::time::Duration;

use autorisen_chatkit::{PageSize, ThreadStatus};
use serde_json::{Map, Value};

use crate::auth::UserId;
use crate::chat::PlacementName;
use crate::clock::Timestamp;
use crate::id::{entity_id, prefixed_id};

prefixed_id! {
    /// The id of a thread.
    ThreadId, "thr"
}

entity_id! {
    /// The id of one answer that is being given in a thread.
    AnswerId
}

/// A conversation of one user in one placement.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// Whose it is.
    pub user: UserId,
    /// Where it is.
    pub placement: PlacementName,
    /// What it is called.
    pub title: Option<String>,
    /// Whether something may still be said in it.
    pub status: ThreadStatus,
    /// What the server keeps with it; never for a client.
    pub metadata: Map<String, Value>,
    /// The hosts that images may come from, when they are restricted.
    pub allowed_image_domains: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Thread {
    /// A thread in which nothing was said.
    #[must_use]
    pub fn new(id: ThreadId, user: UserId, placement: PlacementName, created_at: Timestamp) -> Self {
        Self {
            id,
            user,
            placement,
            title: None,
            status: ThreadStatus::Active,
            metadata: Map::new(),
            allowed_image_domains: None,
            created_at,
        }
    }

    /// What names it in calls of ports.
    #[must_use]
    pub const fn key(&self) -> ThreadKey {
        ThreadKey { user: self.user, thread: self.id }
    }
}

/// A thread of a user. A thread of somebody else does not exist under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadKey {
    /// The user.
    pub user: UserId,
    /// The thread.
    pub thread: ThreadId,
}

/// What of a thread is to change; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThreadChange {
    /// Another title.
    pub title: Option<String>,
    /// Another status.
    pub status: Option<ThreadStatus>,
    /// Other metadata.
    pub metadata: Option<Map<String, Value>>,
    /// Other hosts for images.
    pub allowed_image_domains: Option<Vec<String>>,
}

impl ThreadChange {
    /// Makes the change.
    pub fn apply(self, thread: &mut Thread) {
        if let Some(title) = self.title {
            thread.title = Some(title);
        }
        if let Some(status) = self.status {
            thread.status = status;
        }
        if let Some(metadata) = self.metadata {
            thread.metadata = metadata;
        }
        if let Some(domains) = self.allowed_image_domains {
            thread.allowed_image_domains = Some(domains);
        }
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows.
    pub size: PageSize,
    /// In which order.
    pub order: autorisen_chatkit::Order,
    /// The id after which to begin, in that order.
    pub after: Option<String>,
}

/// How long the right to answer in a thread is held without being extended. A process that dies
/// with it keeps others out for no longer.
pub const CLAIM_TTL: Duration = Duration::from_secs(15);

/// The right to answer in a thread, for one at a time over all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The answer that it is for.
    pub answer: AnswerId,
    /// The current time.
    pub now: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
}
