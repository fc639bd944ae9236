//! The audit from outside: what is in it after a few calls, and what its commands say.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::process::Output;

use serde_json::{Value, json};

use support::{PASSWORD, Setup, TestDatabase};

on_both_databases! {
    every_login_and_its_end_is_in_the_audit_with_the_address_of_the_client,
    a_row_that_somebody_changed_is_named,
}

fn run(database: &TestDatabase, args: &[&str]) -> Output {
    Setup::on(database).args(args).output()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn rows(database: &TestDatabase) -> Vec<Value> {
    let exported = run(database, &["audit", "export"]);
    assert!(exported.status.success(), "{exported:?}");
    text(&exported).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn every_login_and_its_end_is_in_the_audit_with_the_address_of_the_client(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__SERVER__TRUSTED_PROXY_HOPS", "1").start();
    let client = server.client();
    client.register("ada@example.org");
    let credentials = |email: &str, password: &str| json!({"email": email, "password": password});
    let login = |credentials: Value| {
        let request = client.post("/api/auth/login").header("X-Forwarded-For", "203.0.113.9, 2001:db8::7");
        request.header("X-Request-Id", "the-login-of-ada").json(&credentials).send()
    };
    login(credentials("ada@example.org", "another password")).problem(401);
    login(credentials("nobody@example.org", PASSWORD)).problem(401);
    let signed_in = login(credentials("ada@example.org", PASSWORD)).json();
    let logout = client.post("/api/auth/logout").bearer(&signed_in["access_token"]).send();
    assert_eq!(logout.status, 200, "{logout:?}");

    let rows = rows(database);
    let actions: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    let expected = [
        "account.registered",
        "login.refused.wrong_password",
        "login.refused.unknown_account",
        "login.succeeded",
        "session.ended.logout",
    ];
    assert_eq!(actions, expected);
    for row in &rows[1..4] {
        assert_eq!(row["client_ip"], "2001:db8::7", "what the proxy says, and nothing that the client says");
        assert_eq!(row["request_id"], "the-login-of-ada");
    }
    assert_eq!(rows[1]["account_id"], rows[0]["account_id"]);
    assert_eq!(rows[2]["account_id"], Value::Null);
    assert_eq!(rows[4]["session_id"], rows[3]["session_id"]);
    let later = run(database, &["audit", "export", "--after", "4"]);
    assert_eq!(text(&later).lines().count(), 1);
    let verified = run(database, &["audit", "verify"]);
    assert!(verified.status.success() && text(&verified).starts_with("whole: 5 rows"), "{verified:?}");
}

fn a_row_that_somebody_changed_is_named(database: &TestDatabase) {
    let server = Setup::on(database).start();
    for user in 0..3 {
        server.client().register(&format!("user-{user}@example.org"));
    }
    server.terminate();
    server.wait();
    let whole: Value = serde_json::from_str(&text(&run(database, &["audit", "verify", "--json"]))).unwrap();
    assert_eq!((&whole["whole"], &whole["rows"]), (&json!(true), &json!(3)));
    let expect = whole["hash"].as_str().unwrap();
    assert!(run(database, &["audit", "verify", "--expect", expect]).status.success());
    let another = run(database, &["audit", "verify", "--expect", &"0f".repeat(32)]);
    assert_eq!(another.status.code(), Some(4), "{another:?}");

    database.execute("UPDATE audit_log SET client_ip = '192.0.2.99' WHERE seq = 2");
    let broken = run(database, &["audit", "verify"]);
    assert_eq!(broken.status.code(), Some(4), "{broken:?}");
    assert_eq!(text(&broken), "BROKEN after 1 rows: row 2: it is not what was written\n");
}
