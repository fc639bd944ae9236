//! Speaking HTTP: one request a connection, each in a thread of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::refusal::Refusal;
use crate::state::{self, Asked, SeenSession, State, StubSettings};

const SESSIONS: &str = "/v1/chatkit/sessions";
/// Who sends nothing for this long is gone.
const SILENCE: Duration = Duration::from_mins(1);
/// The longest head and body, in bytes.
const MAX_HEAD: u64 = 64 * 1024;
const MAX_BODY: usize = 16 * 1024 * 1024;

/// The stand-in. It serves from threads of its own until the process ends.
#[derive(Clone)]
pub struct HostedStub {
    address: SocketAddr,
    settings: StubSettings,
    state: Arc<State>,
}

impl HostedStub {
    /// Starts one on this machine.
    pub fn start(settings: StubSettings) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", settings.port))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(settings.clone()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // Who hangs up loses the answer, and nobody else anything.
                thread::spawn(move || drop(serve(&state, &connection)));
            }
        });
        Ok(Self { address, settings, state })
    }

    /// What is set as the base of its addresses.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that it knows.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.settings.key
    }

    /// A workflow that the key sees.
    #[must_use]
    pub fn workflow(&self) -> &str {
        self.settings.workflows.first().map_or("", String::as_str)
    }

    /// The next requests fail like this, one after the other.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.add_faults(faults);
    }

    /// From now on every connection is closed at once.
    pub fn go_down(&self) {
        self.state.set_down(true);
    }

    /// Requests are answered again.
    pub fn come_back(&self) {
        self.state.set_down(false);
    }

    /// Every request that came so far, also those that failed.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked()
    }

    /// Every session, the oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<SeenSession> {
        self.state.sessions()
    }
}

struct Request {
    method: String,
    path: String,
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn read(connection: &TcpStream) -> std::io::Result<Option<Self>> {
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut lines = reader.by_ref().take(MAX_HEAD);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head)? == 0 {
                return Ok(None);
            }
        }
        let mut words = head.split_ascii_whitespace().map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
        let mut request = Self { method, path, head, body: Vec::new() };
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        request.body.resize(length.unwrap_or(0).min(MAX_BODY), 0);
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn object(&self) -> Result<Map<String, Value>, Refusal> {
        serde_json::from_slice(&self.body).map_err(|_| Refusal::not_json())
    }
}

fn serve(state: &State, connection: &TcpStream) -> std::io::Result<()> {
    if state.is_down() {
        return Ok(());
    }
    connection.set_read_timeout(Some(SILENCE))?;
    let Some(request) = Request::read(connection)? else { return Ok(()) };
    if let Some(rest) = request.path.strip_prefix("/stub/") {
        let (status, body) = for_tests(state, &request, rest);
        return write(connection, status, &[], &body.to_string());
    }
    state.note(Asked {
        line: format!("{} {}", request.method, request.path),
        head: request.head.clone(),
        body: serde_json::from_slice(&request.body).unwrap_or_default(),
    });
    match state.next_fault() {
        None => answer(connection, &done(state, &request)),
        Some(fault) => fail(state, connection, &request, fault),
    }
}

/// Beside the API: `POST /stub/faults` has the next requests fail, `GET /stub/sessions` tells what is open.
fn for_tests(state: &State, request: &Request, path: &str) -> (u16, Value) {
    match (request.method.as_str(), path) {
        ("GET", "sessions") => (200, state.overview()),
        ("POST", "faults") => {
            let json = Value::Object(request.object().unwrap_or_default());
            let times = json.get("times").and_then(Value::as_u64).unwrap_or(1).min(1_000);
            match Fault::parse(&json) {
                Some(fault) => {
                    state.add_faults((0..times).map(|_| fault.clone()));
                    (200, json!({}))
                }
                None => (400, json!({"error": "there is no such fault"})),
            }
        }
        _ => (404, json!({"error": "there is no such address"})),
    }
}

fn done(state: &State, request: &Request) -> Result<Value, Refusal> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    state.admit(bearer, request.header("openai-beta"))?;
    let place = request.path.strip_prefix(SESSIONS).filter(|_| request.method == "POST");
    let cancelled = |place: &str| Some(place.strip_prefix('/')?.strip_suffix("/cancel")?.to_owned());
    match place {
        Some("") => state.create(&request.object()?),
        Some(place) if let Some(id) = cancelled(place) => state.cancel(&id),
        _ => Err(Refusal::path(&request.method, &request.path)),
    }
}

fn fail(state: &State, connection: &TcpStream, request: &Request, fault: Fault) -> std::io::Result<()> {
    match fault {
        Fault::Status(status, headers) => {
            write(connection, status, &headers, &Refusal::told(status).body().to_string())
        }
        Fault::Slow(span) => {
            thread::sleep(span);
            answer(connection, &done(state, request))
        }
        Fault::Silent => {
            // Until the other side hangs up, or the silence is too long.
            let mut rest = connection;
            rest.read(&mut [0]).map(drop)
        }
        Fault::InvalidJson => {
            drop(done(state, request));
            write(connection, 200, &[], "{\"id\": \"cksess_")
        }
        Fault::Without(member) => {
            let mut done = done(state, request);
            if let Ok(Value::Object(members)) = &mut done {
                members.remove(&member);
            }
            answer(connection, &done)
        }
        Fault::CloseEarly => {
            let body = done(state, request).unwrap_or_default().to_string();
            let head = head(200, &[], "application/json", body.len());
            let mut connection = connection;
            connection.write_all(head.as_bytes())?;
            connection.write_all(&body.as_bytes()[..body.len() / 2])
        }
        Fault::Lost => {
            drop(done(state, request));
            Ok(())
        }
        Fault::HangUp => Ok(()),
        Fault::Page(status) => {
            let body = "<html>somebody else</html>";
            let mut connection = connection;
            connection.write_all(head(status, &[], "text/html", body.len()).as_bytes())?;
            connection.write_all(body.as_bytes())
        }
    }
}

fn answer(connection: &TcpStream, done: &Result<Value, Refusal>) -> std::io::Result<()> {
    match done {
        Ok(body) => write(connection, 200, &[], &body.to_string()),
        Err(refusal) => write(connection, refusal.status, &[], &refusal.body().to_string()),
    }
}

fn write(
    mut connection: &TcpStream,
    status: u16,
    headers: &[(String, String)],
    body: &str,
) -> std::io::Result<()> {
    let text = head(status, headers, "application/json", body.len()) + body;
    connection.write_all(text.as_bytes())
}

fn head(status: u16, headers: &[(String, String)], kind: &str, length: usize) -> String {
    let more: String =
        headers.iter().fold(String::new(), |text, (name, value)| text + name + ": " + value + "\r\n");
    format!(
        "HTTP/1.1 {status} Told\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         x-request-id: {}\r\nConnection: close\r\n{more}\r\n",
        state::request_id()
    )
}
