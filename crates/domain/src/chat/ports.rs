//! What chat needs from outside.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::auth::UserId;
use crate::chat::{ChatClaims, Thread, ThreadId};
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

/// Signs and verifies chat tokens: JWTs of a kind of their own, which no other check accepts.
pub trait ChatTokens: Send + Sync {
    /// Signs a token with a new `jti`.
    fn sign(&self, claims: &ChatClaims) -> Result<SecretString, PortError>;

    /// Verifies signature, kind, issuer, audience and times; `None` for any text that does not
    /// pass. No text makes it panic.
    fn verify(&self, token: &str, now: Timestamp) -> Option<ChatClaims>;
}
