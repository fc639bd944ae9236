//! Every kind of token in every place that takes one: each opens only what it is made for.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use support::{Answer, Client, PASSWORD, Setup, TestDatabase};

const ADA: &str = "ada@example.org";

on_both_databases! {
    no_token_passes_as_another_at_any_place,
    a_token_counts_in_one_place_alone,
    a_token_of_a_megabyte_is_refused_as_a_head_that_is_too_long,
}

/// What clients hold, each kind good at this moment. ID tokens, links in mails and API keys do not exist.
const KINDS: [&str; 8] =
    ["access", "refresh", "session", "chat", "registration", "csrf", "device", "file link"];

/// A place, the kinds that belong there, and how a token is shown in it.
type Place = (&'static str, &'static [&'static str], fn(&Client, &str) -> Answer);

const PLACES: [Place; 11] = [
    ("bearer of a user", &["access"], |client, token| {
        client.get("/api/auth/me").bearer(&json!(token)).send()
    }),
    ("cookie of a session", &["session"], |client, token| {
        client.get("/api/auth/me").cookie(&format!("autorisen_session={token}")).send()
    }),
    ("bearer for a chat token", &["access"], |client, token| {
        client.post("/api/chatkit/token").bearer(&json!(token)).body("{}").send()
    }),
    ("bearer of a chat", &["access", "chat"], |client, token| {
        let list = json!({"type": "threads.list", "params": {}});
        client.post("/api/chatkit").bearer(&json!(token)).json(&list).send()
    }),
    ("cookie of a chat", &["session"], |client, token| {
        let list = json!({"type": "threads.list", "params": {}});
        client.post("/api/chatkit").cookie(&format!("autorisen_session={token}")).json(&list).send()
    }),
    ("CSRF pair", &["csrf"], |client, token| {
        let request = client.post("/api/auth/logout").header("x-csrf-token", token);
        request.cookie(&format!("autorisen_csrf={token}")).body("{}").send()
    }),
    ("file link", &["file link"], |client, token| {
        // Whole links alone are links; whatever else is shown is put in the place of the signature.
        let path = if token.starts_with('/') { token.to_owned() } else { link_signed(token) };
        client.request("PUT", &path).body("x").send()
    }),
    ("bearer of a registration", &["registration"], |client, token| {
        client.post("/api/auth/register/step2").bearer(&json!(token)).body("{}").send()
    }),
    ("refresh cookie", &["refresh"], |client, token| {
        client.post("/api/auth/refresh").cookie(&format!("refresh_token={token}")).body("{}").send()
    }),
    ("refresh cookie in cookie mode", &["refresh"], |client, token| {
        let request = client.post("/api/auth/refresh").cookie(&format!("autorisen_refresh={token}"));
        request.json(&json!({"session": "cookie"})).send()
    }),
    ("refresh token of a body", &["refresh"], |client, token| {
        client.post("/api/auth/refresh").json(&json!({"refresh_token": token})).send()
    }),
];

fn link_signed(signature: &str) -> String {
    let id = "00000000-0000-0000-0000-000000000000";
    // None of them has a character that a query may not have.
    format!("/api/chatkit/attachments/{id}?user={id}&expires=99999999999&signature={signature}")
}

fn no_token_passes_as_another_at_any_place(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let held = one_of_each(&client);
    // Strangers first: the right ones change what is held.
    for (place, takes, show) in PLACES {
        for (kind, token) in KINDS.iter().zip(&held).filter(|(kind, _)| !takes.contains(kind)) {
            let refused = show(&client, token);
            assert!([400, 401, 403, 404].contains(&refused.status), "{kind} as {place}: {refused:?}");
        }
    }
    // A mark of a device gives nothing, so nothing in its place is refused: the login counts alone.
    for (kind, token) in KINDS.iter().zip(&held) {
        let login = client.post("/api/auth/login").cookie(&format!("autorisen_device={token}"));
        let wrong = login.json(&json!({"email": ADA, "password": "wrong"})).send();
        assert_eq!(wrong.problem(401), "invalid_credentials", "{kind}");
        let login = client.post("/api/auth/login").cookie(&format!("autorisen_device={token}"));
        assert_eq!(login.json(&json!({"email": ADA, "password": PASSWORD})).send().status, 200, "{kind}");
    }
    for (place, takes, show) in PLACES {
        for (kind, token) in KINDS.iter().zip(&held).filter(|(kind, _)| takes.contains(kind)) {
            let taken = show(&client, token);
            assert!([200, 201].contains(&taken.status), "{kind} as {place}: {taken:?}");
        }
    }
}

/// One token of each kind, in the order of [`KINDS`].
fn one_of_each(client: &Client) -> Vec<String> {
    client.register(ADA);
    let login = client.login(ADA, PASSWORD);
    let tokens = login.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let value_of = |pair: String| pair.split_once('=').unwrap().1.to_owned();
    let chat = client.post("/api/chatkit/token").bearer(&tokens["access_token"]).body("{}").send().json();
    let file = json!({
        "type": "attachments.create", "params": {"name": "a.txt", "size": 1, "mime_type": "text/plain"},
    });
    let file = client.post("/api/chatkit").bearer(&tokens["access_token"]).json(&file).send().json();
    let begun = client.post("/api/auth/register/step1").json(&json!({
        "email": "grace@example.org", "first_name": "Grace", "last_name": "Example", "role": "Customer",
        "password": PASSWORD, "confirm_password": PASSWORD,
    }));
    vec![
        text(&tokens["access_token"]),
        text(&tokens["refresh_token"]),
        value_of(login.cookie("autorisen_session")),
        text(&chat["token"]),
        text(&begun.send().json()["temp_token"]),
        text(&client.get("/api/auth/csrf").send().json()["csrf_token"]),
        value_of(login.cookie("autorisen_device")),
        text(&file["upload_descriptor"]["url"]),
    ]
}

fn a_token_counts_in_one_place_alone(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let ada = client.register(ADA);
    let token = ada["access_token"].as_str().unwrap();
    let grace_cookie = {
        client.register("grace@example.org");
        client.login("grace@example.org", PASSWORD).cookie("autorisen_session")
    };
    for name in ["access_token", "token", "bearer_token", "authorization", "jwt", "session"] {
        let in_query = client.get(&format!("/api/auth/me?{name}={token}")).send();
        assert_eq!(in_query.problem(401), "not_authenticated", "{name} in the query");
        let in_body = client.post("/api/chatkit/token").json(&json!({name: token})).send();
        assert_eq!(in_body.problem(401), "not_authenticated", "{name} in the body");
        let in_header = client.get("/api/auth/me").header(&format!("x-{name}"), token).send();
        assert_eq!(in_header.problem(401), "not_authenticated", "{name} as a header");
        let in_cookie = client.get("/api/auth/me").cookie(&format!("{name}={token}")).send();
        assert_eq!(in_cookie.problem(401), "not_authenticated", "{name} as a cookie");
    }
    for scheme in ["Basic", "Token", "DPoP", "JWT", ""] {
        let shown = client.get("/api/auth/me").header("authorization", &format!("{scheme} {token}")).send();
        shown.problem(401);
    }
    let good = format!("Bearer {token}");
    for (one, two) in [(&*good, "Bearer x"), ("Bearer x", &*good), (&*good, &*good), ("Basic eDp5", &*good)] {
        for path in ["/api/auth/me", "/api/auth/sessions"] {
            let both = client.get(path).header("authorization", one).header("authorization", two).send();
            assert_eq!(both.problem(401), "invalid_token", "two headers never count as one of them");
        }
    }
    let contradiction =
        client.get("/api/auth/me").header("authorization", &good).cookie(&grace_cookie).send();
    assert_eq!(contradiction.problem(401), "invalid_token", "a header and somebody else's cookie");
    assert_eq!(client.get("/api/auth/me").header("authorization", &good).send().status, 200);
}

fn a_token_of_a_megabyte_is_refused_as_a_head_that_is_too_long(database: &TestDatabase) {
    let server = Setup::on(database).start();
    for (length, expected) in [(8_192, "401"), (1 << 20, "431")] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let token = "a".repeat(length);
        let head = format!(
            "GET /api/auth/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        // It may answer and hang up before all is sent.
        let _ = stream.write_all(head.as_bytes());
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {expected}"), "{length} bytes");
    }
}
