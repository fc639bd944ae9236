//! `autorisen import legacy`: a database of the Python backend is brought over, and its users sign in.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use autorisen_chatkit::{Item, ItemKind};
use autorisen_storage::testing::execute_all;
use autorisen_testkit::legacy::{Dialect, LegacyDatabase, PASSWORD, address, thread_of, user_id};
use serde_json::{Value, json};

use support::{Client, Running, Setup, Talker, TestDatabase};

on_both_databases! {
    users_sign_in_with_their_old_passwords_and_find_their_chats,
    a_dry_run_says_what_a_run_does,
    an_import_that_is_killed_goes_on,
}

/// A database of the old system, of the same kind as this one.
fn old_database(beside: &TestDatabase, users: usize) -> TestDatabase {
    let is_sqlite = beside.url().starts_with("sqlite");
    let old = if is_sqlite { TestDatabase::sqlite() } else { TestDatabase::postgres() };
    let dialect = if is_sqlite { Dialect::Sqlite } else { Dialect::Postgres };
    execute_all(old.url(), LegacyDatabase::odd(dialect, users).statements()).unwrap();
    old
}

/// What the program says to this.
#[track_caller]
fn said(database: &TestDatabase, args: &[&str]) -> String {
    let output = Setup::on(database).args(args).output();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn migrated(database: &TestDatabase) {
    said(database, &["migrate", "up"]);
}

/// The counts of a table: read, brought, updated, there, left out.
fn counts(said: &str, table: &str) -> Vec<u64> {
    let line = said.lines().find(|line| line.split_whitespace().next() == Some(table)).unwrap();
    line.split_whitespace().skip(1).map(|count| count.parse().unwrap()).collect()
}

fn signed_in(client: &Client, email: &str) -> Value {
    let answer = client.login(email, PASSWORD);
    assert_eq!(answer.status, 200, "{email}: {answer:?}");
    answer.json()["access_token"].clone()
}

fn talker(client: &Client, email: &str, thread: &str) -> Talker {
    let access = signed_in(client, email);
    let asked = json!({"placement": "support", "thread_id": thread});
    let grant = client.post("/api/chatkit/token").bearer(&access).json(&asked).send();
    assert_eq!(grant.status, 200, "{grant:?}");
    Talker { client: client.clone(), access, token: grant.json()["token"].clone() }
}

fn texts(items: &[Item]) -> Vec<String> {
    items
        .iter()
        .map(|item| match &item.kind {
            ItemKind::UserMessage { content, .. } => format!("user: {}", content[0].text()),
            ItemKind::AssistantMessage { content } => format!("assistant: {}", content[0].text),
            kind => panic!("{kind:?}"),
        })
        .collect()
}

fn upgrades(server: &Running) -> usize {
    server.events("auth.password_upgrade.success").len()
}

fn users_sign_in_with_their_old_passwords_and_find_their_chats(database: &TestDatabase) {
    let old = old_database(database, 40);
    migrated(database);
    said(database, &["import", "legacy", "--from", old.url()]);

    let server = Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let client = server.client();
    // One of each kind of hash: $2b$, $2a$, $2y$ and PBKDF2.
    for number in 0..4 {
        let token = signed_in(&client, &address(number));
        let me = client.me(&token).json();
        assert_eq!((&me["id"], &me["email"]), (&json!(user_id(number)), &json!(address(number))));
        assert_eq!(me["role"], if number % 3 == 0 { "Developer" } else { "Customer" });
        assert_eq!(client.login(&address(number), "another password").status, 401);
    }
    server.wait_for_output("auth.password_upgrade.success");
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while upgrades(&server) < 4 {
        assert!(std::time::Instant::now() < deadline, "{}", server.output());
        std::thread::sleep(Duration::from_millis(10));
    }
    for number in 0..4 {
        signed_in(&client, &address(number));
    }
    assert_eq!(upgrades(&server), 4, "each was upgraded once");

    // Of the accounts that share an address one is signed in to; who was shut out is.
    let token = signed_in(&client, "twin@example.org");
    assert_eq!(client.me(&token).json()["id"], "0dd00000-0000-4000-8000-000000000002");
    for shut_out in [12, 1] {
        let own = format!("0dd00000-0000-4000-8000-{shut_out:012}");
        for email in [format!("odd-{own}@example.org"), format!("{own}@set-aside.invalid")] {
            assert_eq!(client.login(&email, PASSWORD).status, 401, "{email}");
        }
    }

    let thread = thread_of(4);
    let ada = talker(&client, &address(4), &thread);
    let listed = ada.ask("threads.list", &json!({"limit": 9, "order": "asc"}));
    assert_eq!(listed["data"][0]["id"], format!("thr_{}", thread.replace('-', "")));
    let shown = ada.items(&thread, 2);
    assert_eq!(
        texts(&shown),
        ["user: Where is my invoice?", "assistant: It is on its way, user 4.", "user: Thank you!"]
    );
    let mut after = BTreeMap::new();
    ada.say(&thread, "hi").apply_to(&mut after);
    assert_eq!(ada.items(&thread, 100).len(), 3 + after.len(), "the talk goes on");
    let other = talker(&client, &address(8), &thread_of(8));
    other.send("threads.get_by_id", &json!({"thread_id": thread})).problem(404);
    drop(server);

    // What happened here since is not undone.
    let again = said(database, &["import", "legacy", "--from", old.url()]);
    assert!(again.ends_with("There was nothing new: nothing was changed.\n"), "{again}");
    assert!(said(database, &["audit", "verify"]).starts_with("whole:"));
    let server = Setup::on(database).start();
    signed_in(&server.client(), &address(3));
    assert_eq!(upgrades(&server), 0);
}

fn a_dry_run_says_what_a_run_does(database: &TestDatabase) {
    let old = old_database(database, 40);
    let reports = [database.folder().join("dry.jsonl"), database.folder().join("run.jsonl")];
    let [dry_report, report] = reports.each_ref().map(|path| path.to_str().unwrap());
    let dry = said(database, &["import", "legacy", "--from", old.url(), "--dry-run", "--report", dry_report]);
    assert!(dry.ends_with("This was a dry run: nothing was written.\n"), "{dry}");
    migrated(database);
    // The URL may be kept from other users of the machine.
    let url = database.folder().join("url.txt");
    std::fs::write(&url, format!("{}\n", old.url())).unwrap();
    let run = said(database, &["import", "legacy", "--from-file", url.to_str().unwrap(), "--report", report]);
    assert!(run.ends_with("Done.\n"), "{run}");
    assert_eq!(counts(&dry, "all"), counts(&run, "all"));
    let [read, brought, updated, there, left_out] = counts(&run, "all")[..] else { panic!("{run}") };
    assert_eq!(read, brought + updated + there + left_out);

    let [dry_report, report] = reports.map(|path| std::fs::read_to_string(path).unwrap());
    assert_eq!(dry_report, report);
    for line in report.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["table"].is_string() && line["kind"].is_string() && line["done"].is_string(), "{line}");
    }
    for secret in ["$2b$", "md5:", "AAEC", "example.org", "Odd"] {
        assert!(!report.contains(secret), "{secret}");
    }
}

fn an_import_that_is_killed_goes_on(database: &TestDatabase) {
    const USERS: usize = 3_000;
    let old = old_database(database, USERS);
    let expected = said(database, &["import", "legacy", "--from", old.url(), "--dry-run"]);
    migrated(database);
    let import = Setup::on(database).args(&["import", "legacy", "--from", old.url()]);
    for round in 0..6 {
        let mut child = import.spawn();
        std::thread::sleep(Duration::from_millis(150 + 120 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = import.output();
    let run = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{run}{}", String::from_utf8_lossy(&output.stderr));
    // It may have been done before it was killed for the last time.
    if run.ends_with("Done.\n") {
        assert_eq!(counts(&run, "all"), counts(&expected, "all"));
    }
    let again = said(database, &["import", "legacy", "--from", old.url()]);
    let [read, brought, updated, there, left_out] = counts(&again, "all")[..] else { panic!("{again}") };
    assert_eq!((brought, updated, read), (0, 0, there + left_out));
    assert_eq!(left_out, counts(&expected, "all")[4]);
    assert!(said(database, &["audit", "verify"]).starts_with("whole:"));
}

#[test]
fn what_cannot_be_read_is_told_without_the_password() {
    let database = TestDatabase::sqlite();
    for (url, code, told) in [
        ("mysql://u:hush@h/d", 2, "must begin with postgres://"),
        ("sqlite:///nowhere/old.db", 1, "there is no database at /nowhere/old.db"),
        ("postgresql+psycopg://u:hush@127.0.0.1:1/d", 1, "cannot connect to postgres://127.0.0.1:1/d"),
    ] {
        let output = Setup::on(&database).args(&["import", "legacy", "--from", url, "--dry-run"]).output();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(told) && !error.contains("hush"), "{error}");
    }
}
