//! A bot check that knows one good proof, and can be out of reach.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use autorisen_domain::auth::{BotCheck, BotVerdict};
use autorisen_domain::context::ClientAddress;
use autorisen_domain::error::PortError;

/// Takes proofs that begin with [`FakeBotCheck::GOOD`], each once.
#[derive(Debug, Default)]
pub struct FakeBotCheck {
    judged: AtomicU64,
    down: AtomicBool,
    spent: Mutex<BTreeSet<String>>,
}

impl FakeBotCheck {
    /// How a good proof begins.
    pub const GOOD: &str = "a person";

    /// How many proofs it was asked to judge.
    pub fn judged(&self) -> u64 {
        self.judged.load(Ordering::SeqCst)
    }

    /// Whether it is out of reach from now on.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }
}

#[async_trait]
impl BotCheck for FakeBotCheck {
    async fn judge(&self, proof: &str, _client: ClientAddress) -> Result<BotVerdict, PortError> {
        self.judged.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return Err(PortError::new("judge a proof", "nobody answers"));
        }
        let is_new = self.spent.lock().unwrap_or_else(PoisonError::into_inner).insert(proof.to_owned());
        let passes = is_new && proof.starts_with(Self::GOOD);
        Ok(if passes { BotVerdict::Person } else { BotVerdict::Refused })
    }
}
