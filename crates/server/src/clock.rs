//! The clock of the machine, and the one that all replicas share. Nothing else in the product asks
//! the system for the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use autorisen_domain::clock::{Clock, Timer, Timestamp};

/// Tells the time that the operating system tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter that everything else asks")]
        let now = SystemTime::now();
        let epoch = Timestamp::from_micros(0);
        match now.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => epoch.plus(after),
            Err(before) => epoch.minus(before.duration()),
        }
    }
}

/// Waits by the machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemTimer;

#[async_trait]
impl Timer for SystemTimer {
    async fn sleep(&self, span: Duration) {
        actix_web::rt::time::sleep(span).await;
    }
}

/// The machine's clock, set right by that of the database, so that replicas whose machines differ
/// agree on what is over.
#[derive(Debug, Default)]
pub(crate) struct SharedClock {
    /// What to add to the machine's time, in microseconds.
    offset: AtomicI64,
}

impl SharedClock {
    /// Takes note of the shared time, which was asked for at `asked` and known at `answered` by the
    /// machine's clock. It gives how far the machine is behind, in microseconds.
    pub(crate) fn follow(&self, shared: Timestamp, asked: Timestamp, answered: Timestamp) -> i64 {
        let halfway = asked.micros() / 2 + answered.micros() / 2;
        let offset = shared.micros().saturating_sub(halfway);
        self.offset.store(offset, Ordering::Relaxed);
        offset
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        let offset = self.offset.load(Ordering::Relaxed);
        Timestamp::from_micros(SystemClock.now().micros().saturating_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn machines_that_differ_by_an_hour_agree_once_they_follow_one_clock() {
        let hour = Duration::from_hours(1);
        let clock = SharedClock::default();
        let (asked, answered) = (Timestamp::from_secs(1_000), Timestamp::from_secs(1_002));
        let behind = clock.follow(Timestamp::from_secs(1_001).plus(hour), asked, answered);
        assert_eq!(behind, 3_600_000_000);
        let ahead = clock.now().since(SystemClock.now());
        assert!(ahead > Duration::from_mins(59) && ahead <= hour, "{ahead:?}");
        assert_eq!(clock.follow(Timestamp::from_secs(1_001).minus(hour), asked, answered), -3_600_000_000);
        assert!(SystemClock.now().since(clock.now()) >= Duration::from_mins(59));
    }

    #[test]
    fn the_time_lies_after_this_was_written() {
        assert!(SystemClock.now() > Timestamp::from_secs(1_735_689_600));
    }
}
