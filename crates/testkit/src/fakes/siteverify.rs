//! A stand-in for reCAPTCHA's `siteverify`, on a port of this machine.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Answers as the service does, from a thread of its own, until the test's process ends.
///
/// Its paths misbehave in ways of their own: see [`StubSiteverify::url_of`].
pub struct StubSiteverify {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl StubSiteverify {
    /// The secret that it takes, as it stands in a form.
    pub const SECRET: &str = "a-secret-of-the-stub-0123456789";
    /// How a proof begins that it takes, once.
    pub const GOOD: &str = "a person";

    /// Starts it.
    ///
    /// # Panics
    ///
    /// When there is no port to be had.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (spent, told) = (Arc::new(Mutex::new(BTreeSet::new())), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (spent, told) = (Arc::clone(&spent), Arc::clone(&told));
                thread::spawn(move || serve(&stream, &spent, &told));
            }
        });
        Self { address, seen }
    }

    /// Where it answers as it should.
    pub fn url(&self) -> String {
        self.url_of("siteverify")
    }

    /// Where it answers in another way: `silent`, `drip`, `long`, `broken`, `error`, `redirect` or
    /// `score/0.4`.
    pub fn url_of(&self, way: &str) -> String {
        format!("http://{}/{way}", self.address)
    }

    /// The forms that were posted to it.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(stream: &TcpStream, spent: &Mutex<BTreeSet<String>>, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    while let Some((path, form)) = read_request(&mut reader) {
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(form.clone());
        let json = "content-type: application/json\r\n";
        let (status, head, body) = match path.as_str() {
            "/silent" => return thread::sleep(Duration::from_mins(1)),
            "/drip" => return drip(stream),
            "/long" => ("200 OK", json, format!("{{\"success\": true, \"x\": \"{}\"}}", "x".repeat(1 << 20))),
            "/broken" => ("200 OK", json, "{\"success\": tru".to_owned()),
            "/error" => ("500 Internal Server Error", json, "{\"success\": true}".to_owned()),
            "/redirect" => ("307 Temporary Redirect", "location: /siteverify\r\n", String::new()),
            path => ("200 OK", json, judge(path, &form, spent)),
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\n{head}content-length: {length}\r\n\r\n{body}");
        let mut writer = stream;
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// A byte now and then: each is in time, the whole is not.
fn drip(mut stream: &TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
    while stream.write_all(b" ").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
}

fn judge(path: &str, form: &str, spent: &Mutex<BTreeSet<String>>) -> String {
    let field = |name: &str| {
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
    };
    let refuse = |code: &str| format!("{{\"success\": false, \"error-codes\": [\"{code}\"]}}");
    let proof = field("response").replace('+', " ");
    if field("secret") != StubSiteverify::SECRET {
        refuse("invalid-input-secret")
    } else if !proof.starts_with(StubSiteverify::GOOD) {
        refuse("invalid-input-response")
    } else if !spent.lock().unwrap_or_else(PoisonError::into_inner).insert(proof) {
        refuse("timeout-or-duplicate")
    } else {
        let score = path.strip_prefix("/score/").map(|score| format!(", \"score\": {score}"));
        format!("{{\"success\": true, \"hostname\": \"example.org\"{}}}", score.unwrap_or_default())
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}
