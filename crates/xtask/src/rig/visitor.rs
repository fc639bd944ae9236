//! Users and their sessions, made as a front end would do it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::http::{Connection, post};
use crate::failure::Failure;

/// The address of the first user.
pub(crate) const EMAIL: &str = "ada@example.org";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// One session and what its client holds.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// For requests.
    pub(crate) access_token: String,
    /// For the next renewal; each is good once.
    pub(crate) refresh_token: String,
    /// A chat of the user.
    pub(crate) thread_id: String,
}

/// Registers so many users, each with a session and a chat; the first has the address [`EMAIL`].
pub(crate) fn register(address: SocketAddr, count: usize) -> Result<Vec<Visitor>, Failure> {
    let connection = Connection::open(address).map_err(|error| Failure::new(error.to_string()))?;
    let mut client = Client { connection };
    (0..count)
        .map(|number| {
            let email = if number == 0 { EMAIL.to_owned() } else { format!("visitor-{number}@example.org") };
            let tokens = client.post("/api/auth/register", None, &registration(&email), 201)?;
            let access_token = text(&tokens, "access_token")?;
            let placement = json!({"placement": "support"});
            let chat = client.post("/api/chatkit/token", Some(&access_token), &placement, 200)?;
            Ok(Visitor {
                access_token,
                refresh_token: text(&tokens, "refresh_token")?,
                thread_id: text(&chat, "thread_id")?,
            })
        })
        .collect()
}

/// Registers a user, and gives a chat token of theirs.
pub(crate) fn chat_token(address: SocketAddr) -> Result<String, Failure> {
    let connection = Connection::open(address).map_err(|error| Failure::new(error.to_string()))?;
    let mut client = Client { connection };
    let registered = client.post("/api/auth/register", None, &registration(EMAIL), 201)?;
    let access_token = text(&registered, "access_token")?;
    let chat = client.post("/api/chatkit/token", Some(&access_token), &json!({}), 200)?;
    text(&chat, "token")
}

fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Example", "role": "Developer",
    })
}

/// A field of an answer that is a text.
pub(crate) fn text(answer: &Value, field: &str) -> Result<String, Failure> {
    let text = answer.get(field).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Failure::new(format!("an answer has no `{field}`")))
}

/// What to say of an answer that was not expected.
pub(crate) fn unexpected(request: &str, status: u16, body: &[u8]) -> Failure {
    Failure::new(format!("{request} was answered {status}: {}", String::from_utf8_lossy(body)))
}

struct Client {
    connection: Connection,
}

impl Client {
    fn post(
        &mut self,
        path: &str,
        bearer: Option<&str>,
        body: &Value,
        expected: u16,
    ) -> Result<Value, Failure> {
        let fail = |error: String| Failure::new(format!("POST {path}: {error}"));
        self.connection
            .send(&post(path, bearer, &body.to_string()))
            .map_err(|error| fail(error.to_string()))?;
        let answer = self.connection.receive().map_err(|error| fail(error.to_string()))?;
        if answer.status != expected {
            return Err(unexpected(&format!("POST {path}"), answer.status, answer.body));
        }
        serde_json::from_slice(answer.body).map_err(|error| fail(error.to_string()))
    }
}
