//! A model that speaks at a steady pace to everybody who asks, in the Responses API. It is one thread that
//! writes, so that its own part of the processors stays small.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::reader::now_micros;

/// One who does not take what is said for this long is left.
const WRITES_WITHIN: Duration = Duration::from_secs(10);

/// The model. Its threads end with the process.
pub(super) struct Model {
    address: SocketAddr,
}

/// Somebody who is being answered.
struct Listener {
    stream: TcpStream,
    said: usize,
    next: Instant,
}

impl Model {
    /// One that says this many words to each, with this pause before each.
    pub(super) fn start(words: usize, pause: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (sender, asked) = channel();
        thread::Builder::new().name("model".to_owned()).spawn(move || speak(&asked, words, pause))?;
        thread::Builder::new().name("model-door".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || {
                    let _ = hear(stream, &sender);
                });
            }
        })?;
        Ok(Self { address })
    }

    /// What is set as the base of its addresses.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

/// Reads one question, and passes on who asked.
fn hear(stream: TcpStream, sender: &Sender<TcpStream>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITES_WITHIN))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\
                data: {\"type\":\"response.created\"}\n\n";
    (&stream).write_all(head.as_bytes())?;
    let _ = sender.send(stream);
    Ok(())
}

/// Says every word when its time has come.
fn speak(asked: &Receiver<TcpStream>, words: usize, pause: Duration) {
    // All have the same pause, so whose turn was last has the next one last.
    let mut listeners: VecDeque<Listener> = VecDeque::new();
    loop {
        let wait = listeners.front().map(|first| first.next.saturating_duration_since(Instant::now()));
        let new = match wait {
            Some(wait) => asked.recv_timeout(wait.min(Duration::from_millis(5))).ok(),
            None => match asked.recv() {
                Ok(stream) => Some(stream),
                Err(_) => return,
            },
        };
        listeners.extend(new.map(|stream| Listener { stream, said: 0, next: Instant::now() + pause }));
        while listeners.front().is_some_and(|first| first.next <= Instant::now()) {
            let Some(mut listener) = listeners.pop_front() else { break };
            if say(&mut listener, words).is_ok() && listener.said < words {
                listener.next += pause;
                listeners.push_back(listener);
            }
        }
    }
}

/// Says a word: the time at which it is said, for who measures how long it takes.
fn say(listener: &mut Listener, words: usize) -> io::Result<()> {
    listener.said += 1;
    let delta = format!("{:016} ", now_micros());
    let mut event = format!("data: {{\"type\":\"response.output_text.delta\",\"delta\":\"{delta}\"}}\n\n");
    if listener.said == words {
        event.push_str("data: {\"type\":\"response.completed\"}\n\n");
    }
    listener.stream.write_all(event.as_bytes())
}
