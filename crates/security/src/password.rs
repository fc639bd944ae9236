//! Hashing and checking passwords, in the lane.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::auth::{Password, PasswordAttempt, PasswordHash, PasswordHasher};
use autorisen_domain::error::PortError;
use secrecy::{ExposeSecret, SecretString};

use crate::HashLane;
use crate::stored_hash::{Effort, StoredHash};

/// Hashes with bcrypt at one cost, and verifies every kind of hash that an account may have.
pub struct BcryptHasher {
    lane: Arc<HashLane>,
    effort: Effort,
}

impl BcryptHasher {
    /// Hashes at `cost`, 4 to 31: two to that power rounds.
    ///
    /// With `pbkdf2` every check does the work of a PBKDF2 hash of the existing data as well, so that
    /// time does not tell which accounts have one. Without, those verify all the same.
    #[must_use]
    pub const fn new(lane: Arc<HashLane>, cost: u32, pbkdf2: bool) -> Self {
        Self { lane, effort: Effort { cost, pbkdf2 } }
    }

    /// How long one hash of this cost takes on a common machine, to be corrected by what is measured.
    #[must_use]
    pub const fn expected_duration(cost: u32) -> Duration {
        Duration::from_micros(70).saturating_mul(1 << cost)
    }

    async fn hash_text(&self, text: SecretString) -> Result<PasswordHash, PortError> {
        const OPERATION: &str = "hash a password";
        let cost = self.effort.cost;
        let hashed = self.lane.run(OPERATION, move || bcrypt::hash(text.expose_secret(), cost)).await?;
        hashed.map(PasswordHash::new).map_err(|error| PortError::new(OPERATION, error))
    }
}

/// What the lane is told that it does.
const VERIFY: &str = "verify a password";

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        self.hash_text(password.expose().into()).await
    }

    fn admit(&self) -> Result<(), PortError> {
        self.lane.admit(VERIFY)
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, PortError> {
        // A hash of no known shape is nobody's password, and costs what no hash costs.
        let stored = hash.and_then(|hash| StoredHash::parse(hash.expose()));
        let (attempt, effort) = (attempt.clone(), self.effort);
        self.lane.run(VERIFY, move || effort.check(attempt.expose(), stored.as_ref())).await
    }

    fn reads(&self, hash: &PasswordHash) -> bool {
        StoredHash::parse(hash.expose()).is_some()
    }

    async fn renew(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, PortError> {
        let stored = StoredHash::parse(hash.expose());
        let is_current = stored.is_none_or(|stored| stored.is_current(self.effort.cost));
        // bcrypt would cut it, and then it would match no more.
        if is_current || !attempt.can_match() {
            return Ok(None);
        }
        self.hash_text(attempt.expose().into()).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{CUT_PREFIX, LaneSettings};

    const PASSWORD: &str = "correct horse battery";
    const OF_COST_4: &str = "$2b$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW";
    const PBKDF2: &str = "AAECAwQFBgcICQoLDA0OD8jRIuzblHfNSKaxdQxZhcC4sFFY0EDSBRfM20mGXeQ2";

    fn hasher(cost: u32) -> BcryptHasher {
        let settings = LaneSettings {
            threads: 1,
            queue: 16,
            max_wait: Duration::from_mins(1),
            expected: Duration::from_millis(1),
        };
        BcryptHasher::new(Arc::new(HashLane::start(settings).unwrap()), cost, true)
    }

    fn attempt(text: &str) -> PasswordAttempt {
        PasswordAttempt::parse(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn hashes_of_other_kinds_letters_and_costs_are_renewed() {
        let hasher = hasher(5);
        let older = [
            PBKDF2.to_owned(),
            OF_COST_4.to_owned(),
            OF_COST_4.replacen("$2b$", "$2a$", 1),
            format!("{CUT_PREFIX}{OF_COST_4}"),
            bcrypt::hash(PASSWORD, 6).unwrap(),
        ];
        for text in older {
            let hash = PasswordHash::new(text.clone());
            assert!(hasher.reads(&hash), "{text}");
            assert!(hasher.verify(&attempt(PASSWORD), Some(&hash)).await.unwrap(), "{text}");
            let renewed = hasher.renew(&attempt(PASSWORD), &hash).await.unwrap().expect("it is renewed");
            assert!(renewed.expose().starts_with("$2b$05$"), "{text}");
            assert!(hasher.verify(&attempt(PASSWORD), Some(&renewed)).await.unwrap(), "{text}");
            assert!(hasher.renew(&attempt(PASSWORD), &renewed).await.unwrap().is_none(), "once is enough");
        }
    }

    #[tokio::test]
    async fn what_bcrypt_would_cut_is_not_renewed() {
        let long = "sixty-four and more: ".to_owned() + &"0123456789".repeat(6);
        let cut = format!("{CUT_PREFIX}$2b$04$..CA.uOD/eaGAOmJB.yMBuFSSTSo/8EYBlcNgiUZHyVBNnNpU2G4q");
        let hash = PasswordHash::new(cut);
        assert!(hasher(5).verify(&attempt(&long), Some(&hash)).await.unwrap());
        assert!(hasher(5).renew(&attempt(&long), &hash).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn every_kind_of_hash_takes_as_long_as_none() {
        // A cost at which bcrypt and PBKDF2 both weigh enough to be seen.
        let hasher = hasher(8);
        let of_our_cost = bcrypt::hash(PASSWORD, 8).unwrap();
        let kinds = [None, Some(PBKDF2), Some(OF_COST_4), Some(of_our_cost.as_str()), Some("no hash at all")];
        let kinds = kinds.map(|text| text.map(|text| PasswordHash::new(text.to_owned())));
        // The shortest of many is what the work itself takes, whatever else the machine does.
        let mut shortest = [Duration::MAX; 5];
        for round in 0.. {
            for (shortest, hash) in shortest.iter_mut().zip(&kinds) {
                let start = Instant::now();
                assert!(!hasher.verify(&attempt("the wrong password"), hash.as_ref()).await.unwrap());
                *shortest = start.elapsed().min(*shortest);
            }
            let (least, most) = (shortest.iter().min().unwrap(), shortest.iter().max().unwrap());
            if round >= 5 && 4 * *most < 5 * *least {
                break;
            }
            assert!(round < 60, "{shortest:?} for none, PBKDF2, cost 4, cost 8 and rubbish");
        }
    }
}
