//! Not making too many connections, and not waiting for them, while the server is down.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::db::connect::ConnectError;

/// Remembers that connections fail, so that every thread of every process does not try all the time.
#[derive(Default)]
pub(super) struct Outage(Mutex<Option<Failing>>);

struct Failing {
    since: Instant,
    attempts: u32,
    next_attempt: Instant,
    last_error: String,
}

impl Outage {
    const FIRST_DELAY: Duration = Duration::from_millis(100);
    const LONGEST_DELAY: Duration = Duration::from_secs(1);
    /// How long a job waits once an outage has lasted: as good as not.
    const LEAST_PATIENCE: Duration = Duration::from_millis(50);

    /// Tries to connect unless it is too early for that. While connections fail, one at a time tries.
    pub(super) fn guard<T>(
        &self,
        connect: impl FnOnce() -> Result<T, ConnectError>,
    ) -> Result<T, ConnectError> {
        if let Some(failing) = self.state().as_mut() {
            let now = Instant::now();
            if now < failing.next_attempt {
                return Err(ConnectError::BackingOff(failing.last_error.clone()));
            }
            failing.next_attempt = now + delay_after(failing.attempts);
        }
        let result = connect();
        let mut state = self.state();
        match &result {
            Ok(_) => *state = None,
            Err(error) => {
                let now = Instant::now();
                let (since, attempts) =
                    state.as_ref().map_or((now, 1), |failing| (failing.since, failing.attempts + 1));
                *state = Some(Failing {
                    since,
                    attempts,
                    next_attempt: now + delay_after(attempts),
                    last_error: error.to_string(),
                });
            }
        }
        result
    }

    /// A short outage is waited out; in a long one nobody is kept waiting.
    pub(super) fn patience(&self, timeout: Duration) -> Duration {
        let failing_for = self.state().as_ref().map_or(Duration::ZERO, |failing| failing.since.elapsed());
        timeout.saturating_sub(failing_for).max(Self::LEAST_PATIENCE)
    }

    /// Why there is no connection.
    pub(super) fn cause(&self) -> ConnectError {
        match self.state().as_ref() {
            Some(failing) => ConnectError::BackingOff(failing.last_error.clone()),
            None => ConnectError::TimedOut,
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Twice as long after each failure, up to a limit; by chance half of that, so that the replicas
/// of a deployment do not all come at the same moment.
fn delay_after(attempts: u32) -> Duration {
    let longest = Outage::FIRST_DELAY
        .saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)))
        .min(Outage::LONGEST_DELAY);
    let chance = RandomState::new().hash_one(0_u8) % 1_000;
    longest / 2 + (longest / 2).mul_f64(f64::from(u32::try_from(chance).unwrap_or(0)) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::thread;

    use super::*;

    fn failing<T>() -> Result<T, ConnectError> {
        Err(io::Error::other("no").into())
    }

    #[test]
    fn while_connections_fail_most_are_not_tried() {
        let outage = Outage::default();
        let mut tries = 0;
        for _ in 0..1_000 {
            let result = outage.guard(|| {
                tries += 1;
                failing::<()>()
            });
            assert!(result.unwrap_err().to_string().ends_with("no"), "the first cause is told again");
        }
        assert!(tries < 10, "{tries}");
    }

    #[test]
    fn the_first_success_ends_an_outage() {
        let outage = Outage::default();
        outage.guard(failing::<()>).unwrap_err();
        assert!(outage.patience(Duration::from_mins(1)) < Duration::from_mins(1));
        while outage.guard(|| Ok(())).is_err() {
            thread::yield_now();
        }
        assert_eq!(outage.patience(Duration::from_mins(1)), Duration::from_mins(1));
        outage.guard(|| Ok(())).expect("nothing is held back any more");
    }

    #[test]
    fn a_long_outage_leaves_little_patience_and_no_long_delay() {
        let outage = Outage::default();
        outage.guard(failing::<()>).unwrap_err();
        assert_eq!(outage.patience(Duration::ZERO), Outage::LEAST_PATIENCE);
        assert!(delay_after(1) <= Outage::FIRST_DELAY);
        for attempts in [10, u32::MAX] {
            let delay = delay_after(attempts);
            assert!(delay >= Outage::LONGEST_DELAY / 2 && delay <= Outage::LONGEST_DELAY, "{delay:?}");
        }
    }
}
