//! How far a long measurement has come.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::say;

/// Between two looks, so that the end is not waited for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Tells how far `done` has come towards `total`, with the rate and the time left, until it is told to
/// stop: in one line of a terminal that is written over and over, else in a line now and then.
pub(crate) fn tell(what: &str, total: usize, done: &AtomicUsize, stop: &AtomicBool) {
    let is_terminal = io::stdout().is_terminal();
    let every = if is_terminal { Duration::from_millis(500) } else { Duration::from_secs(30) };
    let begun = Instant::now();
    let mut told = begun;
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(LOOK_EVERY);
        if told.elapsed() < every {
            continue;
        }
        told = Instant::now();
        let line = line(what, total, done.load(Ordering::Relaxed), begun.elapsed());
        if is_terminal {
            let _ = write!(io::stdout(), "\r\x1b[K{line}");
            let _ = io::stdout().flush();
        } else {
            say(&line);
        }
    }
    if is_terminal {
        let _ = write!(io::stdout(), "\r\x1b[K");
    }
}

fn line(what: &str, total: usize, done: usize, since: Duration) -> String {
    let done_in = u32::try_from(done).unwrap_or(u32::MAX);
    if done_in == 0 {
        return format!("{what}: 0 of {total}");
    }
    let rate = f64::from(done_in) / since.as_secs_f64().max(1e-9);
    let left = since / done_in * u32::try_from(total.saturating_sub(done)).unwrap_or(u32::MAX);
    format!("{what}: {done} of {total}, {rate:.0}/s, {} s left", left.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_rate_and_the_time_that_is_left() {
        assert_eq!(line("x", 400, 100, Duration::from_secs(50)), "x: 100 of 400, 2/s, 150 s left");
        assert_eq!(line("x", 400, 0, Duration::from_secs(50)), "x: 0 of 400");
        assert_eq!(line("x", 400, 500, Duration::from_secs(5)), "x: 500 of 400, 100/s, 0 s left");
    }
}
