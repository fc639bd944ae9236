//! The clock of the machine. Nothing else in the product asks the system for the time.

use std::time::SystemTime;

use autorisen_domain::clock::{Clock, Timestamp};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_lies_after_this_was_written() {
        assert!(SystemClock.now() > Timestamp::from_secs(1_735_689_600));
    }
}
