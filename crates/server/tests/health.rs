//! Heartbeat and health, seen from outside.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::json;

use support::{Setup, TestDatabase};

on_both_databases! { a_server_that_runs_says_so_everywhere }

fn a_server_that_runs_says_so_everywhere(database: &TestDatabase) {
    let server = Setup::on(database).set("APP_VERSION", "v1.2.3").set("APP_ENV", "test").start();
    let client = server.client();
    let bodies = [
        ("/", json!({"status": "ok", "service": "autorisen", "version": "v1.2.3", "health": "/api/health"})),
        ("/api/health", json!({"status": "ok", "version": "v1.2.3", "env": "test"})),
        ("/healthz", json!({"status": "ok", "version": "v1.2.3", "env": "test"})),
        ("/api/health/alive", json!({"alive": true})),
        ("/api/health/ping", json!({"ping": "pong", "version": "v1.2.3"})),
        ("/api/health/ready", json!({"status": "ready", "checks": ["database", "migrations", "keys"]})),
        ("/readyz", json!({"status": "ready", "checks": ["database", "migrations", "keys"]})),
        ("/api/auth/health", json!({"ok": true})),
    ];
    for (path, body) in bodies {
        let answer = client.get(path).send();
        assert_eq!((answer.status, answer.json()), (200, body), "{path}");
        let head = client.request("HEAD", path).send();
        assert_eq!((head.status, head.body.as_str()), (200, ""), "HEAD {path}");
        assert_eq!(head.header("content-length"), answer.header("content-length"), "HEAD {path}");
    }
    assert!(client.get("/robots.txt").send().body.contains("Disallow: /wp-"));
    let icon = client.get("/favicon.ico").send();
    assert_eq!(
        (icon.status, icon.body.as_str(), icon.header("content-type")),
        (200, "", Some("image/x-icon"))
    );
    let keys = client.get("/.well-known/jwks.json").send().json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert!(keys["keys"][0].get("d").is_none(), "no private half");
}

#[test]
fn a_postgres_without_tables_leaves_the_server_unready_until_it_has_them() {
    let database = TestDatabase::postgres();
    let server = Setup::on(&database).args(&["serve"]).start();
    let client = server.client();
    assert_eq!(client.get("/api/health").send().status, 200);
    let unready = client.get("/api/health/ready").send();
    assert_eq!(unready.problem(503), "not_ready");
    assert!(unready.header("retry-after").is_some());
    let detail = unready.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("0001_users") && detail.contains("migrate up"), "{detail}");
    assert_eq!(client.login("ada@example.org", "anything").problem(503), "unavailable");

    let migrated = Setup::on(&database).args(&["migrate", "up"]).output();
    assert!(migrated.status.success(), "{migrated:?}");
    let ready = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        client.get("/readyz").send().status == 200
    });
    assert!(ready, "{}", server.output());
    client.register("ada@example.org");
}

#[test]
fn a_database_that_is_gone_is_told_and_nobody_is_taken_for_signed_out() {
    let database = TestDatabase::sqlite();
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable";
    let server = Setup::on(&database).set("DATABASE_URL", nowhere).args(&["serve"]).start();
    let client = server.client();
    assert_eq!(client.get("/api/health").send().status, 200);
    assert_eq!(client.get("/readyz").send().problem(503), "not_ready");
    let login = client.login("ada@example.org", "anything");
    assert_eq!(login.problem(503), "unavailable");
    assert!(login.header("retry-after").is_some());
    server.wait_for_output("http.request.fault");
}
