//! Three replicas check tokens of each other while the keys rotate again and again: the keys of the real
//! tables, the rings and signatures that serve, and a clock that the test moves.
//! `AUTORISEN_TEST_LONG=1` makes a million checks.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::rt::System;
use autorisen_domain::auth::{AccessClaims, AccessTokens as _, SessionId, UserId};
use autorisen_domain::clock::{Clock as _, Timestamp};
use autorisen_domain::keys::{KeyPolicy, KeyPorts, KeyService, KeyState};
use autorisen_security::{EcdsaKeyFactory, EcdsaKeyRing, JwtAccessTokens, MasterKey};
use autorisen_storage::{DatabaseUrl, Db, DbSettings, SqlSigningKeys, migrations};
use autorisen_testkit::fakes::{FakeClock, RecordingEvents};
use autorisen_testkit::fixtures::{NOW, context};
use secrecy::{ExposeSecret as _, SecretString};

use support::{TestDatabase, is_long};

on_both_databases! { no_good_token_is_refused_while_keys_rotate }

const LIFE: Duration = Duration::from_mins(15);
/// As the server is wired.
const POLICY: KeyPolicy = KeyPolicy {
    rotate_after: Duration::from_hours(24),
    announce_for: Duration::from_mins(1),
    retire_for: Duration::from_mins(17),
};
/// Each token is checked so often by each replica: once afresh, then as one that is remembered.
const TIMES: usize = 4;

/// A process, as far as it has to do with keys.
struct Replica {
    ring: Arc<EcdsaKeyRing>,
    tokens: JwtAccessTokens,
    keys: KeyService,
}

impl Replica {
    fn over(db: &Db, clock: &Arc<FakeClock>) -> Self {
        let master = MasterKey::new("a master key for tests, long enough".into(), None);
        let ring = Arc::new(EcdsaKeyRing::new(&master));
        let ports = KeyPorts {
            keys: Arc::new(SqlSigningKeys::new(db.clone())),
            factory: Arc::new(EcdsaKeyFactory::new(&master)),
            ring: ring.clone(),
            clock: clock.clone(),
            events: Arc::new(RecordingEvents::default()),
        };
        Self { tokens: Self::tokens(&ring), ring, keys: KeyService::new(ports, POLICY) }
    }

    fn tokens(ring: &Arc<EcdsaKeyRing>) -> JwtAccessTokens {
        JwtAccessTokens::new(Arc::clone(ring), "issuer".into(), "audience".into())
    }
}

fn no_good_token_is_refused_while_keys_rotate(database: &TestDatabase) {
    let url = DatabaseUrl::parse(database.url()).unwrap();
    migrations::run(&url).unwrap();
    let db = Db::open(DbSettings::new(url)).unwrap();
    let clock = Arc::new(FakeClock::default());
    let replicas: Vec<Replica> = (0..3).map(|_| Replica::over(&db, &clock)).collect();
    let system = System::new();
    for replica in &replicas {
        system.block_on(replica.keys.prepare()).unwrap();
    }
    // On SQLite one process serves, so one database is enough for most of it.
    let wanted = if is_long() { 1_000_000 } else { 20_000 };
    let (is_over, checks, afresh) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));

    let rotations = std::thread::scope(|scope| {
        for number in 0..2 {
            let (replicas, clock, checks, afresh) = (&replicas, &clock, &checks, &afresh);
            scope.spawn(move || {
                let mut older = VecDeque::new();
                for round in number.. {
                    let token = sign(&replicas[round % 3], clock.now());
                    check(replicas, clock, &token, TIMES, checks);
                    // One from before some rotations, by who has never seen it.
                    older.push_back(token);
                    if older.len() > 64 {
                        let token = older.pop_front().unwrap();
                        check_afresh(replicas, clock, &token, afresh);
                    }
                    if checks.load(Ordering::Relaxed) + afresh.load(Ordering::Relaxed) >= wanted {
                        return;
                    }
                }
            });
        }
        let rotating = scope.spawn(|| rotate_again_and_again(&replicas, &clock, &is_over));
        while checks.load(Ordering::Relaxed) + afresh.load(Ordering::Relaxed) < wanted
            && !rotating.is_finished()
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        is_over.store(true, Ordering::Relaxed);
        rotating.join().unwrap()
    });
    assert!(rotations > 3, "{rotations} rotations");
    db.shutdown();
    let (checks, afresh) = (checks.into_inner(), afresh.into_inner());
    eprintln!("{checks} checks and {afresh} of older tokens during {rotations} rotations, none refused");
}

/// Moves the clock by as long as a key is announced, each replica looking at the keys before as it does
/// every few seconds, and then one of them rotates.
fn rotate_again_and_again(replicas: &[Replica], clock: &FakeClock, is_over: &AtomicBool) -> usize {
    let system = System::new();
    let mut rotations = 0;
    while !is_over.load(Ordering::Relaxed) {
        for replica in replicas {
            system.block_on(replica.keys.tend(&context())).unwrap();
        }
        clock.advance(POLICY.announce_for);
        system.block_on(replicas[rotations % replicas.len()].keys.rotate(&context())).unwrap();
        rotations += 1;
        // So that tokens live through a few rotations and not through all of them.
        std::thread::sleep(Duration::from_millis(20));
    }
    let keys = system.block_on(replicas[0].keys.list()).unwrap();
    assert_eq!(keys[0].state, KeyState::Current);
    assert!(keys.len() <= 21, "what has retired is forgotten: {} keys", keys.len());
    rotations
}

struct Signed {
    text: SecretString,
    claims: AccessClaims,
}

fn sign(replica: &Replica, now: Timestamp) -> Signed {
    let issued_at = Timestamp::from_secs(now.secs());
    let claims = AccessClaims {
        user: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        issued_at,
        expires_at: issued_at.plus(LIFE),
    };
    Signed { text: replica.tokens.sign(&claims).unwrap(), claims }
}

fn check(replicas: &[Replica], clock: &FakeClock, token: &Signed, times: usize, checks: &AtomicUsize) {
    for _ in 0..times {
        for replica in replicas {
            count(&replica.tokens, clock, token, checks);
        }
    }
}

fn check_afresh(replicas: &[Replica], clock: &FakeClock, token: &Signed, checks: &AtomicUsize) {
    for replica in replicas {
        count(&Replica::tokens(&replica.ring), clock, token, checks);
    }
}

/// A token whose life is not over when it has been checked must have been accepted.
fn count(tokens: &JwtAccessTokens, clock: &FakeClock, token: &Signed, checks: &AtomicUsize) {
    let answer = tokens.verify(token.text.expose_secret(), clock.now());
    if clock.now() < token.claims.expires_at {
        assert_eq!(
            answer,
            Ok(token.claims),
            "issued {:?} after the beginning",
            token.claims.issued_at.since(NOW)
        );
        checks.fetch_add(1, Ordering::Relaxed);
    }
}
