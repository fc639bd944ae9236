//! A month asleep: everything is over at once, in every table that is swept. It all goes, in small batches,
//! and who writes meanwhile waits for one of them at most.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::clock::{Clock, Timer, Timestamp};
use autorisen_domain::error::PortError;
use autorisen_domain::sweep::{Sweeper, Swept};
use autorisen_storage::SqlLoginHistory;
use autorisen_storage::testing::{Filling, Over};
use autorisen_testkit::fakes::FakeClock;
use autorisen_testkit::fixtures::NOW;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use support::{Place, TestDb};

static LIVING: Filling = Filling {
    first: 0,
    accounts: 200,
    sessions: 2_000,
    talkers: 40,
    threads: 400,
    items: 2_000,
    files: 100,
    limits: 100,
    now: NOW.micros(),
    password_hash: String::new(),
};

static OVER: Over = Over {
    sessions: 3_000,
    registrations: 3_000,
    limits: 3_000,
    threads: 400,
    items: 7,
    files: 150,
    parts: 5,
    usage: 3_000,
    hosted: 3_000,
    audit: 3_000,
    events: 3_000,
    logins: 3_000,
};

/// Every table that is swept, with what is over in it, and what stays.
fn tables() -> [(&'static str, u64, u64); 11] {
    [
        ("sessions", OVER.sessions, LIVING.sessions),
        ("registrations", OVER.registrations, 0),
        ("rate_limits", OVER.limits, LIVING.limits),
        ("chat_threads", OVER.threads, LIVING.threads),
        ("chat_items", OVER.threads * OVER.items, LIVING.items),
        ("chat_attachments", OVER.files, LIVING.files),
        ("chat_usage", OVER.usage, LIVING.accounts),
        ("hosted_sessions", OVER.hosted, 0),
        ("audit_log", OVER.audit, 0),
        ("analytics_events", OVER.events, LIVING.accounts),
        ("login_history", OVER.logins, 0),
    ]
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(place: &Place, table: &str) -> u64 {
    let rows = place.load::<Count>(&format!("SELECT COUNT(*) AS n FROM {table}"));
    u64::try_from(rows[0].n).unwrap()
}

fn filled(place: Place) -> TestDb {
    let test = place.migrated();
    let url = test.place.raw_url();
    LIVING.fill(&url, |_, _, _| {}).unwrap();
    OVER.fill(&url, &LIVING, |_, _, _| {}).unwrap();
    for (table, over, living) in tables() {
        assert_eq!(count(&test.place, table), over + living, "{table} is filled");
    }
    test
}

/// Of each kind, how many rows each batch took, beside how many it might.
type Batches = BTreeMap<&'static str, Vec<(u64, u32)>>;

/// What is told of a sweep while it goes on.
#[derive(Clone, Default)]
struct Watch {
    batches: Arc<Mutex<Batches>>,
    begun: Arc<AtomicU64>,
}

struct Watched<F> {
    name: &'static str,
    batch: F,
    watch: Watch,
}

#[async_trait]
impl<F: Swept> Swept for Watched<F> {
    async fn batch(&self, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.watch.begun.fetch_add(1, Ordering::SeqCst);
        let rows = self.batch.batch(now, limit).await?;
        self.watch.batches.lock().unwrap().entry(self.name).or_default().push((rows, limit));
        Ok(rows)
    }
}

impl Watch {
    fn kinds(&self, test: &TestDb) -> Vec<Box<dyn Swept>> {
        let stores = test.stores();
        vec![
            self.kind("sessions", &stores.sessions, |port, now, limit| async move {
                port.sweep(old(now), limit).await
            }),
            self.kind("registrations", &stores.pending, |port, now, limit| async move {
                port.sweep(now, limit).await
            }),
            self.kind("limits", &stores.limiter, |port, now, limit| async move {
                port.sweep(old(now), limit).await
            }),
            self.kind("threads", &stores.thread_directory, |port, now, limit| async move {
                port.sweep(old(now), now, limit).await
            }),
            self.kind("files", &stores.attachments, |port, now, limit| async move {
                port.sweep(old(now), limit).await
            }),
            self.kind("usage", &stores.ledger, |port, now, limit| async move {
                port.sweep(old(now), limit).await
            }),
            self.kind("hosted", &stores.hosted, |port, now, limit| async move {
                port.sweep(old(now), limit).await
            }),
            self.kind(
                "audit",
                &stores.trail,
                |port, now, limit| async move { port.sweep(old(now), limit).await },
            ),
            self.kind("events", &stores.analytics, |port, now, limit| async move {
                port.sweep(old(now), limit).await
            }),
            self.kind(
                "logins",
                &Arc::new(SqlLoginHistory::new(test.db.clone())),
                |logins, now, limit| async move { logins.sweep(old(now), limit).await },
            ),
        ]
    }

    fn kind<R, Batch>(
        &self,
        name: &'static str,
        port: &Arc<R>,
        sweep: impl Fn(Arc<R>, Timestamp, u32) -> Batch + Send + Sync + 'static,
    ) -> Box<dyn Swept>
    where
        R: ?Sized + Send + Sync + 'static,
        Batch: Future<Output = Result<u64, PortError>> + Send + 'static,
    {
        let port = Arc::clone(port);
        let batch = move |now: Timestamp, limit: u32| sweep(Arc::clone(&port), now, limit);
        Box::new(Watched { name, batch, watch: self.clone() })
    }
}

/// What happened before this time is over, what happened since is not.
fn old(now: Timestamp) -> Timestamp {
    now.minus(Duration::from_hours(24 * 100))
}

/// Pauses as long as it is told to, divided by ten.
struct ShortPauses;

#[async_trait]
impl Timer for ShortPauses {
    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / 10).await;
    }
}

fn sweeper(watch: &Watch, test: &TestDb) -> Sweeper {
    // It stands still, so all batches are quick, and grow to the largest that there are.
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::default());
    Sweeper::new(watch.kinds(test), clock, Arc::new(ShortPauses))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_that_is_over_goes_in_batches_and_nothing_else_does() {
    for place in Place::both() {
        let test = filled(place);
        let watch = Watch::default();
        let outcome = sweeper(&watch, &test).run().await;
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);

        for (table, _, living) in tables() {
            assert_eq!(count(&test.place, table), living, "{table} after the sweep");
        }
        assert_eq!(count(&test.place, "chat_attachment_parts"), 0);
        let batches = watch.batches.lock().unwrap();
        assert_eq!(batches.len(), 10, "every kind was swept");
        for (kind, batches) in &*batches {
            for (rows, limit) in batches {
                assert!(*rows <= u64::from(*limit) && *limit <= Sweeper::MOST, "{kind}: {batches:?}");
            }
            assert!(batches.len() > 5, "{kind} went in many batches: {batches:?}");
            assert_eq!(batches.last().map(|batch| batch.0), Some(0), "{kind} until nothing was left");
        }
        test.db.shutdown();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_deletes_no_more_rows_than_it_may_counting_those_behind_them() {
    for place in Place::both() {
        let test = filled(place);
        let stores = test.stores();
        let old = old(NOW);
        let rows = || {
            ["chat_threads", "chat_items", "chat_attachments", "chat_attachment_parts"]
                .map(|table| count(&test.place, table))
        };
        for limit in [20, 3] {
            let before = rows();
            stores.thread_directory.sweep(old, NOW, limit).await.unwrap();
            let after = rows();
            let gone = (before[0] - after[0]) + (before[1] - after[1]);
            assert!((1..=u64::from(limit)).contains(&gone), "{gone} of {limit}");
        }
        for _ in 0..3 {
            let before = rows();
            stores.attachments.sweep(old, 500).await.unwrap();
            let after = rows();
            let parts = before[3] - after[3];
            assert!((1..=32).contains(&parts), "{parts} parts at once");
        }
        test.db.shutdown();
    }
}

/// SQLite has one writer. Not measured in time, which a busy machine has little of: counted is how many
/// batches begin between a write's being asked for and its turn. One may have been under way, and one more
/// may be asked for before it is known to be over; another would have been let go first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_writes_meanwhile_waits_for_one_batch_at_most() {
    let test = filled(Place::sqlite());
    let (watch, over) = (Watch::default(), Arc::new(AtomicBool::new(false)));
    let writer = tokio::spawn({
        let (db, begun, over) = (test.db.clone(), Arc::clone(&watch.begun), Arc::clone(&over));
        async move {
            let mut waited = Vec::new();
            while !over.load(Ordering::SeqCst) {
                let (before, begun) = (begun.load(Ordering::SeqCst), Arc::clone(&begun));
                let write = db.transact::<_, PortError, _>("write", move |conn| {
                    conn.batch_execute(
                        "UPDATE users SET updated_at = updated_at + 1 WHERE email LIKE 'account-7@%'",
                    )?;
                    Ok(begun.load(Ordering::SeqCst) - before)
                });
                waited.push(write.await.unwrap());
            }
            waited
        }
    });
    let outcome = sweeper(&watch, &test).run().await;
    over.store(true, Ordering::SeqCst);
    let waited = writer.await.unwrap();
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    assert!(watch.begun.load(Ordering::SeqCst) > 40 && waited.len() > 10, "both were at it: {waited:?}");
    assert!(waited.iter().all(|&batches| batches <= 2), "{waited:?}");
    test.db.shutdown();
}

/// On PostgreSQL many write at once, and a sweep that waited for one of them would hold up the others with
/// what it holds itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sweep_waits_for_nobody() {
    let test = filled(Place::postgres());
    let Place::Postgres(schema) = &test.place else { unreachable!("it is PostgreSQL") };
    let mut other = PgConnection::establish(&schema.url()).unwrap();
    // Somebody is at every row there is, but for the audit, which nobody changes.
    let swept = tables().map(|(table, ..)| table);
    let swept = swept.iter().filter(|table| **table != "audit_log");
    let locks: Vec<String> = swept.map(|table| format!("SELECT 1 FROM {table} FOR UPDATE; ")).collect();
    other.batch_execute(&format!("BEGIN; {}", locks.concat())).unwrap();

    let watch = Watch::default();
    let outcome = sweeper(&watch, &test).run().await;
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    assert_eq!(outcome.rows, OVER.audit, "nothing else is to be had");

    other.batch_execute("COMMIT").unwrap();
    sweeper(&watch, &test).run().await;
    for (table, _, living) in tables() {
        assert_eq!(count(&test.place, table), living, "{table}, when they are done");
    }
    test.db.shutdown();
}

/// Two replicas that sweep in step share the work instead of waiting for each other, and none of it is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_sweep_in_step_do_the_work_once() {
    for place in Place::both() {
        let test = filled(place);
        let (one, other) = (Watch::default(), Watch::default());
        let (first, second) = (sweeper(&one, &test), sweeper(&other, &test));
        let (first, second) = tokio::join!(first.run(), second.run());
        assert!(first.failures.is_empty() && second.failures.is_empty(), "{first:?} {second:?}");
        for (table, _, living) in tables() {
            assert_eq!(count(&test.place, table), living, "{table}");
        }
        let threads_and_others: u64 = tables().iter().map(|(_, over, _)| over).sum();
        let rows = first.rows + second.rows;
        assert!(rows >= threads_and_others, "{rows} of {threads_and_others}");
        test.db.shutdown();
    }
}

/// What a batch on PostgreSQL has found is locked until it ends. One that takes too long is ended, and leaves all
/// as it was, but for one that could not be smaller.
#[tokio::test]
async fn a_batch_that_takes_too_long_lets_go_of_what_it_locked() {
    let test = filled(Place::postgres());
    test.place.execute(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(0.02); RETURN OLD; END $$; \
         CREATE TRIGGER linger BEFORE DELETE ON login_history FOR EACH ROW EXECUTE FUNCTION linger()",
    );
    let logins = SqlLoginHistory::new(test.db.clone());
    let ended = logins.sweep(NOW, 100).await.unwrap_err();
    assert!(support::chain(&ended).contains("statement timeout"), "{ended:?}");
    assert_eq!(count(&test.place, "login_history"), OVER.logins, "nothing is gone");

    assert_eq!(logins.sweep(NOW, Sweeper::LEAST).await.unwrap(), u64::from(Sweeper::LEAST));
    assert_eq!(count(&test.place, "login_history"), OVER.logins - u64::from(Sweeper::LEAST));
    test.db.shutdown();
}
