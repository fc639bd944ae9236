//! One request on a connection of its own, and what came of it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::rig::http::{get, post};

/// A request that has no answer after so long hangs.
const HANGS_AFTER: Duration = Duration::from_secs(15);
/// No answer is longer.
const MAX_LENGTH: u64 = 4 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Whether it says when to come again.
    pub(super) has_retry_after: bool,
    pub(super) body: String,
    /// Whether the whole of the body came.
    pub(super) is_whole: bool,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered(Answer),
    /// Nobody listened.
    Refused,
    /// The connection ended before the head of an answer had come.
    Cut,
    /// Nothing came.
    Hung,
}

impl Outcome {
    /// The status; `None` without an answer.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(answer) => Some(answer.status),
            _ => None,
        }
    }

    /// The answer if it has this status.
    pub(super) fn good(&self, status: u16) -> Option<&Answer> {
        match self {
            Self::Answered(answer) if answer.status == status => Some(answer),
            _ => None,
        }
    }
}

impl Answer {
    /// A member of the body that is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_str(&self.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }

    /// The events of a stream, as far as they came whole.
    pub(super) fn events(&self) -> Vec<Value> {
        let frames = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        frames.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }
}

/// Asks, and says how long it took until the answer was known: its head, where it is a stream.
pub(super) fn ask(
    address: SocketAddr,
    path: &str,
    bearer: Option<&str>,
    body: Option<&Value>,
) -> (Outcome, Duration) {
    let begun = Instant::now();
    let request = match body {
        Some(body) => post(path, bearer, &body.to_string()),
        None => get(path, bearer),
    };
    let mut known = None;
    let outcome = match exchange(address, &request, begun, &mut known) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Outcome::Refused,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Outcome::Hung,
        Err(_) => Outcome::Cut,
    };
    (outcome, known.unwrap_or_else(|| begun.elapsed()))
}

fn exchange(
    address: SocketAddr,
    request: &[u8],
    begun: Instant,
    known: &mut Option<Duration>,
) -> io::Result<Outcome> {
    let mut stream = TcpStream::connect_timeout(&address, HANGS_AFTER)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(HANGS_AFTER))?;
    stream.set_write_timeout(Some(HANGS_AFTER))?;
    stream.write_all(request)?;
    let mut received = Vec::new();
    let mut chunk = [0; 8 * 1024];
    loop {
        // An answer that began is one, also when the rest of it is cut off.
        let read = match stream.read(&mut chunk) {
            Ok(read) => read,
            Err(_) if known.is_some() => 0,
            Err(error) => return Err(error),
        };
        received.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let parsed = parse(&received);
        if parsed.is_some() {
            known.get_or_insert_with(|| begun.elapsed());
        }
        match parsed {
            Some(answer) if answer.is_whole || read == 0 => {
                if !is_stream(&received) {
                    *known = Some(begun.elapsed());
                }
                return Ok(Outcome::Answered(answer));
            }
            None if read == 0 => return Ok(Outcome::Cut),
            _ if received.len() as u64 > MAX_LENGTH => return Ok(Outcome::Cut),
            _ => {}
        }
    }
}

fn is_stream(received: &[u8]) -> bool {
    let head = received.get(..received.len().min(1_024)).unwrap_or_default();
    String::from_utf8_lossy(head).to_ascii_lowercase().contains("content-type: text/event-stream")
}

/// Reads what has come so far; `None` before the head is whole.
fn parse(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(received.get(..end)?).into_owned();
    let rest = received.get(end + 4..)?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let (mut length, mut is_chunked, mut has_retry_after) = (0, false, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "retry-after" => has_retry_after = value.parse::<u32>().is_ok(),
            _ => {}
        }
    }
    let (body, is_whole) = if is_chunked { unchunked(rest) } else { (rest.to_vec(), rest.len() >= length) };
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Answer { status, has_retry_after, body, is_whole })
}

/// The chunks that came whole, and whether the last of them has come.
fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let size = rest.windows(2).position(|bytes| bytes == b"\r\n").and_then(|end| {
            let size = usize::from_str_radix(str::from_utf8(rest.get(..end)?).ok()?, 16).ok()?;
            Some((end + 2, size))
        });
        let Some((start, size)) = size else { return (body, false) };
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = rest.get(start..start + size) else { return (body, false) };
        body.extend_from_slice(chunk);
        rest = rest.get(start + size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one request with this and hangs up.
    fn play(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn an_answer_is_read_with_its_length_or_in_chunks() {
        let plain = "HTTP/1.1 503 X\r\nRetry-After: 1\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
        let (outcome, _) = ask(play(plain), "/", None, None);
        let expected =
            Answer { status: 503, has_retry_after: true, body: "{\"a\":1}".to_owned(), is_whole: true };
        assert_eq!(outcome, Outcome::Answered(expected));

        let chunks = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n\
                      a\r\ndata: {}\n\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n";
        let (outcome, _) = ask(play(chunks), "/", None, None);
        let answer = outcome.good(200).unwrap();
        assert!(answer.is_whole && !answer.has_retry_after);
        assert_eq!(answer.events(), [serde_json::json!({}), serde_json::json!(1)]);
    }

    #[test]
    fn what_is_cut_off_is_told_from_what_never_came() {
        let cut = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\na\r\ndata: {}\n\n\r\nff\r\nda";
        let (outcome, _) = ask(play(cut), "/", None, None);
        let answer = outcome.good(200).unwrap();
        assert!(!answer.is_whole);
        assert_eq!(answer.events().len(), 1, "what came whole counts");
        assert_eq!(ask(play("HTTP/1.1 200"), "/", None, None).0, Outcome::Cut);
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(ask(nobody, "/", None, None).0, Outcome::Refused);
    }
}
