//! Days of UTC.

use std::fmt;

use chrono::NaiveDate;

use crate::clock::Timestamp;

/// A day of UTC, shown as `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// The day of this time.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        // Only a time more than 200,000 years away is out of range.
        Self(chrono::DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().date_naive())
    }

    /// Reads what a day is shown as; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day = Self(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?);
        (day.to_string() == text).then_some(day)
    }

    /// When it begins.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        Timestamp::from_secs(self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
    }

    fn back(self, days: u64) -> Self {
        Self(self.0.checked_sub_days(chrono::Days::new(days)).unwrap_or(NaiveDate::MIN))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

/// Some days, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: Day,
    /// The last, which is one of them.
    pub last: Day,
}

/// No report is made of so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {}", Days::MOST)]
pub struct InvalidDays;

impl Days {
    /// The most days that are looked at together.
    pub const MOST: u32 = 731;

    /// The last `count` days, of which the one of `now` is the last.
    pub fn until(now: Timestamp, count: u32) -> Result<Self, InvalidDays> {
        if !(1..=Self::MOST).contains(&count) {
            return Err(InvalidDays);
        }
        let last = Day::of(now);
        Ok(Self { first: last.back(u64::from(count) - 1), last })
    }

    /// Each of them, the first one first.
    pub fn iter(self) -> impl Iterator<Item = Day> {
        self.first.0.iter_days().take_while(move |day| *day <= self.last.0).map(Day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_utc_and_read_as_it_is_shown() {
        let at = Timestamp::from_secs(1_700_006_399);
        assert_eq!(Day::of(at).to_string(), at.utc_day());
        assert_eq!(Day::parse("2023-11-14"), Some(Day::of(at)));
        assert_eq!(Day::of(at).begins(), Timestamp::from_secs(1_699_920_000));
        for text in ["2023-11-31", "2023-1-2", "2023-01-02 ", "today", ""] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_days_end_with_today() {
        let leap = Timestamp::from_secs(1_709_251_200); // 2024-03-01
        let days = Days::until(leap, 3).unwrap();
        let shown: Vec<String> = days.iter().map(|day| day.to_string()).collect();
        assert_eq!(shown, ["2024-02-28", "2024-02-29", "2024-03-01"]);
        assert_eq!(Days::until(leap, 1).unwrap().iter().count(), 1);
        assert_eq!(Days::until(leap, Days::MOST).unwrap().iter().count(), 731);
        assert_eq!(Days::until(leap, 0), Err(InvalidDays));
        assert_eq!(Days::until(leap, Days::MOST + 1), Err(InvalidDays));
    }
}
