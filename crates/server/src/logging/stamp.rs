//! Putting time and level in front of a record, where it is made.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use autorisen_domain::clock::{Clock, Timestamp};
use chrono::{DateTime, SecondsFormat};
use slog::{BorrowedKV, Drain, KV, Level, OwnedKVList, Record, RecordStatic, Serializer};

use super::EVENT;
use super::fields::in_order;

/// The clock of the log. Loggers must be safe to use after a panic, and telling the time is.
pub(super) type LogClock = AssertUnwindSafe<Arc<dyn Clock>>;

/// Passes records on with all that will be written as their own fields, in a fixed order: time,
/// level, name or message, then the fields of its logger, then its own.
///
/// It runs on the thread that logs, so that the time is that of the event and not of its writing.
pub(super) struct Stamp<D> {
    pub(super) clock: LogClock,
    pub(super) next: D,
}

impl<D: Drain> Drain for Stamp<D> {
    type Ok = D::Ok;
    type Err = D::Err;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<D::Ok, D::Err> {
        stamped(self.clock.now(), record, values, &self.next)
    }
}

/// Hands `record`, with everything in front and inside it, to `next`.
pub(super) fn stamped<D: Drain>(
    now: Timestamp,
    record: &Record<'_>,
    values: &OwnedKVList,
    next: &D,
) -> Result<D::Ok, D::Err> {
    let fields = Fields { now, record, values };
    let location = *record.location();
    let statics = RecordStatic { location: &location, level: record.level(), tag: record.tag() };
    next.log(&Record::new(&statics, record.msg(), BorrowedKV(&fields)), &slog::o!().into())
}

struct Fields<'a> {
    now: Timestamp,
    record: &'a Record<'a>,
    values: &'a OwnedKVList,
}

impl KV for Fields<'_> {
    fn serialize(&self, _record: &Record<'_>, serializer: &mut dyn Serializer) -> slog::Result {
        let record = self.record;
        serializer.emit_str("ts", &rfc3339(self.now))?;
        serializer.emit_str("level", word(record.level()))?;
        serializer.emit_arguments(if record.tag() == EVENT { "event" } else { "msg" }, record.msg())?;
        in_order(self.values, record, serializer)?;
        in_order(&record.kv(), record, serializer)
    }
}

/// The time in UTC with microseconds; the epoch for a time that no calendar has.
pub(super) fn rfc3339(time: Timestamp) -> String {
    let time = DateTime::from_timestamp_micros(time.micros()).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The word for a level. There are four of them in this log.
const fn word(level: Level) -> &'static str {
    match level {
        Level::Critical | Level::Error => "error",
        Level::Warning => "warn",
        Level::Info => "info",
        Level::Debug | Level::Trace => "debug",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_microseconds_and_a_z() {
        assert_eq!(rfc3339(Timestamp::from_micros(1_700_000_000_000_001)), "2023-11-14T22:13:20.000001Z");
        assert_eq!(rfc3339(Timestamp::from_micros(i64::MAX)), "1970-01-01T00:00:00.000000Z");
    }
}
