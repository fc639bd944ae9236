//! Many clients at once, and somebody who asks the servers how they are.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::actor::{Actor, Seen};
use super::ask::ask;
use super::ledger::Breach;
use crate::failure::Failure;

/// Clients at once that do everything there is to do.
const ACTORS: usize = 8;
/// Clients at once that only ask who is signed in.
const READERS: usize = 4;
/// Between two requests of a client, so that there is time for everything else on the same machine.
const PAUSE: Duration = Duration::from_millis(10);
/// Between two questions after a server's health.
const HEALTH_EVERY: Duration = Duration::from_millis(100);

/// What a server said of itself.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// When it had said it.
    pub(super) at: Instant,
    pub(super) took: Duration,
    pub(super) server: usize,
    /// The status of `/healthz`; `None` without an answer.
    pub(super) alive: Option<u16>,
    /// That of `/readyz`.
    pub(super) ready: Option<u16>,
}

/// All that was seen.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) seen: Vec<Seen>,
    pub(super) looks: Vec<Look>,
    pub(super) breaches: Vec<Breach>,
    pub(super) writes: usize,
    pub(super) ends: usize,
}

/// Clients that are at work.
pub(super) struct Crowd {
    stop: AtomicBool,
    /// How often they were told to look for what is new, and how many have done so in all.
    inspections: AtomicUsize,
    inspected: AtomicUsize,
    clients: usize,
    seen: Mutex<Findings>,
}

impl Crowd {
    /// Has every client look for what was acknowledged since it was told the last time, and waits until
    /// all have done so.
    pub(super) fn inspect(&self) {
        let told = self.inspections.fetch_add(1, Ordering::SeqCst) + 1;
        while self.inspected.load(Ordering::SeqCst) < told * self.clients {
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn add(&self, add: impl FnOnce(&mut Findings)) {
        add(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn work(&self, addresses: &[SocketAddr], act: fn(&mut Actor)) {
        let mut actor = Actor::new(addresses);
        let mut inspections = 0;
        while !self.stop.load(Ordering::SeqCst) {
            if self.inspections.load(Ordering::SeqCst) > inspections {
                inspections += 1;
                actor.look_for_the_new();
                self.inspected.fetch_add(1, Ordering::SeqCst);
            } else {
                act(&mut actor);
            }
            thread::sleep(PAUSE);
        }
        actor.look_for_all();
        self.add(|findings| {
            findings.writes += actor.ledger.writes();
            findings.ends += actor.ledger.ends();
            findings.breaches.extend_from_slice(actor.ledger.breaches());
            findings.seen.append(&mut actor.seen);
        });
    }

    fn watch(&self, server: usize, address: SocketAddr) {
        let mut looks = Vec::new();
        while !self.stop.load(Ordering::SeqCst) {
            let alive = ask(address, "/healthz", None, None).0.status();
            let (ready, took) = ask(address, "/readyz", None, None);
            looks.push(Look { at: Instant::now(), took, server, alive, ready: ready.status() });
            thread::sleep(HEALTH_EVERY);
        }
        self.add(|findings| findings.looks.append(&mut looks));
    }
}

/// Has clients ask these servers while `cause` does what is to be survived. When it has returned, they look
/// for all that was ever acknowledged.
pub(super) fn during<T>(
    addresses: &[SocketAddr],
    cause: impl FnOnce(&Crowd) -> Result<T, Failure>,
) -> Result<(T, Findings), Failure> {
    many_during(1, addresses, cause)
}

/// The same with so many times as many clients.
pub(super) fn many_during<T>(
    times: usize,
    addresses: &[SocketAddr],
    cause: impl FnOnce(&Crowd) -> Result<T, Failure>,
) -> Result<(T, Findings), Failure> {
    let clients = (ACTORS + READERS) * times;
    let crowd = Crowd {
        clients,
        stop: AtomicBool::new(false),
        inspections: AtomicUsize::new(0),
        inspected: AtomicUsize::new(0),
        seen: Mutex::default(),
    };
    let result = thread::scope(|scope| {
        for number in 0..clients {
            let act = if number < ACTORS * times { Actor::act } else { Actor::read };
            let crowd = &crowd;
            scope.spawn(move || crowd.work(addresses, act));
        }
        for (server, &address) in addresses.iter().enumerate() {
            let crowd = &crowd;
            scope.spawn(move || crowd.watch(server, address));
        }
        let result = cause(&crowd);
        crowd.stop.store(true, Ordering::SeqCst);
        result
    })?;
    Ok((result, crowd.seen.into_inner().unwrap_or_else(PoisonError::into_inner)))
}
