//! As much of HTTP/1.1 as a load needs: one request at a time, answers of a stated length.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::Duration;

/// A server that is silent for so long is broken.
const PATIENCE: Duration = Duration::from_mins(1);
/// No answer that is measured here is nearly as long.
const MAX_LENGTH: usize = 1024 * 1024;

/// An answer that came whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// The lines before the body, without their last end.
    pub(crate) head: &'a [u8],
    pub(crate) body: &'a [u8],
}

/// A connection that is kept for the next request.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// How much of what was received belongs to the last answer.
    answered: usize,
}

impl Connection {
    /// Connects to a server on this machine.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, received: Vec::new(), answered: 0 })
    }

    /// Sends a request. The answer to the last one must have been received.
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request)
    }

    /// Waits for the answer.
    pub(crate) fn receive(&mut self) -> io::Result<Answer<'_>> {
        self.received.drain(..self.answered);
        self.answered = 0;
        let mut chunk = [0; 4096];
        let frame = loop {
            let frame =
                frame(&self.received).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
            if let Some(frame) = frame {
                break frame;
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up")),
                read => self.received.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            }
        };
        self.answered = frame.body.end;
        let part = |range| self.received.get(range).unwrap_or_default();
        Ok(Answer { status: frame.status, head: part(frame.head), body: part(frame.body) })
    }
}

/// A request without a body.
pub(crate) fn get(path: &str, bearer: Option<&str>) -> Vec<u8> {
    let authorization = authorization(bearer);
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n").into_bytes()
}

/// A request with a JSON body.
pub(crate) fn post(path: &str, bearer: Option<&str>, body: &str) -> Vec<u8> {
    let (authorization, length) = (authorization(bearer), body.len());
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn authorization(bearer: Option<&str>) -> String {
    bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
}

/// Where the parts of an answer are.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    status: u16,
    head: Range<usize>,
    body: Range<usize>,
}

/// Finds the first answer in what was received; `None` while a part of it is missing.
fn frame(received: &[u8]) -> Result<Option<Frame>, &'static str> {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let Some(end) = received.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD) else {
        return if received.len() > MAX_LENGTH { Err("the head has no end") } else { Ok(None) };
    };
    let head = received.get(..end).and_then(|head| str::from_utf8(head).ok()).ok_or("the head is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(status).ok_or("it does not begin like HTTP/1.1")?;
    let length = lines.find_map(length).ok_or("it does not state its length")?;
    if length > MAX_LENGTH {
        return Err("it is too long");
    }
    let start = end + END_OF_HEAD.len();
    let body = start..start + length;
    Ok((received.len() >= body.end).then_some(Frame { status, head: 0..end, body }))
}

fn status(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()
}

fn length(line: &str) -> Option<usize> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 5\r\n\r\nhello";

    #[test]
    fn an_answer_is_found_only_once_its_last_byte_is_there() {
        for received in 0..ANSWER.len() {
            assert_eq!(frame(&ANSWER[..received]), Ok(None), "{received} bytes");
        }
        let frame = frame(ANSWER).unwrap().unwrap();
        assert_eq!(frame.status, 200);
        assert_eq!(&ANSWER[frame.body], b"hello");
    }

    #[test]
    fn what_follows_an_answer_is_not_part_of_it() {
        let two = [ANSWER, ANSWER].concat();
        assert_eq!(frame(&two).unwrap().unwrap().body.end, ANSWER.len());
    }

    #[test]
    fn an_empty_body_and_any_case_of_the_length_are_understood() {
        let frame = frame(b"HTTP/1.1 503 Service Unavailable\r\nCONTENT-LENGTH:0\r\n\r\n").unwrap().unwrap();
        assert_eq!(frame.status, 503);
        assert!(frame.body.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (received, fault) in [
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "it does not state its length"),
            ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", "it does not state its length"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n", "it is too long"),
            ("SSH-2.0\r\ncontent-length: 1\r\n\r\n", "it does not begin like HTTP/1.1"),
        ] {
            assert_eq!(frame(received.as_bytes()), Err(fault), "{received}");
        }
        assert_eq!(frame(b"HTTP/1.1 200 \xff\r\n\r\n"), Err("the head is no text"));
        assert_eq!(frame(&vec![b'x'; MAX_LENGTH + 1]), Err("the head has no end"));
    }

    #[test]
    fn answers_are_received_one_after_another_however_they_are_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connection = Connection::open(listener.local_addr().unwrap()).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            let two = [ANSWER, b"HTTP/1.1 401 X\r\ncontent-length: 2\r\n\r\n{}"].concat();
            for part in two.chunks(7) {
                stream.write_all(part).unwrap();
            }
        });
        assert_eq!(
            connection.receive().unwrap(),
            Answer { status: 200, head: &ANSWER[..40], body: b"hello" }
        );
        assert_eq!(
            connection.receive().unwrap(),
            Answer { status: 401, head: b"HTTP/1.1 401 X\r\ncontent-length: 2", body: b"{}" }
        );
        server.join().unwrap();
        let error = connection.receive().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn requests_state_the_length_of_their_body() {
        let request = String::from_utf8(post("/a", Some("t"), "{\"b\":1}")).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let lines: Vec<&str> = head.split("\r\n").collect();
        assert_eq!(lines[0], "POST /a HTTP/1.1");
        assert!(lines.contains(&"Authorization: Bearer t") && lines.contains(&"Content-Length: 7"), "{head}");
        assert_eq!(body, "{\"b\":1}");
        assert_eq!(get("/a", None), b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
}
