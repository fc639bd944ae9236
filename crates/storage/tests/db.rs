//! The way to the database: what is refused, what is undone, and what survives what.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use autorisen_domain::error::PortError;
use autorisen_domain::health::ReadinessCheck;
use autorisen_storage::{
    Abort, DatabaseCheck, DatabaseKind, Db, DbObserver, DbSettings, JobOutcome, JobReport,
};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use support::notes::{self, Work, add, cause, ids, is_overloaded};
use support::{Place, TestDb};

/// One thread that reads and one that writes, which may be the same.
fn narrow(place: &Place) -> DbSettings {
    let mut settings = place.settings();
    (settings.pool_size, settings.readers) = (NonZeroUsize::MIN, NonZeroUsize::MIN);
    settings
}

fn narrow_dbs() -> [TestDb; 2] {
    Place::both().map(|place| open(place, narrow))
}

fn open(place: Place, settings: impl Fn(&Place) -> DbSettings) -> TestDb {
    notes::create(&place);
    TestDb { db: Db::open(settings(&place)).unwrap(), place }
}

#[tokio::test]
async fn one_job_more_than_may_wait_is_refused_at_once() {
    let one_may_wait = |place: &Place| DbSettings { queue: NonZeroUsize::MIN, ..narrow(place) };
    for TestDb { db, place: _place } in Place::both().map(|place| open(place, one_may_wait)) {
        let running = Work::begin(&db).await;
        let mut waiting = Box::pin(add(&db, 1));
        support::poll_once(&mut waiting).await;

        let refused = add(&db, 2).await.unwrap_err();
        assert!(is_overloaded(&refused), "{refused:?}");
        assert!(refused.retry_after() >= Duration::from_secs(1));

        running.finish().await.unwrap();
        waiting.await.unwrap();
        assert_eq!(ids(&db).await, [1], "what was refused did not happen");
    }
}

#[tokio::test]
async fn a_job_that_is_not_begun_in_time_is_refused_and_never_runs() {
    let soon = |place: &Place| DbSettings { start_within: Duration::from_millis(500), ..narrow(place) };
    for TestDb { db, place } in Place::both().map(|place| open(place, soon)) {
        // The first connection takes its time.
        while add(&db, 0).await.is_err() {}

        let running = Work::begin(&db).await;
        let late = add(&db, 1).await.unwrap_err();
        assert!(is_overloaded(&late), "{late:?}");
        running.finish().await.unwrap();
        while add(&db, 2).await.is_err() {}
        assert!(!notes::read(&place).contains(&1), "it ran late");
        db.shutdown();
    }
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_is_skipped_and_a_write_is_not() {
    for TestDb { db, place } in narrow_dbs() {
        let was_read = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&was_read);
        let reading = Work::begin_read(&db).await;
        let mut abandoned = Box::pin(db.read::<_, PortError, _>("read", move |_| {
            flag.store(true, Ordering::SeqCst);
            Ok(())
        }));
        support::poll_once(&mut abandoned).await;
        drop(abandoned);
        reading.finish().await.unwrap();
        ids(&db).await;
        assert!(!was_read.load(Ordering::SeqCst), "the read was run for nobody");

        let writing = Work::begin(&db).await;
        let mut abandoned = Box::pin(add(&db, 1));
        support::poll_once(&mut abandoned).await;
        drop(abandoned);
        writing.finish().await.unwrap();
        db.shutdown();
        assert_eq!(notes::read(&place), [1], "the write was forgotten with its caller");
    }
}

#[tokio::test]
async fn work_that_panics_is_undone_and_costs_no_thread() {
    for TestDb { db, place: _place } in narrow_dbs() {
        for id in 0..3 {
            let panicked = db
                .transact::<(), PortError, _>("panic", move |conn| {
                    notes::insert(conn, id)?;
                    panic!("on purpose");
                })
                .await
                .unwrap_err();
            assert_eq!(panicked.operation(), "panic");
            let panicked = db.read::<(), PortError, _>("panic", |_| panic!("on purpose")).await;
            assert!(panicked.is_err());
        }
        add(&db, 7).await.unwrap();
        assert_eq!(ids(&db).await, [7]);
    }
}

#[tokio::test]
async fn work_that_is_refused_or_fails_is_undone() {
    for TestDb { db, place: _place } in narrow_dbs() {
        add(&db, 1).await.unwrap();
        let refused = db
            .transact("refuse", |conn| {
                notes::insert(conn, 2)?;
                Err::<(), _>(Abort::Refused(PortError::new("refuse", "for a reason")))
            })
            .await;
        assert_eq!(cause(&refused.unwrap_err()), "for a reason");

        let failed = db
            .transact::<_, PortError, _>("add twice", |conn| {
                notes::insert(conn, 3)?;
                Ok(notes::insert(conn, 1)?)
            })
            .await;
        assert_eq!(failed.unwrap_err().operation(), "add twice");
        assert_eq!(ids(&db).await, [1]);
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_told() {
    for TestDb { db, place: _place } in narrow_dbs() {
        let failed = db
            .transact::<_, PortError, _>("break a rule", |conn| {
                notes::insert(conn, 1)?;
                Ok(notes::break_the_rule_of_the_commit(conn)?)
            })
            .await;
        assert!(failed.is_err(), "{failed:?}");
        add(&db, 2).await.unwrap();
        assert_eq!(ids(&db).await, [2]);
    }
}

#[tokio::test]
async fn connections_are_set_up() {
    let TestDb { db, place: _place } = Place::postgres().migrated();
    for (setting, value) in [
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("TimeZone", "UTC"),
        ("application_name", "autorisen"),
    ] {
        assert_eq!(ask(&db, &format!("current_setting('{setting}')")).await, value, "{setting}");
    }

    let TestDb { db, place } = Place::sqlite().migrated();
    for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let value_of = format!("(SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma})");
        assert_eq!(ask(&db, &value_of).await, value, "{pragma} where it is read");
        let written = db.write::<_, PortError, _>("ask", move |conn| Ok(answer(conn, &value_of)?)).await;
        assert_eq!(written.unwrap(), value, "{pragma} where it is written");
    }
    let written_as_read =
        db.read::<_, PortError, _>("write", |conn| Ok(conn.batch_execute("DELETE FROM users")?)).await;
    assert!(written_as_read.is_err(), "a read cannot write");

    let path = place.url().file().unwrap().to_owned();
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the file is its owner's alone");
}

#[derive(QueryableByName)]
struct Mapped {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    mmap_size: i64,
}

#[tokio::test]
async fn who_reads_sees_a_file_of_any_size_through_the_page_cache_of_the_system() {
    let TestDb { db, place: _place } = Place::sqlite().migrated();
    let asked =
        |conn: &mut _| Ok(diesel::sql_query("PRAGMA mmap_size").get_result::<Mapped>(conn)?.mmap_size);
    let read = db.read::<_, PortError, _>("ask", asked).await.unwrap();
    assert!(read > 1 << 31, "{read}: SQLite's own limit was not lifted, see .cargo/config.toml");
    assert_eq!(db.write::<_, PortError, _>("ask", asked).await.unwrap(), 0, "the writer maps nothing");
}

#[tokio::test]
async fn shutting_down_finishes_what_was_accepted_and_refuses_the_rest() {
    for TestDb { db, place } in Place::both().map(|place| open(place, Place::settings)) {
        let mut accepted: Vec<_> = (0..50).map(|id| Box::pin(add(&db, id))).collect();
        for job in &mut accepted {
            support::poll_once(job).await;
        }
        db.shutdown();
        for job in accepted {
            job.await.expect("it was accepted");
        }
        assert_eq!(notes::read(&place).len(), 50);
        let refused = add(&db, 50).await.unwrap_err();
        assert!(!is_overloaded(&refused), "{refused:?}");
    }
}

#[tokio::test]
async fn the_last_handle_may_be_dropped_by_a_job() {
    for TestDb { db, place: _place } in Place::both().map(|place| open(place, Place::settings)) {
        let (last, (done, is_done)) = (db.clone(), tokio::sync::oneshot::channel());
        let work = Work::begin_with(&db, move || {
            drop(last);
            done.send(()).unwrap();
        })
        .await;
        drop(db);
        work.abandon().await.send(()).unwrap();
        is_done.await.expect("closing the database from within does not wait for itself");
    }
}

#[tokio::test]
async fn a_database_that_works_has_no_fault() {
    for place in Place::both() {
        let db = Db::open(place.settings()).unwrap();
        assert_eq!(DatabaseCheck::new(db).fault().await, None);
    }
}

async fn ask(db: &Db, expression: &str) -> String {
    let expression = expression.to_owned();
    db.read::<_, PortError, _>("ask", move |conn| Ok(answer(conn, &expression)?)).await.unwrap()
}

fn answer(conn: &mut autorisen_storage::DbConnection, expression: &str) -> QueryResult<String> {
    diesel::select(sql::<Text>(expression)).get_result(conn)
}

#[tokio::test]
async fn postgres_tells_its_time_and_sqlite_has_none() {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let [sqlite, postgres] = Place::both().map(Place::migrated);
    assert_eq!(sqlite.db.server_time().await.unwrap(), None);
    let told = postgres.db.server_time().await.unwrap().unwrap();
    let told = std::time::Duration::from_micros(told.micros().try_into().unwrap());
    assert!(
        told.abs_diff(now) < std::time::Duration::from_hours(24),
        "{told:?} and {now:?} are the same day"
    );
}

#[derive(Default)]
struct Seen(std::sync::Mutex<Vec<JobReport>>);

impl DbObserver for Seen {
    fn job(&self, report: &JobReport) {
        self.0.lock().unwrap().push(*report);
    }
}

#[tokio::test]
async fn what_became_of_each_job_is_told_once() {
    let one_may_wait = |place: &Place| DbSettings { queue: NonZeroUsize::MIN, ..narrow(place) };
    for TestDb { db, place: _place } in Place::both().map(|place| open(place, one_may_wait)) {
        let seen = Arc::new(Seen::default());
        let db = db.observed_by(seen.clone());
        let running = Work::begin(&db).await;
        let mut waiting = Box::pin(add(&db, 1));
        support::poll_once(&mut waiting).await;
        let lane = db.usage().last().unwrap();
        assert_eq!(
            (lane.threads, lane.busy, lane.queued, lane.capacity),
            (1, 1, 1, 2),
            "one queue for reads, one for the rest: {lane:?}"
        );
        add(&db, 2).await.unwrap_err();
        running.finish().await.unwrap();
        waiting.await.unwrap();
        add(&db, 1).await.unwrap_err();
        drop(Box::pin(add(&db, 3)));

        let seen = std::mem::take(&mut *seen.0.lock().unwrap());
        let outcomes: Vec<JobOutcome> = seen.iter().map(|report| report.outcome).collect();
        let expected = [JobOutcome::Full, JobOutcome::Done, JobOutcome::Done, JobOutcome::Failed];
        assert_eq!(outcomes, expected, "what was never asked for is no job: {seen:?}");
        assert_eq!((seen[0].waited, seen[0].ran), (None, None), "{:?}", seen[0]);
        for report in &seen[1..] {
            assert_eq!(report.lane, lane.lane);
            assert!(report.waited.unwrap() + report.ran.unwrap() <= report.took, "{report:?}");
        }
        assert!(seen[2].waited.unwrap() > Duration::ZERO);
        assert_eq!(db.usage().last().unwrap().queued, 0);
    }
}

#[tokio::test]
async fn open_connections_are_counted() {
    for TestDb { db, place: _place } in narrow_dbs() {
        assert_eq!(db.open_connections(), 0, "they are made when they are first needed");
        ids(&db).await;
        assert_eq!(db.open_connections(), 1);
        db.shutdown();
        // The thread that made it may not have let go of the pool yet.
        for _ in 0..1_000 {
            if db.open_connections() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        assert_eq!(db.open_connections(), 0);
    }
}

/// The name of the thread on which `db` finds something, which takes so long.
async fn found_by(db: &Db, takes: Duration) -> Option<String> {
    let look = move |_: &mut autorisen_storage::DbConnection| {
        std::thread::sleep(takes);
        Ok(std::thread::current().name().map(str::to_owned))
    };
    db.find::<_, PortError, _>("look", look).await.unwrap()
}

#[tokio::test]
async fn only_sqlite_is_searched_by_who_asks_and_not_while_it_is_slow() {
    let here = std::thread::current().name().map(str::to_owned);
    for TestDb { db, place } in narrow_dbs() {
        if matches!(place, Place::Postgres(_)) {
            assert_eq!(found_by(&db, Duration::ZERO).await.as_deref(), Some("db"));
            continue;
        }
        // A machine that is busy may seem slow before it is.
        while found_by(&db, Duration::from_millis(60)).await != here {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(found_by(&db, Duration::ZERO).await.as_deref(), Some("db"), "a slow disk holds up one");
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        while found_by(&db, Duration::ZERO).await != here {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_found_says_why_and_costs_nothing() {
    for TestDb { db, place: _place } in narrow_dbs() {
        let seen = Arc::new(Seen::default());
        let db = db.observed_by(seen.clone());
        let refuse = |_: &mut autorisen_storage::DbConnection| -> Result<(), _> {
            Err(Abort::Refused(PortError::new("find", "for a reason")))
        };
        assert_eq!(cause(&db.find("find", refuse).await.unwrap_err()), "for a reason");
        let fail = |conn: &mut autorisen_storage::DbConnection| Ok(conn.batch_execute("SELECT nothing")?);
        let failed = db.find::<_, PortError, _>("find", fail).await.unwrap_err();
        assert!(cause(&failed).contains("nothing"), "{failed:?}");
        let panic = |_: &mut autorisen_storage::DbConnection| -> Result<(), Abort<PortError>> {
            panic!("on purpose")
        };
        assert_eq!(cause(&db.find("find", panic).await.unwrap_err()), "the work panicked");
        let write = |conn: &mut autorisen_storage::DbConnection| {
            Ok(conn.batch_execute("CREATE TABLE t (id BIGINT)")?)
        };
        let is_refused = db.find::<_, PortError, _>("find", write).await.is_err();
        assert_eq!(is_refused, db.kind() == DatabaseKind::Sqlite, "it only reads");
        assert!(found_by(&db, Duration::ZERO).await.is_some());
        let outcomes: Vec<JobOutcome> = seen.0.lock().unwrap().iter().map(|report| report.outcome).collect();
        assert_eq!(outcomes.len(), 5, "each is told once: {outcomes:?}");
        assert_eq!(
            (outcomes[0], outcomes[1], outcomes[4]),
            (JobOutcome::Done, JobOutcome::Failed, JobOutcome::Done)
        );
        db.shutdown();
        let closed = db.find::<_, PortError, _>("find", |_| Ok(())).await.unwrap_err();
        assert_eq!(cause(&closed), "the database is closed");
    }
}
