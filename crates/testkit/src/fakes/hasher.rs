//! A hasher that does no work, and counts how often it would have.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use autorisen_domain::auth::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use autorisen_domain::error::PortError;

/// "Hashes" a password by writing it down behind a salt.
#[derive(Debug, Default)]
pub struct PlainHasher {
    hashed: AtomicU64,
    verified: AtomicU64,
}

impl PlainHasher {
    /// How many passwords it hashed.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::SeqCst)
    }

    /// How many attempts it checked, with or without a hash: each costs a real hasher the same.
    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        let salt = self.hashed.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(PasswordHash::new(format!("$plain${salt}${}", password.expose())))
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, PortError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let hashed = hash
            .and_then(|hash| hash.expose().strip_prefix("$plain$"))
            .and_then(|salted| salted.split_once('$'))
            .map(|(_, password)| password);
        Ok(attempt.can_match() && hashed == Some(attempt.expose()))
    }
}
