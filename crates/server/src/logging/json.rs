//! The log for programs: one JSON object per line, written by a thread of its own.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use autorisen_domain::clock::Clock;
use slog::{Drain, Level, LevelFilter, Logger, Never, OwnedKVList, Record};
use slog_async::{AsyncCore, AsyncGuard};
use slog_json::Json;

use super::line::LineWriter;
use super::stamp::{LogClock, Stamp, stamped};
use super::{EVENT, LogGuard};

/// Records that may wait to be written. Past it they are lost and counted: whoever logs never waits.
const SLOTS: usize = 8_192;

/// Opens a log that is written to `out`.
pub(crate) fn json<W: Write + Send + 'static>(
    level: Level,
    clock: Arc<dyn Clock>,
    out: W,
) -> (Logger, LogGuard) {
    let (queue, guard) = queue(AssertUnwindSafe(Arc::clone(&clock)), out, SLOTS);
    let drain = LevelFilter::new(Stamp { clock: AssertUnwindSafe(clock), next: queue }, level);
    // The filter says in its result whether it let a record pass, which nobody asks.
    (Logger::root(drain.ignore_res(), slog::o!()), LogGuard { _writer: guard })
}

fn queue<W: Write + Send + 'static>(clock: LogClock, out: W, slots: usize) -> (Queue, AsyncGuard) {
    let lost = Arc::new(AtomicU64::new(0));
    // Each line is flushed by itself; without that `slog-json` would write it in many pieces.
    let json = Json::new(LineWriter::new(out)).set_flush(true).build();
    let writer = Writer { json, clock, lost: Arc::clone(&lost) };
    let (core, guard) =
        AsyncCore::custom(writer).chan_size(slots).thread_name("log".to_owned()).build_with_guard();
    (Queue { core, lost }, guard)
}

/// The way to the thread that writes; it never blocks.
struct Queue {
    core: AsyncCore,
    lost: Arc<AtomicU64>,
}

impl Drain for Queue {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<(), Never> {
        if self.core.log(record, values).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Writes records, and after a loss how many there were.
struct Writer<W: Write> {
    json: Json<LineWriter<W>>,
    clock: LogClock,
    lost: Arc<AtomicU64>,
}

impl<W: Write> Drain for Writer<W> {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<(), Never> {
        if self.json.log(record, values).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 && self.report(lost).is_err() {
            self.lost.fetch_add(lost, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl<W: Write> Writer<W> {
    fn report(&self, lost: u64) -> std::io::Result<()> {
        let statics = slog::record_static!(Level::Warning, EVENT);
        stamped(
            self.clock.now(),
            &Record::new(&statics, &format_args!("log.records.lost"), slog::b!("count" => lost)),
            &slog::o!().into(),
            &self.json,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Condvar, Mutex};
    use std::thread;

    use autorisen_domain::clock::Timestamp;
    use slog::{debug, info, o, warn};

    use super::*;
    use crate::logging::EVENT;
    use crate::logging::capture::{Captured, Stopped};

    fn clock() -> Arc<dyn Clock> {
        Arc::new(Stopped(Timestamp::from_micros(1_700_000_000_000_001)))
    }

    #[test]
    fn the_fields_of_a_line_stand_in_a_fixed_order() {
        let captured = Captured::default();
        let (log, guard) = json(Level::Info, clock(), captured.clone());
        let log = log.new(o!("a" => 1, "b" => 2)).new(o!("c" => 3));
        info!(log, #EVENT, "http.request"; "status" => 200_u16, "cached" => false, "ms" => 0.5, "none" => ());
        warn!(log, "a \"quoted\"\nline"; "offset" => -1, "text" => %"shown");
        drop(guard);
        let head = r#"{"ts":"2023-11-14T22:13:20.000001Z","level""#;
        let first = r#""info","event":"http.request","a":1,"b":2,"c":3,"status":200,"cached":false,"ms":0.5,"none":null}"#;
        let second = r#""warn","msg":"a \"quoted\"\nline","a":1,"b":2,"c":3,"offset":-1,"text":"shown"}"#;
        assert_eq!(captured.text(), format!("{head}:{first}\n{head}:{second}\n"));
    }

    #[test]
    fn what_is_below_the_level_is_not_written() {
        let captured = Captured::default();
        let (log, guard) = json(Level::Warning, clock(), captured.clone());
        debug!(log, "one");
        info!(log, "two");
        warn!(log, "three");
        drop(guard);
        assert_eq!(captured.lines().len(), 1);
    }

    #[test]
    fn lines_of_many_threads_stay_whole_and_all_are_written_when_the_guard_goes() {
        let captured = Captured::default();
        let (log, guard) = json(Level::Info, clock(), captured.clone());
        thread::scope(|scope| {
            for thread in 0..8 {
                let log = log.clone();
                scope.spawn(move || (0..500).for_each(|n| info!(log, "work"; "thread" => thread, "n" => n)));
            }
        });
        drop(guard);
        let lines = captured.lines();
        assert_eq!(lines.len(), 4_000);
        assert_eq!(captured.pieces(), 4_000, "every line is one write");
        for thread in 0..8 {
            let of_thread = lines.iter().filter(|line| line["thread"] == thread);
            assert!(
                of_thread.map(|line| line["n"].as_u64().unwrap()).eq(0..500),
                "the order of a thread is kept"
            );
        }
    }

    #[test]
    fn logging_after_the_guard_is_gone_does_no_harm() {
        let captured = Captured::default();
        let (log, guard) = json(Level::Info, clock(), captured.clone());
        drop(guard);
        info!(log, "too late");
        assert_eq!(captured.text(), "");
    }

    /// An output that takes nothing until it is opened.
    #[derive(Clone, Default)]
    struct Gate {
        open: Arc<(Mutex<bool>, Condvar)>,
        behind: Captured,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (open, opened) = &*self.open;
            let _open = opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
            self.behind.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_output_holds_nobody_up_and_what_is_lost_is_counted() {
        let gate = Gate::default();
        let (queue, guard) = queue(AssertUnwindSafe(clock()), gate.clone(), 4);
        let log = Logger::root(Stamp { clock: AssertUnwindSafe(clock()), next: queue }, o!());
        (0..100).for_each(|n| info!(log, "work"; "n" => n));
        *gate.open.0.lock().unwrap() = true;
        gate.open.1.notify_all();
        drop(guard);

        let (reports, written): (Vec<_>, Vec<_>) =
            gate.behind.lines().into_iter().partition(|line| line["event"] == "log.records.lost");
        let lost: u64 = reports.iter().map(|line| line["count"].as_u64().unwrap()).sum();
        assert!(lost > 0 && reports.iter().all(|line| line["level"] == "warn"));
        assert_eq!(lost + written.len() as u64, 100);
    }
}
