//! Leaves a server alone for a while that failed again and again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use autorisen_domain::clock::Timestamp;

/// After so many failures in a row.
const OPENS_AFTER: u32 = 5;
/// For so long.
const RESTS_FOR: Duration = Duration::from_secs(30);

/// Counts failures in a row.
#[derive(Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether the server may be asked, and else how long it still rests. When its rest is over one caller
    /// may try, and the others go on waiting until that one knows more.
    pub(crate) fn allows(&self, now: Timestamp) -> Result<(), Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open_until {
            Some(until) if now < until => Err(until.since(now)),
            Some(_) => {
                state.open_until = Some(now.plus(RESTS_FOR));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The server did well.
    pub(crate) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// The server failed.
    pub(crate) fn failed(&self, now: Timestamp) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= OPENS_AFTER {
            state.open_until = Some(now.plus(RESTS_FOR));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn it_opens_at_the_fifth_failure_and_lets_one_try_after_its_rest() {
        let breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0));
            assert_eq!(breaker.allows(at(0)), Ok(()));
        }
        breaker.failed(at(0));
        assert_eq!(breaker.allows(at(29)), Err(Duration::from_secs(1)));
        assert_eq!(breaker.allows(at(30)), Ok(()), "one may try");
        assert!(breaker.allows(at(31)).is_err(), "the others wait for that one");
        breaker.succeeded();
        assert_eq!(breaker.allows(at(31)), Ok(()));
    }

    #[test]
    fn a_success_in_between_begins_the_count_again() {
        let breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        breaker.succeeded();
        breaker.failed(at(0));
        assert_eq!(breaker.allows(at(0)), Ok(()));
    }
}
