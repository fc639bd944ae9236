//! Time as the domain knows it: a point in UTC, a span, and the ports that tell the time and wait.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time that is this many microseconds after the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The time that is this many whole seconds after the Unix epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The day of this time in UTC, as `2026-01-31`.
    #[must_use]
    pub fn utc_day(self) -> String {
        // Only a time more than 200,000 years away is out of range.
        chrono::DateTime::from_timestamp(self.secs(), 0).unwrap_or_default().format("%Y-%m-%d").to_string()
    }

    /// When the next day of UTC begins.
    #[must_use]
    pub const fn next_utc_day(self) -> Self {
        Self::from_secs((self.secs().div_euclid(SECS_A_DAY) + 1) * SECS_A_DAY)
    }

    /// This time later by `span`; the latest time there is when that is out of range.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(span)))
    }

    /// This time earlier by `span`; the earliest time there is when that is out of range.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(span)))
    }

    /// How long it is from `earlier` to this time; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({}us)", self.0)
    }
}

const SECS_A_DAY: i64 = 86_400;

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Waits.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Returns when this much time has passed.
    async fn sleep(&self, span: Duration);
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current time. It may jump, in either direction.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_added_and_measured() {
        let start = Timestamp::from_secs(10);
        let end = start.plus(Duration::from_millis(1_500));
        assert_eq!(end.micros(), 11_500_000);
        assert_eq!(end.since(start), Duration::from_millis(1_500));
        assert_eq!(start.since(end), Duration::ZERO);
        assert_eq!(end.minus(Duration::from_millis(1_500)), start);
    }

    #[test]
    fn a_day_is_one_of_utc_and_ends_at_midnight() {
        let late = Timestamp::from_secs(1_700_006_399);
        assert_eq!(late.utc_day(), "2023-11-14");
        assert_eq!(late.next_utc_day(), Timestamp::from_secs(1_700_006_400));
        assert_eq!(late.next_utc_day().utc_day(), "2023-11-15");
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let last = Timestamp::from_micros(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(Timestamp::from_secs(i64::MAX), last);
        assert_eq!(Timestamp::from_micros(-1).secs(), -1);
    }
}
