//! Charging in advance, so that not every small use has to be written down before it may happen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::auth::UserId;
use crate::chat::{Quota, QuotaExceeded, Usage, UsageLedger, Used};
use crate::clock::Timestamp;
use crate::error::PortError;

/// What is charged at a time, as a part of the smallest quota.
const PART: u64 = 100;
/// And at most.
const MOST: u64 = 50;
/// Of so many users at a time advances are remembered.
const USERS: usize = 10_000;

/// A ledger that charges another for several uses at a time, and gives them out by itself.
///
/// No quota is ever passed: what it gives was charged before. But what it has not given when its process
/// ends, or when the day does, is lost to the user, as is what another process holds when they come to the
/// end of their quota: a hundredth of it for each process at most.
pub struct LedgerInAdvance {
    ledger: Arc<dyn UsageLedger>,
    advances: Mutex<HashMap<(UserId, Usage), Advance>>,
}

/// What was charged and not used yet.
struct Advance {
    left: u64,
    /// When the day ends that it was charged to.
    until: Timestamp,
}

impl LedgerInAdvance {
    /// In front of that ledger. For each kind of use it must always be asked with the same quota.
    #[must_use]
    pub fn new(ledger: Arc<dyn UsageLedger>) -> Self {
        Self { ledger, advances: Mutex::default() }
    }

    /// Uses what was charged before, if that is enough.
    fn use_advance(&self, used: Used) -> bool {
        let mut advances = self.advances();
        let advance = advances.get_mut(&(used.user, used.usage));
        // Its day has not ended, and had begun: a clock may be set back.
        let advance = advance.filter(|advance| advance.until == used.at.next_utc_day());
        let left = advance.and_then(|advance| Some((advance.left.checked_sub(used.amount)?, advance)));
        match left {
            None => false,
            Some((left, advance)) => {
                advance.left = left;
                true
            }
        }
    }

    /// Remembers what was charged and is not used yet.
    fn keep(&self, used: Used, amount: u64) {
        let (key, until) = ((used.user, used.usage), used.at.next_utc_day());
        let mut advances = self.advances();
        if advances.len() >= USERS && !advances.contains_key(&key) {
            advances.retain(|_, advance| advance.until == until && advance.left > 0);
            if advances.len() >= USERS {
                return;
            }
        }
        let advance = advances.entry(key).or_insert(Advance { left: 0, until });
        if advance.until != until {
            *advance = Advance { left: 0, until };
        }
        advance.left += amount;
    }

    fn advances(&self) -> MutexGuard<'_, HashMap<(UserId, Usage), Advance>> {
        self.advances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much is charged at a time under this quota.
fn amount_of(quota: Quota) -> u64 {
    let quotas = [quota.user_day, quota.user_total, quota.all_day];
    quotas.into_iter().flatten().min().map_or(0, |least| (least / PART).min(MOST))
}

#[async_trait]
impl UsageLedger for LedgerInAdvance {
    async fn charge(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        let amount = amount_of(quota);
        if amount > used.amount {
            if self.use_advance(used) {
                return Ok(Ok(()));
            }
            if self.ledger.charge(Used { amount, ..used }, quota).await?.is_ok() {
                self.keep(used, amount - used.amount);
                return Ok(Ok(()));
            }
            // Another call may have charged the last of it meanwhile.
            if self.use_advance(used) {
                return Ok(Ok(()));
            }
        }
        // Near its end a quota is given out by single uses.
        self.ledger.charge(used, quota).await
    }

    async fn note(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        self.ledger.note(used, quota).await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.ledger.sweep(before, limit).await
    }
}
