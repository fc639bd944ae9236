//! How far a long command has come, on standard error: in one line that is written over and over on a
//! terminal, else in a line now and then.

use std::io::{self, IsTerminal as _, Stderr, Write};
use std::time::{Duration, Instant};

use autorisen_domain::progress::Progress;

/// On a terminal a line is written over this often.
const REDRAW_EVERY: Duration = Duration::from_millis(200);
/// Elsewhere a line is added this often; a command that is faster adds none.
const ADD_EVERY: Duration = Duration::from_secs(10);

/// Writes the progress where a person or a log may see it.
pub(crate) struct ShownProgress<W: Write = Stderr> {
    out: W,
    is_terminal: bool,
    current: Option<Count>,
    shown_at: Instant,
    is_line_open: bool,
}

/// What is being counted.
struct Count {
    what: String,
    begun: Instant,
    first_done: u64,
}

impl ShownProgress {
    /// On standard error.
    pub(crate) fn on_stderr() -> Self {
        let out = io::stderr();
        let is_terminal = out.is_terminal();
        Self::new(out, is_terminal)
    }
}

impl<W: Write> ShownProgress<W> {
    fn new(out: W, is_terminal: bool) -> Self {
        Self { out, is_terminal, current: None, shown_at: Instant::now(), is_line_open: false }
    }

    fn tell(&mut self, what: &str, done: u64, total: u64, now: Instant) {
        if self.current.as_ref().is_none_or(|count| count.what != what) {
            self.current = Some(Count { what: what.to_owned(), begun: now, first_done: done });
        }
        let every = if self.is_terminal { REDRAW_EVERY } else { ADD_EVERY };
        let Some(count) = self.current.as_ref().filter(|_| now.duration_since(self.shown_at) >= every) else {
            return;
        };
        let line = line(what, done, total, done.saturating_sub(count.first_done), now - count.begun);
        self.shown_at = now;
        // Nothing depends on its being seen.
        let _ = if self.is_terminal {
            self.is_line_open = true;
            write!(self.out, "\r\x1b[K{line}").and_then(|()| self.out.flush())
        } else {
            writeln!(self.out, "{line}")
        };
    }
}

impl<W: Write + Send> Progress for ShownProgress<W> {
    fn at(&mut self, what: &str, done: u64, total: u64) {
        self.tell(what, done, total, Instant::now());
    }
}

/// Leaves no half line behind.
impl<W: Write> Drop for ShownProgress<W> {
    fn drop(&mut self) {
        if self.is_line_open {
            let _ = write!(self.out, "\r\x1b[K").and_then(|()| self.out.flush());
        }
    }
}

/// `recent` of what is done took the time `since`; the rest was done before.
fn line(what: &str, done: u64, total: u64, recent: u64, since: Duration) -> String {
    let of = if total > 0 { format!(" of {total}") } else { String::new() };
    if recent == 0 || since.is_zero() {
        return format!("{what}: {done}{of}");
    }
    let rate = u128::from(recent) * 1_000_000 / since.as_micros().max(1);
    let left = since.as_micros() * u128::from(total.saturating_sub(done)) / u128::from(recent) / 1_000_000;
    let left = if total > 0 { format!(", {left} s left") } else { String::new() };
    format!("{what}: {done}{of}, {rate}/s{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(is_terminal: bool, calls: &[(&str, u64, u64, u64)]) -> String {
        let mut out = Vec::new();
        let mut progress = ShownProgress::new(&mut out, is_terminal);
        let begun = progress.shown_at;
        for &(what, done, total, at_ms) in calls {
            progress.tell(what, done, total, begun + Duration::from_millis(at_ms));
        }
        drop(progress);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_tells_the_rate_and_the_time_that_is_left() {
        let fifty = Duration::from_secs(50);
        assert_eq!(line("users", 400, 1_000, 400, fifty), "users: 400 of 1000, 8/s, 75 s left");
        assert_eq!(line("users", 400, 1_000, 100, fifty), "users: 400 of 1000, 2/s, 300 s left");
        assert_eq!(line("users", 4, 6, 4, fifty), "users: 4 of 6, 0/s, 25 s left");
        assert_eq!(line("users", 400, 0, 400, fifty), "users: 400, 8/s", "the end is unknown");
        assert_eq!(line("users", 500, 400, 500, fifty), "users: 500 of 400, 10/s, 0 s left");
        assert_eq!(line("users", 0, 400, 0, Duration::ZERO), "users: 0 of 400");
    }

    #[test]
    fn a_terminal_shows_one_line_that_is_gone_at_the_end() {
        let calls = [("users", 0, 9, 0), ("users", 1, 9, 1), ("users", 5, 9, 1_000), ("users", 6, 9, 1_001)];
        assert_eq!(shown(true, &calls), "\r\x1b[Kusers: 5 of 9, 5/s, 0 s left\r\x1b[K");
        assert_eq!(shown(true, &calls[..2]), "", "what is over at once shows nothing");
    }

    #[test]
    fn a_file_gets_a_line_now_and_then_and_each_count_its_own_rate() {
        let calls = [
            ("users", 0, 90, 0),
            ("users", 50, 90, 9_000),
            ("users", 80, 90, 10_000),
            ("sessions", 100, 500, 11_000),
            ("sessions", 300, 500, 21_000),
        ];
        assert_eq!(
            shown(false, &calls),
            "users: 80 of 90, 8/s, 1 s left\nsessions: 300 of 500, 20/s, 10 s left\n"
        );
    }
}
