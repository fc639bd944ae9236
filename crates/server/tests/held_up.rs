//! A database that somebody else holds up: bounded, told as 503, and over when it is over.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::time::{Duration, Instant};

use autorisen_storage::testing::hold;
use serde_json::json;

use support::{Answer, PASSWORD, Setup, TestDatabase};

/// What is promised is three seconds; a machine that runs all tests at once gets more.
const BOUND: Duration = Duration::from_secs(10);

fn is_refused_in_time(ask: impl Fn() -> Answer) {
    let begun = Instant::now();
    let answer = ask();
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert_eq!(answer.problem(503), "unavailable");
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    assert!(!answer.body.contains("locked"), "{answer:?}");
}

#[test]
fn a_file_that_another_process_writes_to_is_read_and_not_said_to_be_locked() {
    held_up(&TestDatabase::sqlite(), "BEGIN IMMEDIATE", true);
}

#[test]
fn a_table_that_another_session_writes_to_is_read() {
    held_up(&TestDatabase::postgres(), "BEGIN; LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE", true);
}

#[test]
fn a_table_that_another_session_has_for_itself_is_refused_in_time() {
    held_up(&TestDatabase::postgres(), "BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE", false);
}

fn held_up(database: &TestDatabase, statement: &str, may_read: bool) {
    let server = Setup::on(database).start();
    let client = server.client();
    let tokens = client.register("ada@example.org");
    let access = &tokens["access_token"];

    let held = hold(database.url(), statement).unwrap();
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    is_refused_in_time(|| client.login("ada@example.org", PASSWORD));
    is_refused_in_time(|| client.post("/api/auth/refresh").json(&refresh).send());
    is_refused_in_time(|| client.post("/api/auth/logout").bearer(access).json(&json!({})).send());
    if may_read {
        assert_eq!(client.me(access).status, 200);
    } else {
        is_refused_in_time(|| client.me(access));
    }
    assert_eq!(client.get("/healthz").send().status, 200);

    drop(held);
    let begun = Instant::now();
    let login = || client.login("ada@example.org", PASSWORD).status;
    while login() != 200 {
        assert!(begun.elapsed() < BOUND, "it is over when it is over");
    }
    assert_eq!(client.post("/api/auth/refresh").json(&refresh).send().status, 200, "nobody was signed out");
}

#[test]
fn a_command_beside_a_server_and_another_writer_is_told_within_seconds() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).start();
    server.client().register("ada@example.org");
    let held = hold(database.url(), "BEGIN IMMEDIATE").unwrap();
    let disable = Setup::on(&database).args(&["user", "disable", "ada@example.org"]);
    let begun = Instant::now();
    let refused = disable.output();
    assert!(!refused.status.success() && begun.elapsed() < BOUND, "{refused:?}");
    drop(held);
    let done = disable.output();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(server.client().login("ada@example.org", PASSWORD).status, 401, "the server sees what it did");
}
