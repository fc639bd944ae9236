//! Forgetting what is over, without being noticed.
//!
//! Each batch is a short transaction of its own, and most of the time is pauses: after a month asleep, when
//! millions of rows are over at once, whoever writes waits for one batch at most. How many rows are a short
//! transaction depends on the machine, so it is found out: batches that take long get smaller.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::{Clock, Timer, Timestamp};
use crate::error::PortError;

/// A kind of rows that are over one day.
#[async_trait]
pub trait Swept: Send + Sync {
    /// Forgets at most `limit` rows that are over at `now`, in one transaction, and says how many; none
    /// when nothing is left. One of more than [`Sweeper::LEAST`] rows that takes too long may fail.
    async fn batch(&self, now: Timestamp, limit: u32) -> Result<u64, PortError>;
}

#[async_trait]
impl<F, Batch> Swept for F
where
    F: Fn(Timestamp, u32) -> Batch + Send + Sync,
    Batch: Future<Output = Result<u64, PortError>> + Send,
{
    async fn batch(&self, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self(now, limit).await
    }
}

/// What came of a sweep.
#[derive(Debug, Default)]
pub struct SweepOutcome {
    /// How many rows are gone.
    pub rows: u64,
    /// How many batches that took, with those that failed.
    pub batches: u32,
    /// How long the longest of them took, with the time that it waited for its turn.
    pub longest: Duration,
    /// How long all of it took.
    pub took: Duration,
    /// Why kinds were not swept to their end, one for each of these.
    pub failures: Vec<PortError>,
}

/// Sweeps all kinds.
pub struct Sweeper {
    kinds: Vec<Box<dyn Swept>>,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
}

impl Sweeper {
    /// The rows of a first batch.
    const FIRST: u32 = 100;
    /// The fewest rows that a batch is made smaller to.
    pub const LEAST: u32 = 10;
    /// The most rows of a batch.
    pub const MOST: u32 = 500;
    /// About as long a batch may take. It is waited for by others.
    const AIM: Duration = Duration::from_millis(25);
    /// A pause is so many times as long as the batch before.
    const REST: u32 = 4;
    const SHORTEST_REST: Duration = Duration::from_millis(10);
    const LONGEST_REST: Duration = Duration::from_secs(1);

    /// A sweeper of these kinds.
    #[must_use]
    pub fn new(kinds: Vec<Box<dyn Swept>>, clock: Arc<dyn Clock>, timer: Arc<dyn Timer>) -> Self {
        Self { kinds, clock, timer }
    }

    /// Forgets all that is over now. The kinds take turns, so that one with millions of rows does not keep
    /// the others waiting, and one that fails keeps no other from being swept. It has failed when its smallest batch
    /// did.
    pub async fn run(&self) -> SweepOutcome {
        let now = self.clock.now();
        let mut outcome = SweepOutcome::default();
        let mut turns: Vec<(&dyn Swept, u32)> =
            self.kinds.iter().map(|kind| (&**kind, Self::FIRST)).collect();
        while !turns.is_empty() {
            let mut unfinished = Vec::with_capacity(turns.len());
            for (kind, size) in turns {
                let begun = self.clock.now();
                let swept = kind.batch(now, size).await;
                if matches!(swept, Ok(0)) {
                    continue;
                }
                let took = self.clock.now().since(begun);
                // One that failed has held others up as well.
                outcome.batches += 1;
                outcome.longest = outcome.longest.max(took);
                match swept {
                    Ok(rows) => {
                        outcome.rows += rows;
                        unfinished.push((kind, next_size(size, took)));
                    }
                    Err(_) if size > Self::LEAST => unfinished.push((kind, Self::LEAST)),
                    Err(failure) => {
                        outcome.failures.push(failure);
                        continue;
                    }
                }
                let rest = took.saturating_mul(Self::REST).clamp(Self::SHORTEST_REST, Self::LONGEST_REST);
                self.timer.sleep(rest).await;
            }
            turns = unfinished;
        }
        outcome.took = self.clock.now().since(now);
        outcome
    }
}

fn next_size(size: u32, took: Duration) -> u32 {
    let next = match took {
        long if long > Sweeper::AIM * 2 => size / 2,
        short if short < Sweeper::AIM / 2 => size * 2,
        _ => size,
    };
    next.clamp(Sweeper::LEAST, Sweeper::MOST)
}
