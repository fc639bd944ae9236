//! The log for people.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use autorisen_domain::clock::Clock;
use slog::{Drain, Level, LevelFilter, Logger};
use slog_term::{Decorator, FullFormat, TermDecorator};

use super::one_line::OneLine;
use super::stamp::rfc3339;
use super::{LogGuard, Target};

/// Records that may wait to be written. Past it they are lost: whoever logs never waits for a
/// terminal that somebody has stopped.
const SLOTS: usize = 8_192;

/// Opens a log, in colours where the terminal has them.
pub(super) fn terminal(level: Level, clock: Arc<dyn Clock>, target: Target) -> (Logger, LogGuard) {
    let decorator = match target {
        Target::Stdout => TermDecorator::new().stdout().build(),
        Target::Stderr => TermDecorator::new().stderr().build(),
    };
    text(level, clock, decorator)
}

fn text<D: Decorator + Send + 'static>(
    level: Level,
    clock: Arc<dyn Clock>,
    decorator: D,
) -> (Logger, LogGuard) {
    let clock = AssertUnwindSafe(clock);
    let lines = FullFormat::new(OneLine(decorator))
        .use_custom_timestamp(move |out: &mut dyn io::Write| write!(out, "{}", rfc3339(clock.now())))
        .use_original_order()
        .build();
    // A terminal that is gone is no reason to stop.
    let (queue, guard) = slog_async::Async::new(lines.ignore_res())
        .chan_size(SLOTS)
        .thread_name("log".to_owned())
        .build_with_guard();
    let log = Logger::root(LevelFilter::new(queue, level).ignore_res(), slog::o!());
    (log, LogGuard { _writer: guard })
}

#[cfg(test)]
mod tests {
    use autorisen_domain::clock::Timestamp;
    use slog::{debug, info};
    use slog_term::PlainSyncDecorator;

    use super::*;
    use crate::logging::EVENT;
    use crate::logging::capture::{Captured, Stopped};

    #[test]
    fn a_person_reads_one_line_per_record() {
        let captured = Captured::default();
        let clock = Arc::new(Stopped(Timestamp::from_micros(1_700_000_000_000_001)));
        let (log, guard) = text(Level::Info, clock, PlainSyncDecorator::new(captured.clone()));
        info!(log, #EVENT, "auth.login.success"; "user_id" => 1, "reason" => "none");
        debug!(log, "not for now");
        drop(guard);
        assert_eq!(
            captured.text(),
            "2023-11-14T22:13:20.000001Z INFO auth.login.success, user_id: 1, reason: none\n"
        );
    }

    #[test]
    fn what_a_stranger_sent_stays_on_its_line() {
        let captured = Captured::default();
        let clock = Arc::new(Stopped(Timestamp::from_secs(1_700_000_000)));
        let (log, guard) = text(Level::Info, clock, PlainSyncDecorator::new(captured.clone()));
        info!(log, #EVENT, "http.request.done"; "path" => "/x\r\n2023-11-14T22:13:20Z INFO auth.login.success\u{1b}[2J");
        drop(guard);
        let text = captured.text();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        assert!(!text.contains(['\r', '\u{1b}']), "{text:?}");
    }
}
