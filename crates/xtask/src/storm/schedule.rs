//! Requests that are sent at their times, whether those before were answered or not.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::rig::http::{Answer, Connection};
use crate::rig::statistics::count;

/// The server may close what is not used for longer.
const KEPT_FOR: Duration = Duration::from_secs(3);

/// How often and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    pub(super) per_second: f64,
    pub(super) length: Duration,
    /// As many may be under way at once.
    pub(super) connections: usize,
}

/// How a request was answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub(super) status: u16,
    /// From sending to the whole answer, in milliseconds.
    pub(super) took_ms: f64,
    /// The same from when it was to be sent. Who waited for a connection has waited as well.
    pub(super) since_due_ms: f64,
    /// What `Retry-After` said, in seconds.
    pub(super) retry_after: Option<u32>,
}

/// Sends requests by this schedule, each made from its number.
pub(super) fn send(
    address: SocketAddr,
    schedule: Schedule,
    request: impl Fn(usize) -> Vec<u8> + Sync,
) -> Result<Vec<Outcome>, Failure> {
    let (begun, next) = (Instant::now(), AtomicUsize::new(0));
    let converse = || -> io::Result<Vec<Outcome>> {
        let mut kept: Option<(Connection, Instant)> = None;
        let mut outcomes = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let after = Duration::from_secs_f64(count(number) / schedule.per_second);
            // Where all connections are busy, what is left undone is not made up for.
            if after >= schedule.length || begun.elapsed() >= schedule.length {
                return Ok(outcomes);
            }
            let due = begun + after;
            let request = request(number);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let mut connection = match kept.take() {
                Some((connection, used)) if used.elapsed() < KEPT_FOR => connection,
                _ => Connection::open(address)?,
            };
            let sent = Instant::now();
            connection.send(&request)?;
            let Answer { status, head, .. } = connection.receive()?;
            outcomes.push(Outcome {
                status,
                took_ms: milliseconds(sent.elapsed()),
                since_due_ms: milliseconds(due.elapsed()),
                retry_after: retry_after(head),
            });
            kept = Some((connection, Instant::now()));
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..schedule.connections).map(|_| scope.spawn(converse)).collect();
        let mut all = Vec::new();
        for thread in threads {
            let outcomes = thread.join().map_err(|_| Failure::new("a thread panicked"))?;
            all.extend(outcomes.map_err(|error| Failure::new(error.to_string()))?);
        }
        Ok(all)
    })
}

pub(super) fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

fn retry_after(head: &[u8]) -> Option<u32> {
    let lines = str::from_utf8(head).ok()?.split("\r\n");
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers each request without a body by a 503, after this long.
    fn serve(after: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    while let Some(Ok(line)) = lines.next() {
                        if line.is_empty() {
                            thread::sleep(after);
                            let answer = "HTTP/1.1 503 X\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n";
                            if stream.write_all(answer.as_bytes()).is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        address
    }

    const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    #[test]
    fn requests_are_sent_as_often_as_they_are_to_be_while_there_is_room() {
        let address = serve(Duration::ZERO);
        let schedule = Schedule { per_second: 50.0, length: Duration::from_millis(200), connections: 10 };
        let outcomes = send(address, schedule, |_| GET.to_vec()).unwrap();
        assert!((1..=10).contains(&outcomes.len()), "ten at most: {}", outcomes.len());
        assert!(outcomes.iter().all(|outcome| (outcome.status, outcome.retry_after) == (503, Some(7))));
    }

    #[test]
    fn who_waits_for_a_connection_has_waited() {
        let address = serve(Duration::from_millis(20));
        let schedule = Schedule { per_second: 1_000.0, length: Duration::from_millis(60), connections: 1 };
        let outcomes = send(address, schedule, |_| GET.to_vec()).unwrap();
        let last = outcomes.last().unwrap();
        assert!(outcomes.len() < 10, "one at a time: {}", outcomes.len());
        assert!(last.took_ms >= 20.0 && last.since_due_ms >= last.took_ms, "{last:?}");
    }
}
