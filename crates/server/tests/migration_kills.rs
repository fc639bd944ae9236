//! Migrators that are killed in the middle of a run: what they leave is whole, and the next run completes it.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use autorisen_storage::testing::execute;
use serde_json::Value;

use support::{Setup, TestDatabase, is_long};

on_both_databases! { a_migrator_that_is_killed_at_any_moment_leaves_what_the_next_one_completes }

/// Long enough for a slow machine; reached only when something is wrong.
const PATIENCE: Duration = Duration::from_mins(2);

/// So many that what a migration makes for them does not fit into the cache of SQLite.
const ROWS: i64 = 200_000;

fn migrate(database: &TestDatabase, what: &[&str]) -> String {
    let output = Setup::on(database).args(&[&["migrate"], what].concat()).output();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Whether each migration was applied, in their order.
fn applied(database: &TestDatabase) -> Vec<bool> {
    let status: Value = serde_json::from_str(&migrate(database, &["status", "--json"])).unwrap();
    let migrations = status["migrations"].as_array().unwrap();
    assert!(migrations.iter().all(|migration| migration["edited"] == false), "{status}");
    migrations.iter().map(|migration| migration["applied"] == true).collect()
}

/// Every version has its record and every record its version, and the first ones are there. Alone a migration
/// that runs in no transaction may have its record already, and is done again.
fn assert_whole(database: &TestDatabase) -> usize {
    let pairs = "SELECT count(*) AS number FROM migration_records r \
                 JOIN __diesel_schema_migrations m ON m.version = r.version";
    let strays = "SELECT count(*) AS number FROM migration_records \
                  WHERE version <> '0019' AND version NOT IN (SELECT version FROM __diesel_schema_migrations)";
    let mut count = 0;
    // PostgreSQL ends what it is at after its client is gone, also between two looks.
    until("as many records as versions", || {
        let applied = applied(database);
        count = applied.iter().take_while(|is_applied| **is_applied).count();
        assert!(applied[count..].iter().all(|is_applied| !is_applied), "{applied:?}");
        count == 0 || database.number(pairs) == i64::try_from(count).unwrap()
    });
    if count > 0 {
        assert_eq!(database.number(strays), 0);
    }
    count
}

/// Brings the database up to date, so that nothing is left to do.
fn complete(database: &TestDatabase) {
    migrate(database, &["up"]);
    assert!(applied(database).iter().all(|is_applied| *is_applied));
    assert_whole(database);
    assert_eq!(migrate(database, &["up"]), "Nothing to do.\n");
}

fn kill(mut migrator: Child) {
    // SIGKILL: it has no chance to put anything in order.
    migrator.kill().unwrap();
    migrator.wait().unwrap();
}

/// Waits until this holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(1));
    }
}

fn a_migrator_that_is_killed_at_any_moment_leaves_what_the_next_one_completes(database: &TestDatabase) {
    let started = Instant::now();
    migrate(database, &["up"]);
    let whole_run = started.elapsed();
    let rounds = if is_long() { 100 } else { 12 };
    for round in 0..rounds {
        migrate(database, &["down", "--all"]);
        let migrator = Setup::on(database).args(&["migrate", "up"]).spawn();
        sleep(whole_run * round / rounds);
        kill(migrator);
        assert_whole(database);
        complete(database);
    }
    let server = Setup::on(database).start();
    assert_eq!(server.client().get("/readyz").send().status, 200);
    server.client().register("ada@example.org");
}

#[test]
fn on_postgres_what_was_done_before_the_kill_stays_and_the_lock_does_not() {
    let database = TestDatabase::postgres();
    let url = database.url().to_owned();
    // Somebody is making the table of 0011: a migrator that comes there waits.
    let mark = format!("of {} and this test", std::process::id());
    let statements = format!("/* {mark} */ BEGIN; CREATE TABLE chat_usage (x BIGINT); SELECT pg_sleep(600)");
    let holder = std::thread::spawn(move || execute(&url, &statements));
    let sleeping = format!(
        "SELECT count(*) AS number FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%{mark}%'"
    );
    until("somebody holds the table", || database.number(&sleeping) == 1);

    let killed = Setup::on(&database).args(&["migrate", "up"]).spawn();
    until("those before 0011 are applied", || applied(&database).iter().filter(|one| **one).count() == 8);
    sleep(Duration::from_millis(200));
    kill(killed);
    assert_eq!(assert_whole(&database), 8, "those before 0011, which waits");

    // PostgreSQL has not noticed the death, so the lock is held, and the next one waits for it.
    let next = Setup::on(&database).args(&["migrate", "up"]).spawn();
    sleep(Duration::from_millis(200));
    assert_eq!(assert_whole(&database), 8);
    database.execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%{mark}%'"
    ));
    assert!(holder.join().unwrap().is_err(), "it was ended");
    let ended = next.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(applied(&database).iter().all(|is_applied| *is_applied));
    complete(&database);
}

#[test]
fn on_sqlite_a_kill_leaves_nothing_of_a_run_that_was_half_on_the_disk() {
    let database = TestDatabase::sqlite();
    migrate(&database, &["up"]);
    while applied(&database).iter().filter(|is_applied| **is_applied).count() > 6 {
        migrate(&database, &["down"]);
    }
    database.execute(&format!(
        "INSERT INTO users VALUES ('{id}', 'ada@example.org', TRUE, '', '', '', '', 'Customer', TRUE, 0, 0, 0, NULL, NULL); \
         INSERT INTO chat_threads (id, user_id, placement, started_at, created_at, updated_at) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
         SELECT printf('%036d', i), '{id}', 'support', i, i, i FROM n; \
         PRAGMA wal_checkpoint(TRUNCATE);",
        id = "0".repeat(36)
    ));
    let log = database.folder().join("test.db-wal");
    let written = || log.metadata().map_or(0, |log| log.len());

    let mut killed = Setup::on(&database).args(&["migrate", "up"]).spawn();
    until("a part of the run is on the disk", || {
        assert_eq!(killed.try_wait().unwrap(), None, "it was too fast to be killed");
        written() > 1 << 20
    });
    kill(killed);
    assert!(written() > 1 << 20, "it is there, and not committed");
    assert_eq!(assert_whole(&database), 6, "nothing of it counts");
    assert_eq!(database.number("SELECT count(*) AS number FROM chat_threads"), ROWS);
    complete(&database);
    assert_eq!(database.number("SELECT count(*) AS number FROM chat_threads WHERE last_number = 0"), ROWS);
}
