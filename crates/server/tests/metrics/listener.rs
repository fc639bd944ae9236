//! The listener of its own: who is let in, and what becomes of a taken address.

use std::net::TcpListener;

use crate::support::{Client, Setup, TestDatabase};
use crate::{admin_of, with_metrics};

const TOKEN: &str = "a token that is only for tests, and long";

#[test]
fn the_public_port_never_serves_metrics() {
    let database = TestDatabase::sqlite();
    let server = with_metrics(&database).set("AUTORISEN__ADMIN__TOKEN", TOKEN).start();
    let bearer = format!("Bearer {TOKEN}");
    for path in [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/api/metrics",
        "/%6detrics",
        "/api/../metrics",
        "/admin/metrics",
    ] {
        let answer = server.client().get(path).header("authorization", &bearer).send();
        assert!(answer.status == 404 && !answer.body.contains("autorisen_"), "{path}: {answer:?}");
    }
    assert_eq!(admin_of(&server).get("/metrics").header("authorization", &bearer).send().status, 200);
    assert_eq!(admin_of(&server).get("/api/health").header("authorization", &bearer).send().status, 404);
}

#[test]
fn who_has_not_the_token_is_refused_and_it_is_in_no_log() {
    let database = TestDatabase::sqlite();
    std::fs::write(database.folder().join("token"), format!("{TOKEN}\n")).unwrap();
    let server = with_metrics(&database).set("AUTORISEN__ADMIN__TOKEN_FILE", "token").start();
    let admin = admin_of(&server);
    assert_eq!(admin.get("/metrics").send().problem_without_id(401), "not_authenticated");
    let wrong = admin.get("/metrics").header("authorization", "Bearer wrong").send();
    assert_eq!(wrong.problem_without_id(401), "invalid_token");
    assert!(wrong.header("www-authenticate").is_some());
    assert_eq!(admin.get("/metrics").header("authorization", &format!("Bearer {TOKEN}")).send().status, 200);
    // An access token of a user opens nothing here.
    let user = server.client().register("ada@example.org");
    assert_eq!(admin.get("/metrics").bearer(&user["access_token"]).send().status, 401);
    assert!(!server.output().contains(TOKEN));
}

#[test]
fn without_a_token_a_page_that_was_led_here_is_refused() {
    let database = TestDatabase::sqlite();
    let server = with_metrics(&database).start();
    let answer = admin_of(&server).get("/metrics").header("host", "evil.example.org").send();
    assert_eq!(answer.problem_without_id(403), "wrong_host");
}

#[test]
fn other_machines_need_a_token_and_production_a_good_one() {
    let database = TestDatabase::sqlite();
    let faults = |setup: &Setup| {
        let output = setup.clone().args(&["config", "check"]).output();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let open = with_metrics(&database).set("AUTORISEN__ADMIN__HOST", "0.0.0.0");
    let (code, told) = faults(&open);
    assert_eq!(code, Some(3), "{told}");
    for part in ["AUTORISEN__ADMIN__TOKEN is not set", "openssl rand", "AUTORISEN__ADMIN__HOST at 127.0.0.1"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(faults(&open.clone().set("AUTORISEN__ADMIN__LISTENER", "off")).0, Some(0));
    assert_eq!(faults(&open.clone().set("AUTORISEN__ADMIN__TOKEN", TOKEN)).0, Some(0));
    let production = open
        .set("APP_ENV", "production")
        .set("DISABLE_RECAPTCHA", "true")
        .set("AUTORISEN__AUTH__BCRYPT_COST", "10")
        .set("RATE_LIMIT_PER_MIN", "60");
    let (code, told) = faults(&production.set("AUTORISEN__ADMIN__TOKEN", "short"));
    assert!(code == Some(3) && told.contains("AUTORISEN__ADMIN__TOKEN is shorter than 32"), "{told}");
}

#[test]
fn a_taken_port_stops_the_start_only_where_that_is_asked() {
    let database = TestDatabase::sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let setup = with_metrics(&database).set("AUTORISEN__ADMIN__PORT", &port);
    let failed = setup.output();
    let told = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port} for metrics")), "{told}");
    assert!(told.contains("AUTORISEN__ADMIN__PORT") && told.contains("in use"), "{told}");

    let server = setup.set("AUTORISEN__ADMIN__LISTENER", "auto").start();
    assert_eq!(server.events("admin.listen.failure").len(), 1);
    assert_eq!(server.client().get("/readyz").send().status, 200);
    drop(taken);
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    server.wait_for_output("admin.start");
    assert_eq!(Client::of_operator(address).get("/metrics").send().status, 200);
    assert_eq!(server.events("admin.listen.failure").len(), 1, "it is said once");
    server.terminate();
    assert!(server.wait().0.success());
}

#[test]
fn a_database_that_is_away_is_told_in_time() {
    let database = TestDatabase::sqlite();
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable";
    let server = with_metrics(&database).set("DATABASE_URL", nowhere).args(&["serve"]).start();
    let told = crate::told(&server);
    for check in ["database", "keys"] {
        assert!(told.value("autorisen_ready", &[("check", check)]) < 0.5, "{check}");
    }
    assert!(told.sum("autorisen_db_jobs_total", &[("outcome", "failed")]) > 0.0);
}
