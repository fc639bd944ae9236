//! Password hashes: bcrypt, in the lane.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::auth::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use autorisen_domain::error::PortError;

use crate::HashLane;

/// Hashes with bcrypt at one cost and verifies bcrypt hashes of any.
pub struct BcryptHasher {
    lane: Arc<HashLane>,
    cost: u32,
}

impl BcryptHasher {
    /// Hashes at `cost`, 4 to 31: two to that power rounds.
    #[must_use]
    pub const fn new(lane: Arc<HashLane>, cost: u32) -> Self {
        Self { lane, cost }
    }

    /// How long one hash of this cost takes on a common machine, to be corrected by what is measured.
    #[must_use]
    pub const fn expected_duration(cost: u32) -> Duration {
        Duration::from_micros(70).saturating_mul(1 << cost)
    }

    /// A hash of nothing: well formed, of our cost, and no password's. Checking against it takes as
    /// long as against a real one.
    fn decoy(&self) -> String {
        format!("$2b${:02}${}", self.cost, ".".repeat(53))
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        const OPERATION: &str = "hash a password";
        let (password, cost) = (password.clone(), self.cost);
        let hashed = self.lane.run(OPERATION, move || bcrypt::hash(password.expose(), cost)).await?;
        hashed.map(PasswordHash::new).map_err(|error| PortError::new(OPERATION, error))
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, PortError> {
        // A hash of a shape that bcrypt cannot read belongs to nobody's password.
        let real = hash.map(PasswordHash::expose).filter(|hash| is_bcrypt(hash)).map(str::to_owned);
        let counts = real.is_some() && attempt.can_match();
        let (attempt, hash) = (attempt.clone(), real.unwrap_or_else(|| self.decoy()));
        let matches = self
            .lane
            .run("verify a password", move || bcrypt::verify(attempt.expose(), &hash).unwrap_or(false))
            .await?;
        Ok(counts && matches)
    }
}

/// `$2b$12$` and 53 characters, also with the older letters a and y for the same algorithm.
fn is_bcrypt(hash: &str) -> bool {
    let cost = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| hash.strip_prefix(prefix));
    hash.len() == 60 && cost.is_some_and(|rest| rest.as_bytes().get(2) == Some(&b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LaneSettings;

    fn hasher() -> BcryptHasher {
        let settings = LaneSettings {
            threads: 1,
            queue: 16,
            max_wait: Duration::from_mins(1),
            expected: Duration::from_millis(1),
        };
        BcryptHasher::new(Arc::new(HashLane::start(settings).unwrap()), 4)
    }

    #[test]
    fn the_decoy_is_a_hash_that_bcrypt_really_works_on() {
        let decoy = hasher().decoy();
        assert!(is_bcrypt(&decoy));
        assert!(!bcrypt::verify("anything at all", &decoy).unwrap());
    }

    #[tokio::test]
    async fn hashes_of_other_libraries_verify() {
        // From the test vectors of crypt_blowfish; the letters name the same algorithm.
        const HASH: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        for letter in ["$2a$", "$2b$", "$2y$"] {
            let hash = PasswordHash::new(HASH.replacen("$2a$", letter, 1));
            let attempt = |text: &str| PasswordAttempt::parse(text.to_owned()).unwrap();
            assert!(hasher().verify(&attempt("U*U"), Some(&hash)).await.unwrap(), "{letter}");
            assert!(!hasher().verify(&attempt("U*U*"), Some(&hash)).await.unwrap(), "{letter}");
        }
    }

    #[tokio::test]
    async fn what_is_no_bcrypt_hash_matches_nothing() {
        let attempt = PasswordAttempt::parse("x".into()).unwrap();
        for hash in ["", "x", "$2b$04$short", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"] {
            let hash = PasswordHash::new(hash.to_owned());
            assert!(!hasher().verify(&attempt, Some(&hash)).await.unwrap());
        }
    }
}
