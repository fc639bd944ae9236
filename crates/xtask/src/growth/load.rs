//! The requests whose cost must not grow, and those who send them.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::rig::http::{Connection, get, post};
use crate::rig::visitor::{PASSWORD, text, unexpected};

/// Requests that are under way at the same time.
const CONNECTIONS: usize = 4;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Login,
    Refresh,
    Me,
    Token,
    Threads,
    Items,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Login, Self::Refresh, Self::Me, Self::Token, Self::Threads, Self::Items];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Me => "me",
            Self::Token => "chat token",
            Self::Threads => "page of 20 threads",
            Self::Items => "page of 20 items",
        }
    }

    fn request(self, person: &Person) -> Vec<u8> {
        let bearer = Some(person.access_token.as_str());
        let protocol = |kind: &str, params: Value| {
            post("/api/chatkit", bearer, &json!({"type": kind, "params": params}).to_string())
        };
        match self {
            Self::Login => login(&person.email),
            Self::Refresh => {
                post("/api/auth/refresh", None, &json!({"refresh_token": person.refresh_token}).to_string())
            }
            Self::Me => get("/api/auth/me", bearer),
            Self::Token => post("/api/chatkit/token", bearer, &json!({"placement": "support"}).to_string()),
            Self::Threads => protocol("threads.list", json!({"limit": 20, "order": "desc"})),
            Self::Items => {
                protocol("items.list", json!({"thread_id": person.thread_id, "limit": 20, "order": "desc"}))
            }
        }
    }
}

fn login(email: &str) -> Vec<u8> {
    post("/api/auth/login", None, &json!({"email": email, "password": PASSWORD}).to_string())
}

/// A user with a session of theirs.
#[derive(Debug, Clone)]
pub(super) struct Person {
    email: String,
    access_token: String,
    refresh_token: String,
    thread_id: String,
}

impl Person {
    pub(super) fn refresh_token(&self) -> &str {
        &self.refresh_token
    }

    /// Signs accounts of these numbers in.
    pub(super) fn sign_in(
        address: SocketAddr,
        accounts: impl IntoIterator<Item = u64>,
    ) -> Result<Vec<Self>, Failure> {
        let mut connection = Connection::open(address).map_err(|error| Failure::new(error.to_string()))?;
        accounts
            .into_iter()
            .map(|number| {
                let email = format!("account-{number}@example.org");
                let tokens = ask(&mut connection, "login", &login(&email))?;
                let mut person = Self {
                    email,
                    access_token: text(&tokens, "access_token")?,
                    refresh_token: text(&tokens, "refresh_token")?,
                    thread_id: String::new(),
                };
                let page = ask(&mut connection, "threads", &Kind::Threads.request(&person))?;
                let threads = page["data"].as_array().map_or(0, Vec::len);
                if threads < 20 {
                    return Err(Failure::new(format!(
                        "account {number} has {threads} threads, which is no page"
                    )));
                }
                person.thread_id = text(&page["data"][0], "id")?;
                let items = ask(&mut connection, "items", &Kind::Items.request(&person))?;
                let items = items["data"].as_array().map_or(0, Vec::len);
                if items < 20 {
                    return Err(Failure::new(format!(
                        "account {number} has {items} items, which is no page"
                    )));
                }
                Ok(person)
            })
            .collect()
    }
}

fn ask(connection: &mut Connection, what: &str, request: &[u8]) -> Result<Value, Failure> {
    let fail = |error: std::io::Error| Failure::new(format!("{what}: {error}"));
    connection.send(request).map_err(fail)?;
    let answer = connection.receive().map_err(fail)?;
    if answer.status != 200 {
        return Err(unexpected(what, answer.status, answer.body));
    }
    serde_json::from_slice(answer.body).map_err(|error| Failure::new(format!("{what}: {error}")))
}

/// How a slice of a load went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    pub(super) answers: u32,
    /// The time that one request took, of the wall, in microseconds.
    pub(super) each_us: f64,
}

/// Has the people send requests of a kind for this long, each in turn, as fast as they are answered.
pub(super) fn run(
    kind: Kind,
    address: SocketAddr,
    people: &mut [Person],
    length: Duration,
) -> Result<Slice, Failure> {
    let begun = Instant::now();
    let until = begun + length;
    let share = people.len().div_ceil(CONNECTIONS).max(1);
    let (answers, busy) = thread::scope(|scope| {
        let threads: Vec<_> = people
            .chunks_mut(share)
            .map(|people| scope.spawn(move || converse(kind, address, people, until)))
            .collect();
        let mut sum = (0, Duration::ZERO);
        for thread in threads {
            let (answers, busy) = thread.join().map_err(|_| Failure::new("a thread panicked"))??;
            sum = (sum.0 + answers, sum.1 + busy);
        }
        Ok::<_, Failure>(sum)
    })?;
    Ok(Slice { answers, each_us: busy.as_secs_f64() * 1e6 / f64::from(answers.max(1)) })
}

fn converse(
    kind: Kind,
    address: SocketAddr,
    people: &mut [Person],
    until: Instant,
) -> Result<(u32, Duration), Failure> {
    let fail = |error: std::io::Error| Failure::new(format!("{}: {error}", kind.name()));
    let mut connection = Connection::open(address).map_err(fail)?;
    let (mut answers, mut busy) = (0, Duration::ZERO);
    loop {
        for person in &mut *people {
            let request = kind.request(person);
            let sent = Instant::now();
            connection.send(&request).map_err(fail)?;
            let answer = connection.receive().map_err(fail)?;
            busy += sent.elapsed();
            if answer.status != 200 {
                return Err(unexpected(kind.name(), answer.status, answer.body));
            }
            if kind == Kind::Refresh {
                let tokens: Value = serde_json::from_slice(answer.body)
                    .map_err(|error| Failure::new(format!("refresh: {error}")))?;
                person.refresh_token = text(&tokens, "refresh_token")?;
            }
            answers += 1;
            if Instant::now() >= until {
                return Ok((answers, busy));
            }
        }
    }
}
