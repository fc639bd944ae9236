//! What the stand-in knows: its sessions, what it was asked, and how it is to fail.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::refusal::Refusal;
use crate::session::{Asking, Status};

/// What the stand-in takes.
#[derive(Debug, Clone)]
pub struct StubSettings {
    /// The port on this machine; 0 for a free one.
    pub port: u16,
    /// The key that it knows.
    pub key: String,
    /// The workflows that the key sees.
    pub workflows: Vec<String>,
}

impl Default for StubSettings {
    fn default() -> Self {
        Self { port: 0, key: "key-of-the-stub".to_owned(), workflows: vec!["wf_of_the_stub".to_owned()] }
    }
}

/// One request that it was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and path.
    pub line: String,
    /// The lines of the head.
    pub head: String,
    /// The body; null when there is none.
    pub body: Value,
}

/// A session, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSession {
    /// Its id.
    pub id: String,
    /// What opens it.
    pub secret: String,
    /// Whose it is.
    pub user: String,
    /// How long it was asked to live, in seconds.
    pub seconds: u64,
    /// `active`, `expired` or `cancelled`.
    pub status: &'static str,
    /// How often it was cancelled.
    pub cancels: usize,
}

pub(crate) struct State {
    settings: StubSettings,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    sessions: Vec<Session>,
    asked: Vec<Asked>,
    faults: VecDeque<Fault>,
    is_down: bool,
}

struct Session {
    id: String,
    secret: String,
    expires_at: u64,
    asking: Asking,
    cancels: usize,
}

impl Session {
    fn status(&self) -> Status {
        if self.cancels > 0 {
            Status::Cancelled
        } else if self.expires_at <= now() {
            Status::Expired
        } else {
            Status::Active
        }
    }

    fn resource(&self) -> Value {
        self.asking.resource(&self.id, &self.secret, self.expires_at, self.status())
    }
}

impl State {
    pub(crate) fn new(settings: StubSettings) -> Self {
        Self { settings, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, asked: Asked) {
        self.known().asked.push(asked);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.known().asked.clone()
    }

    pub(crate) fn add_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.known().faults.extend(faults);
    }

    /// How the next request is to fail, if it is.
    pub(crate) fn next_fault(&self) -> Option<Fault> {
        self.known().faults.pop_front()
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.known().is_down = is_down;
    }

    pub(crate) fn is_down(&self) -> bool {
        self.known().is_down
    }

    pub(crate) fn sessions(&self) -> Vec<SeenSession> {
        let known = self.known();
        let seen = known.sessions.iter().map(|session| SeenSession {
            id: session.id.clone(),
            secret: session.secret.clone(),
            user: session.asking.user.clone(),
            seconds: session.asking.seconds,
            status: session.status().as_str(),
            cancels: session.cancels,
        });
        seen.collect()
    }

    /// Checks who asks, and how.
    pub(crate) fn admit(&self, bearer: Option<&str>, beta: Option<&str>) -> Result<(), Refusal> {
        match bearer {
            Some(key) if key == self.settings.key => {}
            shown => return Err(Refusal::key(shown.unwrap_or_default())),
        }
        if beta.is_some_and(|beta| beta.split(',').any(|part| part.trim() == "chatkit_beta=v1")) {
            Ok(())
        } else {
            Err(Refusal::beta())
        }
    }

    /// Opens a session.
    pub(crate) fn create(&self, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let asking = Asking::read(body)?;
        if !self.settings.workflows.contains(&asking.workflow) {
            return Err(Refusal::workflow(&asking.workflow));
        }
        let expires_at = now() + asking.seconds;
        let session = Session {
            id: format!("cksess_{:08x}{}", now(), hex(40)),
            secret: format!("ek_{:08x}{}", now(), hex(40)),
            expires_at,
            asking,
            cancels: 0,
        };
        let resource = session.resource();
        self.known().sessions.push(session);
        Ok(resource)
    }

    /// Cancels a session. One that was cancelled before stays so.
    pub(crate) fn cancel(&self, id: &str) -> Result<Value, Refusal> {
        let mut known = self.known();
        let found = known.sessions.iter_mut().find(|session| session.id == id);
        let session = found.filter(|session| session.status() != Status::Expired);
        let session = session.ok_or_else(|| Refusal::session(id))?;
        session.cancels += 1;
        Ok(session.resource())
    }

    /// What the address for tests tells: the sessions without their secrets.
    pub(crate) fn overview(&self) -> Value {
        let sessions = self.sessions().into_iter().map(|session| {
            json!({
                "id": session.id, "user": session.user, "seconds": session.seconds,
                "status": session.status, "cancels": session.cancels,
            })
        });
        json!({"sessions": sessions.collect::<Vec<_>>()})
    }
}

/// The id of an answer.
pub(crate) fn request_id() -> String {
    format!("req_{}", hex(32))
}

#[expect(clippy::disallowed_methods, reason = "it is no part of the product, and has no port to ask")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Digits that nobody knows before.
fn hex(digits: usize) -> String {
    let bits = || RandomState::new().build_hasher().finish();
    let mut text = format!("{:016x}{:016x}{:016x}", bits(), bits(), bits());
    text.truncate(digits);
    text
}
