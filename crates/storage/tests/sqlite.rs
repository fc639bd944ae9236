//! The one writer of SQLite: jobs share a transaction, and stand and fall by themselves, except
//! when the transaction itself fails.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use autorisen_domain::error::PortError;
use autorisen_storage::{Abort, Db, DbSettings};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use support::notes::{self, Work, add, cause, ids};
use support::{Place, TestDb};

fn open() -> TestDb {
    let place = Place::sqlite();
    notes::create(&place);
    TestDb { db: Db::open(place.settings()).unwrap(), place }
}

#[tokio::test]
async fn a_job_that_fails_is_undone_alone_and_nothing_is_seen_before_the_commit() {
    let TestDb { db, place } = open();
    let running = Work::begin(&db).await;

    let mut first = Box::pin(add(&db, 1));
    support::poll_once(&mut first).await;
    let mut refused = Box::pin(db.transact("refuse", |conn| {
        notes::insert(conn, 2)?;
        Err::<(), _>(Abort::Refused(PortError::new("refuse", "for a reason")))
    }));
    support::poll_once(&mut refused).await;
    let mut failing = Box::pin(add(&db, 1));
    support::poll_once(&mut failing).await;
    let mut panicking = Box::pin(db.transact::<(), PortError, _>("panic", |conn| {
        notes::insert(conn, 3)?;
        panic!("on purpose");
    }));
    support::poll_once(&mut panicking).await;
    // The last of the group looks from within and waits, while others look from outside.
    let (go_on, may_go_on) = mpsc::channel();
    let (has_seen, seen) = tokio::sync::oneshot::channel();
    let mut has_seen = Some(has_seen);
    let mut last = Box::pin(db.transact::<_, PortError, _>("look", move |conn| {
        notes::insert(conn, 4)?;
        has_seen.take().unwrap().send(notes::list(conn)?).unwrap();
        may_go_on.recv().unwrap();
        Ok(())
    }));
    support::poll_once(&mut last).await;

    running.finish().await.unwrap();
    assert_eq!(seen.await.unwrap(), [1, 4], "the group shares one transaction");
    assert_eq!(ids(&db).await, [0_i64; 0], "a reader sees nothing that is not committed");
    assert_eq!(notes::read(&place), [0_i64; 0], "nor does another process");
    support::poll_once(&mut first).await;

    go_on.send(()).unwrap();
    first.await.unwrap();
    assert_eq!(cause(&refused.await.unwrap_err()), "for a reason");
    assert_eq!(failing.await.unwrap_err().operation(), "add note");
    assert_eq!(panicking.await.unwrap_err().operation(), "panic");
    last.await.unwrap();
    assert_eq!(ids(&db).await, [1, 4]);
}

#[tokio::test]
async fn a_commit_that_fails_fails_all_that_share_it() {
    let TestDb { db, place: _place } = open();
    let running = Work::begin(&db).await;
    let mut good = Box::pin(add(&db, 1));
    support::poll_once(&mut good).await;
    let mut refused = Box::pin(db.transact("refuse", |_| {
        Err::<(), _>(Abort::Refused(PortError::new("refuse", "because of what it saw")))
    }));
    support::poll_once(&mut refused).await;
    let mut bad = Box::pin(
        db.write::<_, PortError, _>("break a rule", |conn| Ok(notes::break_the_rule_of_the_commit(conn)?)),
    );
    support::poll_once(&mut bad).await;

    running.finish().await.unwrap();
    for outcome in [good.await, refused.await, bad.await] {
        let error = outcome.expect_err("it was not committed");
        assert!(cause(&error).starts_with("cannot commit"), "{error:?}");
    }
    add(&db, 2).await.expect("the next group is none the worse");
    assert_eq!(ids(&db).await, [2]);
}

#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_fails_all_that_share_it() {
    let TestDb { db, place: _place } = open();
    let running = Work::begin(&db).await;
    let mut before = Box::pin(add(&db, 1));
    support::poll_once(&mut before).await;
    // As when the disk is full: everything is undone, whatever the work makes of the error.
    let mut full = Box::pin(db.transact::<_, PortError, _>("fill the disk", |conn| {
        conn.batch_execute("INSERT OR ROLLBACK INTO notes (id) VALUES (1)").unwrap_err();
        Ok(())
    }));
    support::poll_once(&mut full).await;
    let mut after = Box::pin(add(&db, 2));
    support::poll_once(&mut after).await;

    running.finish().await.unwrap();
    for outcome in [before.await, full.await, after.await] {
        let error = outcome.expect_err("it was not committed");
        assert!(cause(&error).starts_with("the transaction was lost"), "{error:?}");
    }
    add(&db, 3).await.expect("the next group is none the worse");
    assert_eq!(ids(&db).await, [3]);
}

#[tokio::test]
async fn a_write_waits_for_another_process_that_writes() {
    let TestDb { db, place } = open();
    let mut other = place.sqlite_connection();
    other.batch_execute("BEGIN IMMEDIATE; INSERT INTO notes (id) VALUES (1)").unwrap();
    let mut write = Box::pin(add(&db, 2));
    support::poll_once(&mut write).await;
    assert_eq!(ids(&db).await, [0_i64; 0], "reads do not wait");
    other.batch_execute("COMMIT").unwrap();
    write.await.unwrap();
    assert_eq!(ids(&db).await, [1, 2]);
}

#[tokio::test]
async fn many_writes_at_once_all_arrive() {
    let TestDb { db, place: _place } = open();
    let writes: Vec<_> = (0..500).map(|id| tokio::spawn(add(&db, id))).collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(ids(&db).await.len(), 500);
}

#[test]
fn a_file_that_is_no_database_or_cannot_be_made_is_told_at_once() {
    let place = Place::sqlite();
    let path = place.url().file().unwrap().to_owned();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "not a database, and long enough to be seen as none".repeat(100)).unwrap();
    let error = Db::open(place.settings()).err().expect("it is no database");
    assert!(error.to_string().contains("test.db"), "{error}");

    let below_a_file = format!("sqlite://{}/below.db", path.display());
    let settings = DbSettings::new(autorisen_storage::DatabaseUrl::parse(&below_a_file).unwrap());
    assert!(Db::open(settings).is_err(), "there cannot be such a file");
}

#[tokio::test]
async fn closing_leaves_one_file_with_everything_in_it() {
    let TestDb { db, place } = open();
    add(&db, 1).await.unwrap();
    ids(&db).await;
    db.shutdown();
    let folder = place.url().file().unwrap().parent().unwrap().to_owned();
    let left = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 1, "the log of writes was written back");
    assert_eq!(notes::read(&place), [1]);
}

/// Writes so many MiB in one commit.
async fn write_mib(db: &Db, mib: i64) {
    let write = move |conn: &mut _| {
        Ok(diesel::sql_query("INSERT INTO attic (content) VALUES (zeroblob(?))")
            .bind::<BigInt, _>(mib << 20)
            .execute(conn)?)
    };
    db.write::<_, PortError, _>("write", write).await.unwrap();
}

fn open_with_attic() -> (TestDb, [PathBuf; 2]) {
    let opened = open();
    opened.place.execute("CREATE TABLE attic (content BLOB)");
    let file = opened.place.url().file().unwrap().to_owned();
    let log = PathBuf::from(format!("{}-wal", file.display()));
    (opened, [file, log])
}

fn mib(path: &Path) -> u64 {
    path.metadata().unwrap().len() >> 20
}

#[tokio::test]
async fn what_was_committed_gets_into_the_file_without_a_further_commit() {
    let (TestDb { db, place: _place }, [file, _log]) = open_with_attic();
    // Less than what a commit itself would bring there.
    write_mib(&db, 16).await;
    let in_the_file = async {
        while mib(&file) < 16 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), in_the_file).await.expect("a thread copies the log");
}

#[tokio::test]
async fn the_log_stays_bounded_however_much_is_written_at_a_stretch() {
    let (TestDb { db, place: _place }, [file, log]) = open_with_attic();
    for _ in 0..40 {
        write_mib(&db, 8).await;
        assert!(mib(&log) <= 64 + 2 * 8, "{} MiB", mib(&log));
    }
    db.shutdown();
    assert!(mib(&file) >= 320);
    assert!(!log.exists(), "the thread has let go of it as well");
}
