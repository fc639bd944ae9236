//! Limits on how often something may happen: an exact sliding window with an optional block.

use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::error::PortError;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitPolicy {
    /// How many times within `window`; at most [`LimitPolicy::MAX_ATTEMPTS`].
    pub attempts: u32,
    /// The span that is looked at, ending now.
    pub window: Duration,
    /// How long everything is refused once there was one try too many; zero for as long as the
    /// window needs to have room again.
    pub block: Duration,
}

impl LimitPolicy {
    /// The most tries a policy may allow within its window: each is remembered by itself.
    pub const MAX_ATTEMPTS: u32 = 10_000;
}

/// Whether a try was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitDecision {
    /// It was, and it counts.
    Admitted,
    /// It was not.
    Refused(Limited),
}

/// A try was refused by a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("limited for {} more seconds", retry_after.as_secs())]
pub struct Limited {
    /// After this long a try is admitted, if none comes in between.
    pub retry_after: Duration,
}

/// Counts tries, for all processes of a deployment together.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one try under `key` and says whether it is admitted.
    ///
    /// Of any number of tries at the same time, in any number of processes, no more are admitted
    /// within a window than the policy allows. A refused try does not count, but may begin a block.
    async fn charge(
        &self,
        key: Digest,
        policy: LimitPolicy,
        now: Timestamp,
    ) -> Result<LimitDecision, PortError>;

    /// Takes back the try that was admitted under `key` at `at`: nothing came of it. One that does not
    /// count any more, or never did, changes nothing.
    async fn refund(&self, key: Digest, at: Timestamp) -> Result<(), PortError>;

    /// Forgets all tries under `key`, and its block.
    async fn clear(&self, key: Digest) -> Result<(), PortError>;

    /// Forgets keys of which nothing matters any more at `now` ([`Tally::stale_from`]), at most
    /// `limit` of them, and says how many.
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<u64, PortError>;

    /// Forgets keys until no more than `keep` are left, and says how many it forgot.
    ///
    /// Those go first that matter for the shortest time from now on; a key that is blocked goes only
    /// when nothing else is left. So who sends ever new keys must fill all of the room to have one
    /// count forgotten, and ends no block by it; nobody is refused because others need the room; and
    /// the room is bounded whatever is sent.
    async fn trim(&self, now: Timestamp, keep: u32) -> Result<u64, PortError>;
}

/// What is remembered under one key. The rule itself is [`Tally::charge`]; adapters only keep it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// When the counted tries happened, oldest first.
    pub tries: Vec<Timestamp>,
    /// Until when everything is refused.
    pub blocked_until: Option<Timestamp>,
}

impl Tally {
    /// Counts a try at `now`.
    ///
    /// A clock that jumped back does not admit more: tries that seem to lie in the future count.
    pub fn charge(&mut self, policy: LimitPolicy, now: Timestamp) -> LimitDecision {
        if let Some(until) = self.blocked_until {
            if now < until {
                return refused(until.since(now));
            }
            *self = Self::default();
        }

        let horizon = now.minus(policy.window);
        self.tries.retain(|&at| at > horizon);
        let limit = policy.attempts.min(LimitPolicy::MAX_ATTEMPTS) as usize;
        if self.tries.len() < limit {
            let place = self.tries.partition_point(|&at| at <= now);
            self.tries.insert(place, now);
            return LimitDecision::Admitted;
        }
        if policy.block.is_zero() {
            let room_at =
                self.tries.get(self.tries.len() - limit).map_or(now, |&oldest| oldest.plus(policy.window));
            return refused(room_at.since(now));
        }
        self.blocked_until = Some(now.plus(policy.block));
        refused(policy.block)
    }

    /// Takes back one try at `at`, and says whether there was one.
    pub fn refund(&mut self, at: Timestamp) -> bool {
        let found = self.tries.iter().position(|&counted| counted == at);
        if let Some(place) = found {
            self.tries.remove(place);
        }
        found.is_some()
    }

    /// From when on this tally no longer matters and may be forgotten.
    #[must_use]
    pub fn stale_from(&self, policy: LimitPolicy) -> Timestamp {
        let window_ends = self.tries.last().map(|&last| last.plus(policy.window));
        self.blocked_until.max(window_ends).unwrap_or(Timestamp::from_micros(0))
    }
}

/// A refusal that says when to come back in whole seconds, rounded up so that coming back works.
fn refused(left: Duration) -> LimitDecision {
    let mut secs = left.as_secs();
    if left.subsec_nanos() > 0 || secs == 0 {
        secs += 1;
    }
    LimitDecision::Refused(Limited { retry_after: Duration::from_secs(secs) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKING: LimitPolicy =
        LimitPolicy { attempts: 5, window: Duration::from_mins(5), block: Duration::from_mins(5) };
    const SLIDING: LimitPolicy =
        LimitPolicy { attempts: 2, window: Duration::from_mins(1), block: Duration::ZERO };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn wait(decision: LimitDecision) -> u64 {
        match decision {
            LimitDecision::Admitted => 0,
            LimitDecision::Refused(limited) => limited.retry_after.as_secs(),
        }
    }

    #[test]
    fn the_sixth_try_begins_a_block_of_its_own_length() {
        let mut tally = Tally::default();
        for second in 0..5 {
            assert_eq!(tally.charge(BLOCKING, at(second)), LimitDecision::Admitted);
        }
        assert_eq!(wait(tally.charge(BLOCKING, at(10))), 300);
        assert_eq!(wait(tally.charge(BLOCKING, at(60))), 250);
        assert_eq!(tally.charge(BLOCKING, at(310)), LimitDecision::Admitted);
    }

    #[test]
    fn no_window_wherever_it_begins_holds_more_than_the_limit() {
        let mut tally = Tally::default();
        assert_eq!(tally.charge(SLIDING, at(0)), LimitDecision::Admitted);
        assert_eq!(tally.charge(SLIDING, at(59)), LimitDecision::Admitted);
        assert_eq!(tally.charge(SLIDING, at(60)), LimitDecision::Admitted);
        assert_eq!(wait(tally.charge(SLIDING, at(61))), 58);
        assert_eq!(tally.charge(SLIDING, at(119)), LimitDecision::Admitted);
    }

    #[test]
    fn the_second_it_names_is_admitted() {
        let mut tally = Tally::default();
        tally.charge(SLIDING, Timestamp::from_micros(1_500_000));
        tally.charge(SLIDING, Timestamp::from_micros(1_500_001));
        let now = Timestamp::from_micros(2_000_007);
        let seconds = wait(tally.charge(SLIDING, now));
        let back = now.plus(Duration::from_secs(seconds));
        assert_eq!(tally.charge(SLIDING, back), LimitDecision::Admitted);
    }

    #[test]
    fn a_clock_that_jumps_back_admits_no_more() {
        let mut tally = Tally::default();
        tally.charge(SLIDING, at(1_000));
        tally.charge(SLIDING, at(1_000));
        assert_ne!(tally.charge(SLIDING, at(500)), LimitDecision::Admitted);
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_make_it_stale_sooner() {
        let mut tally = Tally::default();
        tally.charge(SLIDING, at(1_000));
        tally.charge(SLIDING, at(500));
        assert_eq!(tally.tries, [at(500), at(1_000)]);
        assert_eq!(tally.stale_from(SLIDING), at(1_060));
    }
}
