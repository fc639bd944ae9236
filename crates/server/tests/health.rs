//! Heartbeat and health, seen from outside.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::json;

use support::{PASSWORD, Setup, TestDatabase};

on_both_databases! {
    a_server_that_runs_says_so_everywhere,
    a_newer_schema_is_served_on_until_something_was_taken_away,
    an_edited_migration_leaves_the_server_unready,
}

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

/// What a newer version leaves of a migration that this one does not know.
fn newer(name: &str, contracts: bool) -> String {
    let version = &name[..4];
    format!(
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}'); \
         INSERT INTO migration_records (version, name, checksum, contracts) \
         VALUES ('{version}', '{name}', '{:064}', {contracts});",
        0
    )
}

fn a_newer_schema_is_served_on_until_something_was_taken_away(database: &TestDatabase) {
    let running = Setup::on(database).start();
    let client = running.client();
    client.register("ada@example.org");

    // A release that only adds: a table, and a column that the server does not fill.
    database.execute(
        "CREATE TABLE later (id BIGINT NOT NULL PRIMARY KEY); \
         ALTER TABLE users ADD COLUMN pronouns TEXT NOT NULL DEFAULT '';",
    );
    database.execute(&newer("9998_later", false));
    let ready = client.get("/api/health/ready").send();
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("ready")), "{ready:?}");
    client.register("bob@example.org");
    assert_eq!(client.login("ada@example.org", PASSWORD).status, 200);
    // One that is started then, as after a rollback, serves as well.
    let rolled_back = Setup::on(database).start();
    assert_eq!(rolled_back.client().get("/readyz").send().status, 200);
    rolled_back.client().register("eve@example.org");

    // One that takes away: this version may not know what it needs and no longer has.
    database.execute(&newer("9999_no_more", true));
    for server in [&running, &rolled_back, &Setup::on(database).start()] {
        for path in ["/api/health/ready", "/readyz"] {
            let unready = server.client().get(path).send();
            assert_eq!(unready.problem(503), "not_ready");
            assert!(unready.header("retry-after").is_some());
            let detail = unready.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("newer version") && detail.contains("9999_no_more"), "{detail}");
            assert!(!detail.contains("9998_later"), "{detail}");
        }
        assert_eq!(server.client().get("/api/health").send().status, 200, "the process runs");
    }
}

fn an_edited_migration_leaves_the_server_unready(database: &TestDatabase) {
    let server = Setup::on(database).start();
    database.execute(&format!(
        "UPDATE migration_records SET checksum = '{}' WHERE version = '0004'",
        "e".repeat(64)
    ));
    let unready = server.client().get("/api/health/ready").send();
    assert_eq!(unready.problem(503), "not_ready");
    assert!(unready.json()["detail"].as_str().unwrap().contains("0004_rate_limits"), "{unready:?}");
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
