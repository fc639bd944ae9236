//! Times as the old system stored them.

use chrono::{DateTime, NaiveDateTime};

use crate::clock::Timestamp;

/// Reads `2025-10-18 09:30:00.123456+00`, also with a `T`, with any offset or `Z`, and without one, which
/// is UTC. `None` when it is no such time.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let mut text = text.trim().to_owned();
    if text.as_bytes().get(10) == Some(&b'T') {
        text.replace_range(10..11, " ");
    }
    let micros = DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%#z")
        .map(|time| time.timestamp_micros())
        .or_else(|_| {
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f")
                .map(|time| time.and_utc().timestamp_micros())
        });
    micros.ok().map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_both_databases_are_read() {
        let expected = Some(Timestamp::from_micros(1_760_779_800_123_456));
        for text in [
            "2025-10-18 09:30:00.123456+00",
            "2025-10-18 09:30:00.123456",
            "2025-10-18T09:30:00.123456Z",
            " 2025-10-18T11:30:00.123456+02:00 ",
            "2025-10-18 04:00:00.123456-0530",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("2025-10-18 09:30:00"), Some(Timestamp::from_secs(1_760_779_800)));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "infinity",
            "0001-01-01 00:00:00+00 BC",
            "2025-02-30 00:00:00",
            "1760779800",
            "2025-10-18",
            "ééééé ééééé",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
