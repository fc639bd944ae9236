//! A hasher that does no work, and counts how often it would have.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::auth::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use autorisen_domain::error::PortError;

/// How a hash of today begins.
const KIND: &str = "$plain$";
/// How a hash of former times begins.
const OLDER_KIND: &str = "$older$";

/// "Hashes" a password by writing it down behind a salt.
#[derive(Debug, Default)]
pub struct PlainHasher {
    hashed: AtomicU64,
    verified: AtomicU64,
    overloaded: AtomicBool,
    full: AtomicBool,
}

impl PlainHasher {
    /// Whether it has too much to do from now on: then it checks nothing.
    pub fn set_overloaded(&self, overloaded: bool) {
        self.overloaded.store(overloaded, Ordering::SeqCst);
    }

    /// Whether it has no room for one more check from now on.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// A hash of `password` as it was made in former times.
    pub fn older_hash(password: &str) -> PasswordHash {
        PasswordHash::new(format!("{OLDER_KIND}salt${password}"))
    }

    /// How many passwords it hashed.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::SeqCst)
    }

    /// How many attempts it checked, with or without a hash: each costs a real hasher the same.
    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::SeqCst)
    }
}

impl PlainHasher {
    async fn write_down(&self, password: &str) -> PasswordHash {
        let salt = self.hashed.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        PasswordHash::new(format!("{KIND}{salt}${password}"))
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        Ok(self.write_down(password.expose()).await)
    }

    fn admit(&self) -> Result<(), PortError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(PortError::overloaded("verify a password", Duration::from_secs(3)));
        }
        Ok(())
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, PortError> {
        if self.overloaded.load(Ordering::SeqCst) {
            return Err(PortError::overloaded("verify a password", Duration::from_secs(3)));
        }
        self.verified.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let hashed = hash
            .map(PasswordHash::expose)
            .and_then(|hash| hash.strip_prefix(KIND).or_else(|| hash.strip_prefix(OLDER_KIND)))
            .and_then(|salted| salted.split_once('$'))
            .map(|(_, password)| password);
        Ok(attempt.can_match() && hashed == Some(attempt.expose()))
    }

    fn reads(&self, hash: &PasswordHash) -> bool {
        [KIND, OLDER_KIND].iter().any(|kind| hash.expose().starts_with(kind))
    }

    async fn renew(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, PortError> {
        if hash.expose().starts_with(KIND) {
            return Ok(None);
        }
        Ok(Some(self.write_down(attempt.expose()).await))
    }
}
