//! Chats on OpenAI's side: a token is a session there, and a login that ends leaves none open, whoever
//! ends it and whatever fails meanwhile.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::time::{Duration, Instant};

use autorisen_testkit::hosted_stub::{Fault, HostedStub, StubSettings};
use serde_json::{Value, json};

use support::{Answer, Client, PASSWORD, Setup, TestDatabase, registration};

on_both_databases! {
    a_token_is_a_session_of_the_other_side,
    a_logout_cancels_what_its_login_opened,
    every_way_to_end_logins_cancels,
    a_ban_by_another_process_is_seen,
    a_restart_and_a_fault_only_delay,
    every_fault_is_one_problem_and_none_is_ours,
    nothing_secret_is_written,
    the_self_hosted_protocol_is_not_spoken,
}

const EMAIL: &str = "ada@example.org";
const KEY: &str = "Marked-Key-of-the-hosted-side-77";
/// Long enough for a slow machine; reached only when something is wrong.
const PATIENCE: Duration = Duration::from_secs(100);

fn stub() -> HostedStub {
    HostedStub::start(StubSettings { key: KEY.to_owned(), ..StubSettings::default() }).unwrap()
}

fn setup(database: &TestDatabase, stub: &HostedStub) -> Setup {
    Setup::on(database)
        .set("CHATKIT_MODE", "hosted")
        .set("CHATKIT_API_BASE", &stub.base_url())
        .set("OPENAI_API_KEY", stub.key())
        .set("CHATKIT_WORKFLOW_ID", stub.workflow())
        .set("CHATKIT_WORKFLOW_VERSION", "")
        // The clients of a test keep their connections.
        .set("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "1")
}

fn ask(client: &Client, access: &Value) -> Answer {
    client.post("/api/chatkit/token").bearer(access).json(&json!({"placement": "admin"})).send()
}

/// Asks for a token, which is given.
fn token(client: &Client, access: &Value) -> Value {
    let answer = ask(client, access);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn logout(client: &Client, access: &Value, all: bool) {
    let answer = client.post("/api/auth/logout").bearer(access).json(&json!({"all_devices": all})).send();
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn login(client: &Client) -> Value {
    let answer = client.login(EMAIL, PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["access_token"].clone()
}

fn statuses(stub: &HostedStub) -> Vec<&'static str> {
    stub.sessions().iter().map(|session| session.status).collect()
}

/// Waits until the sessions, the oldest first, are like this.
#[track_caller]
fn wait_for(stub: &HostedStub, expected: &[&str]) {
    let deadline = Instant::now() + PATIENCE;
    while statuses(stub) != expected {
        assert!(Instant::now() < deadline, "{:?}, never {expected:?}", stub.sessions());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_token_is_a_session_of_the_other_side(database: &TestDatabase) {
    let stub = stub();
    let server = setup(database, &stub).start();
    let client = server.client();
    let access = client.register(EMAIL)["access_token"].clone();
    let answer = ask(&client, &access);
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let by_post = answer.json();
    let by_get = client.get("/api/chatkit/token?placement=admin").bearer(&access).send().json();
    let sessions = stub.sessions();
    assert_eq!(sessions.len(), 2, "each token is a session of its own");
    for (token, session) in [&by_post, &by_get].into_iter().zip(&sessions) {
        let mut names: Vec<_> = token.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "allowed_tools",
                "client_secret",
                "expires_after",
                "expires_at",
                "placement",
                "thread_id",
                "token",
                "user_id"
            ]
        );
        assert_eq!(token["client_secret"], *session.secret);
        assert_eq!(token["token"], *session.secret);
        assert_eq!((&token["expires_after"], &token["placement"]), (&json!(600), &json!("admin")));
        assert!(token["expires_at"].as_str().unwrap().ends_with('Z'), "{token}");
        assert_eq!(session.seconds, 600);
    }
    assert_eq!(sessions[0].user, sessions[1].user);
    assert!(sessions[0].user.starts_with("development:") && !sessions[0].user.contains("ada"));
    assert_eq!(stub.asked()[0].body["workflow"], json!({"id": stub.workflow()}), "and no version");

    let forged =
        json!({"user": "x", "user_id": "x", "workflow": {"id": "wf_other"}, "workflow_id": "wf_other"});
    let forged = client.post("/api/chatkit/token").bearer(&access).json(&forged).send();
    assert_eq!(forged.status, 200, "{forged:?}");
    assert_eq!(stub.sessions()[2].user, sessions[0].user);
    assert_eq!(stub.asked()[2].body["workflow"], json!({"id": stub.workflow()}));

    let nobody = client.post("/api/chatkit/token").json(&json!({})).send();
    assert_eq!(nobody.problem(401), "not_authenticated");
    let opened = server.events("chatkit.hosted_open.success");
    assert!(opened.len() == 3 && opened[0]["upstream_request_id"].is_string(), "{opened:?}");
    let ends = server.events("chatkit.hosted.ends");
    assert!(ends.len() == 1 && ends[0]["level"] == "warn", "{ends:?}");
    assert!(ends[0]["detail"].as_str().unwrap().contains("2026-11-30"));
}

fn a_logout_cancels_what_its_login_opened(database: &TestDatabase) {
    let stub = stub();
    let server = setup(database, &stub).start();
    let client = server.client();
    let first = client.register(EMAIL)["access_token"].clone();
    let second = login(&client);
    token(&client, &first);
    token(&client, &first);
    token(&client, &second);
    logout(&client, &first, false);
    wait_for(&stub, &["cancelled", "cancelled", "active"]);
    logout(&client, &second, true);
    wait_for(&stub, &["cancelled", "cancelled", "cancelled"]);
    assert_eq!(ask(&client, &second).problem(401), "token_revoked");
    server.wait_for_output("chatkit.hosted_cancel.success");
    let cancelled = server.events("chatkit.hosted_cancel.success");
    assert!(cancelled[0]["upstream_request_id"].is_string(), "{cancelled:?}");
}

fn every_way_to_end_logins_cancels(database: &TestDatabase) {
    let stub = stub();
    let server = setup(database, &stub).start();
    let client = server.client();
    client.register(EMAIL);
    let mut expected = Vec::new();
    let mut ended = |end: &dyn Fn(&Value, &Value)| {
        let (access, other) = (login(&client), login(&client));
        token(&client, &access);
        end(&access, &other);
        expected.push("cancelled");
        wait_for(&stub, &expected);
    };
    ended(&|_, other| {
        let answer = client.request("DELETE", "/api/auth/sessions").bearer(other).send();
        assert!(answer.status < 300, "{answer:?}");
    });
    ended(&|access, other| {
        let sessions = client.get("/api/auth/sessions").bearer(access).send().json();
        let own = sessions["sessions"].as_array().unwrap().iter().find(|session| session["current"] == true);
        let path = format!("/api/auth/sessions/{}", own.unwrap()["id"].as_str().unwrap());
        let answer = client.request("DELETE", &path).bearer(other).send();
        assert!(answer.status < 300, "{answer:?}");
    });
    ended(&|access, _| {
        let body = json!({"current_password": PASSWORD, "new_password": "a different long phrase"});
        let answer = client.post("/api/auth/password/change").bearer(access).json(&body).send();
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = json!({"current_password": "a different long phrase", "new_password": PASSWORD});
        let access = answer.json()["access_token"].clone();
        let answer = client.post("/api/auth/password/change").bearer(&access).json(&body).send();
        assert_eq!(answer.status, 200, "{answer:?}");
    });
    let command = |args: &[&str]| {
        let output = setup(database, &stub).args(args).output();
        assert!(output.status.success(), "{output:?}");
    };
    ended(&|_, _| command(&["user", "set-role", EMAIL, "customer"]));
    ended(&|_, _| command(&["user", "revoke-sessions", EMAIL]));

    let answer = client.login(EMAIL, PASSWORD).json();
    token(&client, &answer["access_token"]);
    let mut spent = answer["refresh_token"].clone();
    for _ in 0..2 {
        let refresh = client.post("/api/auth/refresh").json(&json!({"refresh_token": spent})).send();
        assert_eq!(refresh.status, 200, "{refresh:?}");
        spent = refresh.json()["refresh_token"].clone();
    }
    assert_eq!(statuses(&stub).last(), Some(&"active"));
    let reused = client.post("/api/auth/refresh").json(&json!({"refresh_token": answer["refresh_token"]}));
    assert_eq!(reused.send().status, 401);
    expected.push("cancelled");
    wait_for(&stub, &expected);
}

fn a_ban_by_another_process_is_seen(database: &TestDatabase) {
    let stub = stub();
    let setup = setup(database, &stub);
    let server = setup.start();
    let client = server.client();
    let access = client.register(EMAIL)["access_token"].clone();
    let other = client.register("grace@example.org")["access_token"].clone();
    token(&client, &access);
    token(&client, &other);
    let output = setup.args(&["user", "disable", EMAIL]).output();
    assert!(output.status.success(), "{output:?}");
    wait_for(&stub, &["cancelled", "active"]);
    assert_eq!(ask(&client, &access).status, 401);
}

fn a_restart_and_a_fault_only_delay(database: &TestDatabase) {
    let stub = stub();
    let setup = setup(database, &stub);
    let server = setup.start();
    let client = server.client();
    let access = client.register(EMAIL)["access_token"].clone();
    token(&client, &access);
    stub.go_down();
    logout(&client, &access, false);
    server.wait_for_output("chatkit.hosted_cancel.failure");
    let failed = server.events("chatkit.hosted_cancel.failure");
    assert_eq!(failed[0]["reason"], "unreachable", "{failed:?}");
    // Killed, as a machine is that loses its power.
    drop(server);
    stub.come_back();
    assert_eq!(statuses(&stub), ["active"]);
    let server = setup.start();
    wait_for(&stub, &["cancelled"]);
    server.wait_for_output("chatkit.hosted_cancel.success");
    assert_eq!(stub.sessions()[0].cancels, 1);
}

fn every_fault_is_one_problem_and_none_is_ours(database: &TestDatabase) {
    let status = |status| Fault::Status(status, Vec::new());
    for (fault, expected, code) in [
        (status(400), 502, "chatkit_misconfigured"),
        (status(401), 502, "chatkit_misconfigured"),
        (status(403), 502, "chatkit_misconfigured"),
        (status(404), 502, "chatkit_misconfigured"),
        (Fault::rate_limit("7"), 503, "chatkit_busy"),
        (Fault::Silent, 504, "chatkit_timeout"),
        (status(500), 502, "chatkit_failed"),
        (Fault::InvalidJson, 502, "chatkit_failed"),
        (Fault::Without("client_secret".to_owned()), 502, "chatkit_failed"),
        (Fault::CloseEarly, 502, "chatkit_failed"),
        (Fault::HangUp, 502, "chatkit_unreachable"),
    ] {
        let stub = stub();
        // All but one answer, however slow the machine is.
        let timeout = if fault == Fault::Silent { "1000" } else { "30000" };
        let server = setup(database, &stub).set("AUTORISEN__CHAT__HOSTED_TIMEOUT_MS", timeout).start();
        let client = server.client();
        let access = match client.login(EMAIL, PASSWORD) {
            answer if answer.status == 200 => answer.json()["access_token"].clone(),
            _ => client.register(EMAIL)["access_token"].clone(),
        };
        stub.fail([fault.clone(), fault.clone()]);
        let answer = ask(&client, &access);
        assert_eq!(answer.problem(expected), code, "{fault:?}");
        assert!(!answer.body.contains("asked for") && !answer.body.contains("Marked"), "{answer:?}");
        let waits = (expected == 503).then_some("7");
        assert_eq!(answer.header("retry-after"), waits, "{fault:?}");
        server.wait_for_output("http.request.fault");
        assert_eq!(client.me(&access).status, 200, "{fault:?}: its user is still signed in");
    }
    let stub = stub();
    let server = setup(database, &stub).set("CHATKIT_WORKFLOW_ID", "wf_of_somebody_else").start();
    let access = login(&server.client());
    let answer = ask(&server.client(), &access);
    assert_eq!(answer.problem(502), "chatkit_misconfigured");
    assert!(!answer.body.contains("not found") && !answer.body.contains("wf_"), "{answer:?}");
    server.wait_for_output("http.request.fault");
    assert!(server.output().contains("to its request req_"), "what to ask the other side about is logged");
}

fn nothing_secret_is_written(database: &TestDatabase) {
    let stub = stub();
    let setup = setup(database, &stub).set("LOG_LEVEL", "trace");
    let server = setup.start();
    let client = server.client();
    let access = client.register(EMAIL)["access_token"].clone();
    token(&client, &access);
    stub.fail([Fault::CloseEarly, Fault::InvalidJson, Fault::Without("expires_at".to_owned())]);
    for _ in 0..3 {
        assert_eq!(ask(&client, &access).status, 502);
    }
    stub.fail([Fault::Status(401, Vec::new())]);
    assert_eq!(ask(&client, &access).status, 502);
    logout(&client, &access, false);
    wait_for(&stub, &["cancelled", "active", "active", "active"]);
    server.terminate();
    let (status, output) = server.wait();
    assert_eq!(status.code(), Some(0));
    let printed = setup.args(&["config", "print"]).output();
    let output =
        output + &String::from_utf8_lossy(&printed.stdout) + &String::from_utf8_lossy(&printed.stderr);
    assert!(output.contains("chatkit.hosted_cancel.success"), "{output}");
    for session in stub.sessions() {
        assert!(!output.contains(&session.secret), "a secret is written");
    }
    for secret in [KEY, "Marked-", "cksess_", "ek_"] {
        let found = output.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret} is written");
    }
}

fn the_self_hosted_protocol_is_not_spoken(database: &TestDatabase) {
    let stub = stub();
    let server = setup(database, &stub).start();
    let client = server.client();
    let access = client.register(EMAIL)["access_token"].clone();
    let list = json!({"type": "threads.list", "params": {}});
    let answer = client.post("/api/chatkit").bearer(&access).json(&list).send();
    assert_eq!(answer.problem(404), "hosted_mode");
    let upload = client.post("/api/chatkit/attachments").bearer(&access).body("x").send();
    assert_eq!(upload.problem(404), "hosted_mode");
    // Tools are this server's in either mode.
    let payload = json!({"subject": "No light", "description": "It is dark in the hall."});
    let call = json!({"placement": "support", "payload": payload});
    let tool = client.post("/api/chatkit/tools/support.ticket").bearer(&access).json(&call).send();
    assert_eq!(tool.status, 200, "{tool:?}");
    assert_eq!(stub.asked().len(), 0);
}

#[test]
fn two_replicas_cancel_each_session_once() {
    let (database, stub) = (TestDatabase::postgres(), stub());
    let servers = [setup(&database, &stub).start(), setup(&database, &stub).start()];
    let mut logins = Vec::new();
    for number in 0..12 {
        let client = servers[number % 2].client();
        let email = format!("user{number}@example.org");
        let answer = client.post("/api/auth/register").json(&registration(&email)).send();
        let access = answer.json()["access_token"].clone();
        token(&client, &access);
        logins.push((servers[(number + 1) % 2].client(), access));
    }
    for (client, access) in &logins {
        logout(client, access, true);
    }
    wait_for(&stub, &["cancelled"; 12]);
    for server in servers {
        server.terminate();
        assert_eq!(server.wait().0.code(), Some(0));
    }
    assert!(stub.sessions().iter().all(|session| session.cancels == 1), "{:?}", stub.sessions());
}

#[test]
fn what_hosted_chats_need_is_demanded_at_the_start() {
    let database = TestDatabase::sqlite();
    let hosted = Setup::on(&database).set("CHATKIT_MODE", "hosted").args(&["config", "check"]);
    let output = hosted.output();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    for name in ["OPENAI_API_KEY is not set", "CHATKIT_WORKFLOW_ID is not set"] {
        assert!(told.contains(name), "{name}: {told}");
    }
    let unknown = Setup::on(&database).set("CHATKIT_MODE", "both").args(&["config", "check"]).output();
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(unknown.status.code() == Some(3) && told.contains("self-hosted, hosted"), "{told}");
    let names = Setup::on(&database).args(&["config", "print", "--names"]).output();
    let names = String::from_utf8(names.stdout).unwrap();
    for name in ["CHATKIT_MODE", "CHATKIT_API_BASE", "CHATKIT_WORKFLOW_ID", "CHATKIT_WORKFLOW_VERSION"] {
        assert!(names.contains(name), "{name}");
    }
}
