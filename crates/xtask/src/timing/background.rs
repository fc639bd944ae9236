//! What else the server does while it is measured.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::class::{self, Class};
use super::question::{HASH_QUEUE, Load};
use super::request::{self, Endpoint};
use crate::failure::Failure;
use crate::rig::cores;
use crate::rig::http::{Connection, get};
use crate::rig::statistics::count;
use crate::rig::visitor::{text, unexpected};

/// How long it is looked how much the server can do.
const LOOK: Duration = Duration::from_secs(1);
/// After a refusal, which is no reason to hurry.
const AFTER_REFUSAL: Duration = Duration::from_millis(2);
/// Who is later than that does not make up for it.
const MAX_LATENESS: Duration = Duration::from_millis(100);
/// Of accounts that are in no class.
const NOBODY: &str = "z00000@example.org";

/// Other requests; one of these is shared by as many threads as it wants.
#[derive(Debug)]
pub(super) enum Background {
    /// None.
    Nothing,
    /// Who am I, by this token, so many times a second on each thread.
    Paced { request: Vec<u8>, per_second: f64 },
    /// Logins, one after another.
    Logins { request: Vec<u8> },
}

impl Background {
    /// What makes this load on the server at this address.
    pub(super) fn of(load: Load, address: SocketAddr, cost: u32) -> Result<Self, Failure> {
        match load {
            Load::Idle => Ok(Self::Nothing),
            Load::Half => {
                let request = get("/api/auth/me", Some(&sign_in(address, cost)?));
                // Half of what the server and those who ask it can do together.
                let per_second = capacity(address, &request)? / 2.0 / count(cores());
                Ok(Self::Paced { request, per_second })
            }
            Load::QueueFull => {
                let body = request::body(Endpoint::Login, NOBODY, Class::Unknown.password());
                Ok(Self::Logins { request: request::post(Endpoint::Login, "b", &body) })
            }
        }
    }

    /// How many threads it takes.
    pub(super) fn threads(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Paced { .. } => cores(),
            // Those that are hashed, and those that wait.
            Self::Logins { .. } => cores() + HASH_QUEUE,
        }
    }

    /// Asks until it is told to stop.
    pub(super) fn run(&self, address: SocketAddr, stop: &AtomicBool) -> Result<(), Failure> {
        self.ask(address, stop).map_err(|error| Failure::new(format!("the load: {error}")))
    }

    fn ask(&self, address: SocketAddr, stop: &AtomicBool) -> io::Result<()> {
        let (request, wait) = match self {
            Self::Nothing => return Ok(()),
            Self::Paced { request, per_second } => (request, Some(Duration::from_secs_f64(1.0 / per_second))),
            Self::Logins { request } => (request, None),
        };
        let mut connection = Connection::open(address)?;
        let mut due = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            connection.send(request)?;
            let status = connection.receive()?.status;
            if status == 503 {
                thread::sleep(AFTER_REFUSAL);
            }
            if let Some(wait) = wait {
                due = (due + wait).max(Instant::now().checked_sub(MAX_LATENESS).unwrap_or(due));
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        }
        Ok(())
    }
}

/// A token of an account of no matter.
fn sign_in(address: SocketAddr, cost: u32) -> Result<String, Failure> {
    let fail = |error: io::Error| Failure::new(format!("a login: {error}"));
    let mut connection = Connection::open(address).map_err(fail)?;
    let body = request::body(Endpoint::Login, &class::bystander(cost), class::PASSWORD);
    connection.send(&request::post(Endpoint::Login, "s", &body)).map_err(fail)?;
    let answer = connection.receive().map_err(fail)?;
    if answer.status != 200 {
        return Err(unexpected("a login", answer.status, answer.body));
    }
    text(&serde_json::from_slice::<Value>(answer.body).unwrap_or_default(), "access_token")
}

/// How many of these are answered in a second when nobody waits.
fn capacity(address: SocketAddr, request: &[u8]) -> Result<f64, Failure> {
    let answered = AtomicUsize::new(0);
    let until = Instant::now() + LOOK;
    let ask = || -> io::Result<()> {
        let mut connection = Connection::open(address)?;
        while Instant::now() < until {
            connection.send(request)?;
            connection.receive()?;
            answered.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    thread::scope(|scope| {
        // More than there are processors, so that none has nothing to do.
        let threads: Vec<_> = (0..4 * cores()).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(asked) => asked.map_err(|error| Failure::new(format!("the load: {error}"))),
            Err(_) => Err(Failure::new("a thread panicked")),
        })
    })?;
    Ok(count(answered.load(Ordering::Relaxed)) / LOOK.as_secs_f64())
}
