//! What must survive a race, raced for many rounds, by two processes' worth of connections.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use autorisen_domain::auth::{NewAccount, RegisterAccountError, SessionRepository, UserRepository};
use autorisen_domain::error::PortError;
use autorisen_domain::rate_limit::{LimitDecision, LimitPolicy, RateLimiter};
use autorisen_storage::{Db, SqlRateLimiter, SqlSessions, SqlUsers};
use autorisen_testkit::fixtures::{NOW, account, fresh_digest, noted, rotation_of, session_for, user};
use autorisen_testkit::race;
use diesel::connection::SimpleConnection;
use support::{Place, TestDb};

const ROUNDS: usize = 6;
const CALLERS: usize = 16;

/// Two handles on one database, as two processes have.
struct Pair {
    one: TestDb,
    other: Db,
}

impl Pair {
    fn open(place: Place) -> Self {
        let one = place.migrated();
        let other = Db::open(one.place.settings()).unwrap();
        Self { one, other }
    }

    fn both() -> [Self; 2] {
        Place::both().map(Self::open)
    }

    fn of(&self, caller: usize) -> Db {
        if caller.is_multiple_of(2) { self.one.db.clone() } else { self.other.clone() }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.one.db.shutdown();
        self.other.shutdown();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_registrations_of_one_address_exactly_one_succeeds() {
    for pair in Pair::both() {
        for round in 0..ROUNDS {
            let answers = race(CALLERS, |caller| {
                let users = SqlUsers::new(pair.of(caller));
                let user = user(&format!("round-{round}@example.org"));
                let account = NewAccount { session: Some(session_for(&user)), ..account(&user) };
                async move { users.register(&account, &noted(NOW)).await }
            })
            .await;
            let stored = answers.iter().filter(|answer| answer.is_ok()).count();
            assert_eq!(stored, 1, "round {round}: {answers:?}");
            let taken = answers.iter().filter(|a| matches!(a, Err(RegisterAccountError::EmailTaken))).count();
            assert_eq!(taken, CALLERS - 1, "round {round}: {answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_rotations_of_one_token_exactly_one_succeeds() {
    for pair in Pair::both() {
        let stores = pair.one.stores();
        let user = stores.add_user("ada@example.org").await;
        let mut session = stores.add_session(&user).await;
        for round in 0..ROUNDS {
            let answers = race(CALLERS, |caller| {
                let sessions = SqlSessions::new(pair.of(caller));
                let rotation = rotation_of(&session, session.refresh.current);
                async move { sessions.rotate(&rotation).await.unwrap().map(|_| rotation.successor) }
            })
            .await;
            let winners: Vec<_> = answers.into_iter().flatten().collect();
            assert_eq!(winners.len(), 1, "round {round}");
            session = stores.record_of(&session).await.session;
            assert_eq!(
                session.refresh.current, winners[0],
                "round {round}: the winner's token is the good one"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_burst_of_two_hundred_exactly_as_many_are_admitted_as_may() {
    let sliding = LimitPolicy { attempts: 60, window: Duration::from_mins(1), block: Duration::ZERO };
    let blocking = LimitPolicy { attempts: 5, window: Duration::from_mins(1), block: Duration::from_mins(5) };
    for pair in Pair::both() {
        for (round, policy) in [sliding, blocking, sliding, blocking].into_iter().enumerate() {
            let key = fresh_digest();
            let decisions = race(200, |caller| {
                let limiter = SqlRateLimiter::new(pair.of(caller));
                async move { limiter.charge(key, policy, NOW).await.unwrap() }
            })
            .await;
            let admitted = decisions.iter().filter(|&&decision| decision == LimitDecision::Admitted).count();
            assert_eq!(admitted, policy.attempts as usize, "round {round}");
        }
    }
}

/// SQLite has one writer at a time, so this can happen on PostgreSQL alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_passes_over_what_somebody_is_at() {
    let pair = Pair::open(Place::postgres());
    let policy = LimitPolicy { attempts: 2, window: Duration::from_mins(1), block: Duration::ZERO };
    let (key, later) = (fresh_digest(), NOW.plus(Duration::from_mins(5)));
    let limiter = Arc::new(SqlRateLimiter::new(pair.other.clone()));
    limiter.charge(key, policy, NOW).await.unwrap();

    // Another try is under way, and holds the row.
    let (has_lock, locked) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let mut has_lock = Some(has_lock);
    let db = pair.one.db.clone();
    let used_again = tokio::spawn(async move {
        db.transact::<_, PortError, _>("use again", move |conn| {
            conn.batch_execute(&format!("UPDATE rate_limits SET stale_at = {}", later.micros() + 1))?;
            has_lock.take().unwrap().send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(())
        })
        .await
    });
    locked.await.unwrap();

    assert_eq!(limiter.sweep(later, 10).await.unwrap(), 0, "it is passed over, and not waited for");
    go_on.send(()).unwrap();
    used_again.await.unwrap().unwrap();
    assert_eq!(limiter.sweep(later, 10).await.unwrap(), 0, "it is not over any more");
}
