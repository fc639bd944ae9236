//! A walk through the server, and what it tells afterwards.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use autorisen_testkit::model_server::{ModelServer, Play, responses_saying};
use serde_json::{Value, json};

use crate::promql::{self, Selector};
use crate::support::{PASSWORD, Running, Talker, TestDatabase};
use crate::{Told, admin_of, on_both_databases, promtool, told, with_metrics};

on_both_databases! {
    what_happens_is_told,
    the_dashboard_and_the_alerts_name_what_is_told,
    no_series_grows_with_users,
}

const MONITORING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/monitoring");

/// An answer that the server says was worth this many tokens.
fn saying(input: u64, output: u64) -> Play {
    let mut data = responses_saying(&["Good ", "day."]);
    let usage = json!({"input_tokens": input, "output_tokens": output, "total_tokens": input + output});
    *data.last_mut().unwrap() =
        json!({"type": "response.completed", "response": {"usage": usage}}).to_string();
    Play::Events { data, pause: Duration::ZERO }
}

fn walked(database: &TestDatabase) -> (Running, ModelServer) {
    let model = ModelServer::start([saying(30, 4), Play::Status(400, Vec::new()), saying(1, 1)]);
    let server = with_metrics(database)
        .set("OPENAI_API_KEY", "a key")
        .set("OPENAI_BASE_URL", &model.base_url())
        .set("AUTORISEN__CHAT__MODEL", "a-model")
        .set("AUTH_REFRESH_GRACE_SEC", "0")
        .start();
    let client = server.client();
    let ada = client.register("ada@example.org");
    client.me(&ada["access_token"]);
    client.get("/api/auth/me").send();
    client.get("/api/nothing/of/the/kind").send();
    for _ in 0..3 {
        client.login("ada@example.org", "it is not this one");
    }
    client.login("nobody@example.org", PASSWORD);
    assert_eq!(client.login("ada@example.org", PASSWORD).status, 200);
    for _ in 0..8 {
        client.login("bob@example.org", "it is not this one");
    }
    let renew =
        |token: &Value| client.post("/api/auth/refresh").json(&json!({"refresh_token": token})).send();
    assert_eq!(renew(&ada["refresh_token"]).status, 200);
    assert_eq!(renew(&ada["refresh_token"]).status, 401, "it was used before");
    assert_eq!(renew(&json!("no token")).status, 401);
    client.post("/api/chatkit/token").json(&json!({})).send();

    let talker = Talker::register(&client, "eve@example.org");
    let (thread, _) = talker.begin("Good day");
    talker.say(&thread, "And now?");
    (server, model)
}

fn what_happens_is_told(database: &TestDatabase) {
    let (server, _model) = walked(database);
    let before = told(&server);
    let expected = [
        ("autorisen_auth_registrations_total", &[("result", "success")][..], 2.0),
        ("autorisen_auth_logins_total", &[("result", "success")], 1.0),
        ("autorisen_auth_logins_total", &[("reason", "wrong_password")], 3.0),
        ("autorisen_auth_logins_total", &[("reason", "unknown_account")], 6.0),
        ("autorisen_ratelimit_denied_total", &[("action", "login")], 3.0),
        ("autorisen_auth_refreshes_total", &[("result", "success")], 1.0),
        ("autorisen_auth_refreshes_total", &[("reason", "reused")], 1.0),
        ("autorisen_auth_refreshes_total", &[("reason", "unknown_token")], 1.0),
        ("autorisen_chatkit_tokens_total", &[("reason", "not_authenticated")], 1.0),
        ("autorisen_chatkit_tokens_total", &[("result", "issued")], 1.0),
        ("autorisen_chat_answers_total", &[("end", "finished")], 1.0),
        ("autorisen_chat_answers_total", &[("end", "refused")], 1.0),
        ("autorisen_chat_streams", &[], 0.0),
        ("autorisen_upstream_calls_total", &[("call", "responses"), ("outcome", "done")], 1.0),
        ("autorisen_upstream_calls_total", &[("call", "responses"), ("outcome", "failed")], 1.0),
        ("autorisen_upstream_faults_total", &[("call", "responses"), ("fault", "refused")], 1.0),
        ("autorisen_upstream_first_byte_seconds_count", &[("call", "responses")], 1.0),
        ("autorisen_upstream_duration_seconds_count", &[("call", "responses")], 2.0),
        ("autorisen_model_tokens_total", &[("model", "a-model"), ("direction", "input")], 30.0),
        ("autorisen_model_tokens_total", &[("model", "a-model"), ("direction", "output")], 4.0),
        ("autorisen_ready", &[("check", "database")], 1.0),
        ("autorisen_ready", &[("check", "migrations")], 1.0),
        ("autorisen_ready", &[("check", "keys")], 1.0),
        ("autorisen_migrations", &[("state", "pending")], 0.0),
        ("autorisen_signing_keys", &[("state", "current")], 1.0),
        ("autorisen_signing_keys", &[("state", "next")], 1.0),
        ("autorisen_hashing_queue_capacity", &[], 64.0),
        ("autorisen_hashing_depth", &[], 0.0),
        ("autorisen_db_queue_capacity", &[("lane", "main")], 2_048.0),
        ("autorisen_http_faults_total", &[("kind", "overload")], 0.0),
        ("autorisen_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
    ];
    for (name, labels, value) in expected {
        let found = before.sum(name, labels);
        assert!((found - value).abs() < f64::EPSILON, "{name} {labels:?} is {found} and not {value}");
    }
    for (route, class) in [("/api/auth/me", "2xx"), ("/api/auth/me", "4xx"), ("unmatched", "4xx")] {
        let labels = [("method", "GET"), ("route", route), ("status", class)];
        let found = before.value("autorisen_http_requests_total", &labels);
        assert!((found - 1.0).abs() < f64::EPSILON, "{route} {class}: {found}");
    }
    // Two registrations, five checks of a password that some account has or not, and its renewal.
    assert!(before.value("autorisen_hashing_jobs_total", &[("outcome", "done")]) >= 12.0);
    assert!(before.value("autorisen_hashing_duration_seconds_sum", &[]) > 0.0);
    assert!(before.value("autorisen_chat_events_sent_total", &[]) > 8.0);
    assert!(before.value("autorisen_migrations", &[("state", "applied")]) >= 11.0);
    assert!(before.value("autorisen_db_connections", &[]) >= 1.0);
    assert!(before.sum("autorisen_db_jobs_total", &[("outcome", "done")]) > 40.0);
    assert!(before.sum("autorisen_db_wait_seconds_count", &[]) > 40.0);
    assert!(before.value("process_resident_memory_bytes", &[]) > 1e6);
    assert!(before.value("process_start_time_seconds", &[]) > 1.7e9);
    assert!(before.value("autorisen_signing_key_age_seconds", &[]) < 3_600.0);

    let after = told(&server);
    for name in before.metrics().filter(|name| before.kind(name) == Some("counter")) {
        assert!(after.sum(name, &[]) >= before.sum(name, &[]), "a count never falls: {name}");
    }
    let page = admin_of(&server).get("/metrics").send().body;
    for secret in ["@example.org", PASSWORD, "a key", "127.0.0.1"] {
        assert!(!page.contains(secret), "{secret}");
    }
    promtool(&["check", "metrics"], &page);
}

fn the_dashboard_and_the_alerts_name_what_is_told(database: &TestDatabase) {
    let (server, _model) = walked(database);
    let told = told(&server);
    let dashboard = std::fs::read_to_string(Path::new(MONITORING).join("dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut expressions = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            expressions.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    assert!(expressions.len() > 40, "{}", expressions.len());

    let rules = Path::new(MONITORING).join("alerts.yaml");
    let text = std::fs::read_to_string(&rules).unwrap();
    let alerts = text.matches("- alert:").count();
    let of_alerts: Vec<String> =
        text.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).map(str::to_owned).collect();
    assert!(alerts > 10 && of_alerts.len() == alerts, "{alerts} alerts, {} expressions", of_alerts.len());
    assert!(
        of_alerts.iter().all(|expression| !["|", ">"].contains(&expression.as_str())),
        "on one line each"
    );
    promtool(&["check", "rules", rules.to_str().unwrap()], "");

    let mut shown = BTreeSet::new();
    for expression in expressions.iter().chain(&of_alerts) {
        let named = promql::named(expression);
        assert!(!named.selectors.is_empty(), "{expression}");
        for selector in &named.selectors {
            check(selector, &told, expression);
            shown.insert(selector.metric.clone());
        }
        let known = |label: &String| {
            ["instance", "job"].contains(&label.as_str())
                || named.selectors.iter().any(|selector| !told.values(&selector.metric, label).is_empty())
        };
        assert!(named.groups.iter().all(known), "{:?} in {expression}", named.groups);
    }
    // What is told and shown nowhere might as well not be told.
    let hidden = ["autorisen_account_changes_total", "autorisen_signing_key_changes_total"];
    let hidden = [&hidden[..], &["process_virtual_memory_bytes", "process_threads"]].concat();
    for metric in told.metrics().filter(|metric| !hidden.contains(metric)) {
        let is_shown = shown.iter().any(|shown| shown == metric || *shown == format!("{metric}_bucket"));
        assert!(is_shown, "no panel shows {metric}");
    }
}

/// Each metric of an expression is told, has the labels that are compared, and has had each value.
fn check(Selector { metric, matchers }: &Selector, told: &Told, expression: &str) {
    if metric == "up" {
        return; // Prometheus makes it itself.
    }
    assert!(told.has(metric), "{metric} is not told: {expression}");
    for (label, text) in matchers.iter().filter(|(label, _)| label != "instance" && label != "job") {
        let values = told.values(metric, label);
        for value in text.split('|') {
            assert!(values.contains(value), "{label} of {metric} is never {value:?}: {expression}");
        }
    }
}

fn no_series_grows_with_users(database: &TestDatabase) {
    let server = with_metrics(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let client = server.client();
    let visit = |number: usize| {
        let talker = Talker::register(&client, &format!("user{number}@example.org"));
        let (thread, _) = talker.begin("hi");
        talker.say(&thread, "!tool");
        client.get(&format!("/api/auth/sessions/{number}")).send();
        client.request("DELETE", &format!("/api/auth/sessions/{number}")).send();
        client.get(&format!("/made/up/{number}?email=user{number}@example.org")).send();
        client.request(&format!("MADEUP{number}"), "/").send();
        client.login(&format!("user{number}@example.org"), "it is not this one");
    };
    (0..2).for_each(visit);
    let before = told(&server).series();
    (2..20).for_each(visit);
    assert_eq!(told(&server).series(), before);
}
