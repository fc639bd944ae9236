//! Times as they go over the wire.

use autorisen_domain::clock::Timestamp;
use chrono::{DateTime, SecondsFormat};

/// RFC 3339 in UTC with microseconds and `Z`, such as `2026-01-31T12:00:00.000000Z`.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    // Only a time more than 200,000 years away is out of range.
    DateTime::from_timestamp_micros(time.micros())
        .unwrap_or(DateTime::UNIX_EPOCH)
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_microseconds() {
        assert_eq!(rfc3339(Timestamp::from_micros(1_700_000_000_000_001)), "2023-11-14T22:13:20.000001Z");
    }
}
