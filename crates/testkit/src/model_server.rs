//! A stand-in for a model's server: it plays one play after the other, and remembers what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// What it does with one request.
#[derive(Debug, Clone)]
pub enum Play {
    /// Streams the data of these events, with a pause before each, and ends well.
    Events {
        /// The data.
        data: Vec<String>,
        /// The pause.
        pause: Duration,
    },
    /// Streams these and hangs up in the middle of the next.
    CutAfter(Vec<String>),
    /// Streams these and says nothing more, with the connection open.
    SilentAfter(Vec<String>),
    /// Answers this status with these headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Answers this text as JSON.
    Json(String),
    /// Answers something that is no stream.
    NoStream,
}

/// One request that it was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The lines of the head.
    pub head: String,
    /// The body, when it is JSON.
    pub body: Value,
    /// The bytes of the body.
    pub bytes: Vec<u8>,
}

/// The server. Its thread lives as long as the test.
#[derive(Clone)]
pub struct ModelServer {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    plays: Mutex<VecDeque<Play>>,
    asked: Mutex<Vec<Asked>>,
    hung_up: AtomicUsize,
    sent: AtomicUsize,
}

impl ModelServer {
    /// Starts one that plays these, and the last one again and again.
    pub fn start(plays: impl IntoIterator<Item = Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let state = Arc::new(State { plays: Mutex::new(plays.into_iter().collect()), ..State::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || {
                    let _ = state.serve(&connection);
                });
            }
        });
        Self { address, state }
    }

    /// What is set as the base of its addresses.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many events it has sent, in all streams that end well.
    pub fn sent(&self) -> usize {
        self.state.sent.load(Ordering::SeqCst)
    }

    /// How often who asked hung up before the end.
    pub fn hung_up(&self) -> usize {
        self.state.hung_up.load(Ordering::SeqCst)
    }
}

/// An answer of the Responses API that says these bits.
pub fn responses_saying(bits: &[&str]) -> Vec<String> {
    let delta = |bit: &&str| {
        serde_json::json!({"type": "response.output_text.delta", "delta": bit, "content_index": 0})
            .to_string()
    };
    let created = serde_json::json!({"type": "response.created", "response": {}}).to_string();
    let completed = serde_json::json!({"type": "response.completed", "response": {}}).to_string();
    [created].into_iter().chain(bits.iter().map(delta)).chain([completed]).collect()
}

/// An answer of chat completions that says these bits.
pub fn completions_saying(bits: &[&str]) -> Vec<String> {
    let delta =
        |bit: &&str| serde_json::json!({"choices": [{"index": 0, "delta": {"content": bit}}]}).to_string();
    bits.iter().map(delta).chain(["[DONE]".to_owned()]).collect()
}

impl State {
    fn serve(&self, connection: &TcpStream) -> std::io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_mins(1)))?;
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut bytes = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut bytes)?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { path, head, body, bytes });

        let play = {
            let mut plays = self.plays.lock().unwrap_or_else(PoisonError::into_inner);
            if plays.len() > 1 { plays.pop_front() } else { plays.front().cloned() }
        };
        let played = play.map_or(Ok(()), |play| act(connection, play, &self.sent));
        if played.is_err() {
            self.hung_up.fetch_add(1, Ordering::SeqCst);
        }
        played
    }
}

fn act(mut connection: &TcpStream, play: Play, sent: &AtomicUsize) -> std::io::Result<()> {
    let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    match play {
        Play::Events { data, pause } => {
            connection.write_all(stream.as_bytes())?;
            for data in data {
                thread::sleep(pause);
                still_there(connection)?;
                write_frames(connection, &[data])?;
                sent.fetch_add(1, Ordering::SeqCst);
            }
        }
        Play::CutAfter(data) => {
            let head = stream.replace("Connection: close", "Content-Length: 1000000");
            connection.write_all(head.as_bytes())?;
            write_frames(connection, &data)?;
            connection.write_all(b"data: {\"type\":\"resp")?;
        }
        Play::SilentAfter(data) => {
            connection.write_all(stream.as_bytes())?;
            write_frames(connection, &data)?;
            loop {
                thread::sleep(Duration::from_millis(20));
                still_there(connection)?;
            }
        }
        Play::Status(status, headers) => {
            write!(connection, "HTTP/1.1 {status} Told\r\n")?;
            for (name, value) in headers {
                write!(connection, "{name}: {value}\r\n")?;
            }
            connection.write_all(b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")?;
        }
        Play::Json(text) => {
            write!(
                connection,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            )?;
        }
        Play::NoStream => {
            connection.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
            )?;
        }
    }
    Ok(())
}

/// An error when the other side has hung up.
fn still_there(connection: &TcpStream) -> std::io::Result<()> {
    connection.set_nonblocking(true)?;
    let peeked = connection.peek(&mut [0]);
    connection.set_nonblocking(false)?;
    match peeked {
        Ok(0) => Err(std::io::ErrorKind::ConnectionAborted.into()),
        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

fn write_frames(mut connection: &TcpStream, data: &[String]) -> std::io::Result<()> {
    data.iter().try_for_each(|data| write!(connection, "data: {data}\n\n"))
}
