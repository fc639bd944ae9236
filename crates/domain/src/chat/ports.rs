//! What chat needs from outside.

use async_trait::async_trait;
use autorisen_chatkit::{FeedbackKind, Item, Page};
use secrecy::SecretString;

use crate::auth::UserId;
use crate::chat::{
    AnswerId, AttachmentId, ChatClaims, Claim, PageRequest, PlacementName, Quota, QuotaExceeded,
    StoredAttachment, Thread, ThreadChange, ThreadId, ThreadKey, Used,
};
use crate::clock::Timestamp;
use crate::error::PortError;

/// Stores threads.
#[async_trait]
pub trait ThreadRepository: Send + Sync {
    /// Finds a thread of this user; `None` when there is none, or it is somebody else's.
    async fn find(&self, user: UserId, id: ThreadId) -> Result<Option<Thread>, PortError>;

    /// The user's thread in `fresh.placement` that nothing was said in yet; `fresh` itself, now
    /// stored, when there is none. Concurrent calls get one and the same thread, so that asking
    /// for tokens again and again leaves no empty threads behind.
    async fn open(&self, fresh: &Thread) -> Result<Thread, PortError>;
}

/// Why a thread was not begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginThreadError {
    /// The user has as many as anybody may have.
    #[error("the user has too many threads")]
    TooMany,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Whether the right to answer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// It was.
    Yes,
    /// Somebody else has it.
    Busy,
    /// The user has no such thread.
    NotFound,
}

/// Keeps the threads in which something was said.
#[async_trait]
pub trait ThreadDirectory: Send + Sync {
    /// Stores a new thread with its first item and gives `claim`, all or nothing. Of any number of
    /// calls at the same time none brings the user above `cap` threads in which something was said.
    async fn begin(
        &self,
        thread: &Thread,
        first: &Item,
        claim: Claim,
        cap: u32,
    ) -> Result<(), BeginThreadError>;

    /// The user's threads in which something was said, in `placement` or anywhere, by the time they
    /// were made and then by id; `None` when `page.after` is none of them.
    async fn list(
        &self,
        user: UserId,
        placement: Option<&PlacementName>,
        page: &PageRequest,
    ) -> Result<Option<Page<Thread>>, PortError>;

    /// Changes a thread and gives what it is then; `None` when the user has no such thread.
    async fn change(
        &self,
        key: ThreadKey,
        change: &ThreadChange,
        now: Timestamp,
    ) -> Result<Option<Thread>, PortError>;

    /// Deletes a thread with its items and attachments, and says whether there was one.
    async fn delete(&self, key: ThreadKey) -> Result<bool, PortError>;

    /// Gives the right to answer in a thread to one caller at a time; one whose time is over may be
    /// taken by another. Of calls at the same moment one gets it.
    async fn claim(&self, key: ThreadKey, claim: Claim) -> Result<Claimed, PortError>;

    /// Holds a claim until later; `false` when somebody else has it or the thread is gone.
    async fn extend(&self, key: ThreadKey, claim: Claim) -> Result<bool, PortError>;

    /// Gives a claim back. One that somebody else has meanwhile stays theirs.
    async fn release(&self, key: ThreadKey, answer: AnswerId) -> Result<(), PortError>;

    /// Deletes threads in which nothing has changed since `before`, with their items, at most `limit` of
    /// both together, and says how many of both; none when there is nothing more to delete. A thread with
    /// more items than that loses the oldest first. One that is being answered in stays. Files of a thread
    /// that goes are files of no thread from then on.
    async fn sweep(&self, before: Timestamp, now: Timestamp, limit: u32) -> Result<u64, PortError>;
}

/// Which items are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// Those that a client may see.
    Left,
    /// All.
    Included,
}

/// Stores the items of threads. Each has a number within its thread that only grows, and which is
/// the order of all lists.
#[async_trait]
pub trait ItemRepository: Send + Sync {
    /// Stores items, all or none: one whose id is in the thread takes the place of that item, the
    /// others come at the end in this order. `false`, and nothing is stored, when the user has no such
    /// thread.
    async fn put(&self, key: ThreadKey, items: &[Item], now: Timestamp) -> Result<bool, PortError>;

    /// Finds an item, hidden or not.
    async fn find(&self, key: ThreadKey, id: &str) -> Result<Option<Item>, PortError>;

    /// Part of the items; `None` when `page.after` is none of the thread's items that a client may see.
    async fn list(
        &self,
        key: ThreadKey,
        hidden: Hidden,
        page: &PageRequest,
    ) -> Result<Option<Page<Item>>, PortError>;

    /// Removes items, those that are there.
    async fn remove(&self, key: ThreadKey, ids: &[String]) -> Result<(), PortError>;

    /// Removes all items that came after this one, hidden or not; `false` when there is no such item.
    async fn remove_after(&self, key: ThreadKey, id: &str) -> Result<bool, PortError>;

    /// Keeps what the user thinks of items that a client may see; `false`, and nothing is kept, when
    /// one of them is not there.
    async fn rate(&self, key: ThreadKey, ids: &[String], kind: FeedbackKind) -> Result<bool, PortError>;
}

/// Stores what is known of attachments.
#[async_trait]
pub trait AttachmentRepository: Send + Sync {
    /// Announces a file. `false`, and nothing is stored, when the files of the user would be more
    /// than `cap` bytes together, also with concurrent calls.
    async fn insert(&self, attachment: &StoredAttachment, cap: u64) -> Result<bool, PortError>;

    /// Finds a file of this user.
    async fn find(&self, user: UserId, id: AttachmentId) -> Result<Option<StoredAttachment>, PortError>;

    /// Notes that the bytes are there; `false` when there is no such file, or they were there before.
    async fn complete(&self, user: UserId, id: AttachmentId, size: u64) -> Result<bool, PortError>;

    /// Binds files to a thread: all of them, or none. `false` when one is not there, has no bytes yet,
    /// or belongs to another thread.
    async fn attach(&self, key: ThreadKey, ids: &[AttachmentId]) -> Result<bool, PortError>;

    /// Those of these files that are known, whoever they belong to.
    async fn known(&self, ids: &[AttachmentId]) -> Result<Vec<AttachmentId>, PortError>;

    /// Forgets a file, and says whether there was one. Its bytes go with it, or with the next
    /// [sweep](crate::chat::ByteSweep).
    async fn delete(&self, user: UserId, id: AttachmentId) -> Result<bool, PortError>;

    /// Forgets files of no thread that were announced before this time, at most `limit` of them and no more
    /// than a few megabytes, and says how many rows that were; none when there is nothing more to forget.
    /// One of which only a part is gone has no bytes for anybody.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}

/// Stores the bytes of attachments in parts, so that no file is in memory as a whole. Parts are stored of
/// files alone that were announced before.
#[async_trait]
pub trait AttachmentBytes: Send + Sync {
    /// Stores a part; one of the same number is replaced. When it fails, nothing of the part is there
    /// but what was there before.
    async fn put(&self, id: AttachmentId, part: u32, bytes: Vec<u8>) -> Result<(), PortError>;

    /// Reads a part; `None` past the end.
    async fn get(&self, id: AttachmentId, part: u32) -> Result<Option<Vec<u8>>, PortError>;

    /// Removes all parts.
    async fn remove(&self, id: AttachmentId) -> Result<(), PortError>;

    /// Files with bytes here that do not go with their attachment by themselves: those after this one in
    /// an order that stays, at most `limit`. Fewer are the last.
    async fn list(&self, after: Option<AttachmentId>, limit: u32) -> Result<Vec<AttachmentId>, PortError>;

    /// Removes what was being stored before this time and never was whole, and says how much.
    async fn tidy(&self, before: Timestamp) -> Result<u64, PortError>;
}

/// Counts what is used, for all processes of a deployment together. A day is one of UTC.
#[async_trait]
pub trait UsageLedger: Send + Sync {
    /// Counts a use, unless a quota has not enough left for it. Of any number of calls at the same
    /// time none brings the count above the quota.
    async fn charge(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError>;

    /// Counts a use that has happened, and says what is used up by it.
    async fn note(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError>;

    /// Forgets the counts of days before this time, at most `limit` of them, and says how many.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}

/// Signs and verifies chat tokens: JWTs of a kind of their own, which no other check accepts.
pub trait ChatTokens: Send + Sync {
    /// Signs a token with a new `jti`.
    fn sign(&self, claims: &ChatClaims) -> Result<SecretString, PortError>;

    /// Verifies signature, kind, issuer, audience and times; `None` for any text that does not
    /// pass. No text makes it panic.
    fn verify(&self, token: &str, now: Timestamp) -> Option<ChatClaims>;
}
