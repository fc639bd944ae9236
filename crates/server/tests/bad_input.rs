//! Every route, with a table of bad input: a problem document with the right status, never a 5xx,
//! never a hang, nothing written.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use support::{Answer, Client, PASSWORD, Setup, TestDatabase};

on_both_databases! {
    no_body_of_any_kind_breaks_a_route,
    every_wrong_field_is_named,
    unknown_paths_and_methods_are_problems,
    tokens_that_are_not_ours_open_nothing,
    what_is_no_http_is_cut_off,
    no_account_comes_of_it,
}

/// Every route that takes a body, and whether a body that is empty is as good as none.
const ROUTES_WITH_BODY: [(&str, bool); 8] = [
    ("/api/auth/register", false),
    ("/api/auth/register/step1", false),
    ("/api/auth/register/step2", false),
    ("/api/auth/login", false),
    ("/api/auth/refresh", true),
    ("/api/auth/logout", true),
    ("/api/auth/password/change", false),
    ("/api/chatkit/token", true),
];

fn signed_in(client: &Client) -> Value {
    client.register("ada@example.org")["access_token"].clone()
}

/// Sends a body to a route as somebody who is signed in.
fn send(client: &Client, token: &Value, path: &str, body: &[u8]) -> Answer {
    client.post(path).bearer(token).header("content-type", "application/json").body(body).send()
}

fn no_body_of_any_kind_breaks_a_route(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let token = signed_in(&client);
    let deep = [b"[".repeat(20_000), b"]".repeat(20_000)].concat();
    let deep_object = [b"{\"profile\":".repeat(5_000), b"1".to_vec(), b"}".repeat(5_000)].concat();
    let malformed: [(&str, &[u8]); 9] = [
        ("not JSON", b"hello"),
        ("cut off", b"{\"email\":"),
        ("two values", b"{}{}"),
        ("deep", &deep),
        ("deep object", &deep_object),
        ("not UTF-8", b"{\"email\":\"\xff\xfe\"}"),
        ("a lone surrogate", b"{\"email\":\"\\ud800\"}"),
        ("a NUL", b"\0"),
        ("UTF-16", b"\xff\xfe{\0}\0"),
    ];
    let not_an_object: [&[u8]; 6] = [b"[]", b"null", b"1e999999", b"\"text\"", b"true", b"-1"];
    let huge = vec![b' '; 64 * 1024 + 1];
    for (path, empty_is_fine) in ROUTES_WITH_BODY {
        for (what, body) in malformed {
            let answer = send(&client, &token, path, body);
            assert_eq!(answer.problem(400), "malformed_json", "{path}: {what}");
        }
        for body in not_an_object {
            let answer = send(&client, &token, path, body);
            let code = if body == b"1e999999" { (400, "malformed_json") } else { (422, "not_an_object") };
            assert_eq!(answer.problem(code.0), code.1, "{path}: {body:?}");
        }
        assert_eq!(send(&client, &token, path, &huge).problem(413), "body_too_large", "{path}");
        if !empty_is_fine {
            assert_eq!(send(&client, &token, path, b"").problem(400), "malformed_json", "{path}");
        }
    }
}

fn every_wrong_field_is_named(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let token = signed_in(&client);
    let wrong_values = [json!(1), json!(true), json!([]), json!({}), json!(1.5e300)];
    let fields = [
        ("/api/auth/login", vec!["email", "password"]),
        ("/api/auth/register", vec!["email", "password", "first_name", "last_name", "role", "company_name"]),
        (
            "/api/auth/register/step1",
            vec!["email", "password", "confirm_password", "first_name", "last_name", "role"],
        ),
        ("/api/auth/refresh", vec!["refresh_token"]),
        ("/api/chatkit/token", vec!["placement", "thread_id"]),
    ];
    for (path, names) in fields {
        for wrong in &wrong_values {
            let body: Value = names
                .iter()
                .map(|name| ((*name).to_owned(), wrong.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let answer = send(&client, &token, path, body.to_string().as_bytes());
            assert_eq!(answer.problem(422), "invalid_fields", "{path}: {wrong}");
            let problem = answer.json();
            let named: Vec<&str> = problem["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|fault| fault["field"].as_str().unwrap())
                .collect();
            for name in &names {
                assert!(named.contains(name), "{path}: {name} is not named in {problem}");
            }
        }
    }

    let texts = [
        ("email", vec!["", "nobody", "a@b", "a\u{0}@example.org", "ａ@example.org"]),
        ("password", vec!["", "short", "twelve chars\u{0}!"]),
        ("first_name", vec!["", "   ", "a\u{0}b"]),
        ("role", vec!["", "admin", "Administrator"]),
    ];
    for (field, values) in texts {
        for value in values {
            let mut body = json!({
                "email": "new@example.org", "password": PASSWORD, "confirm_password": PASSWORD,
                "first_name": "N", "last_name": "N", "role": "Customer",
            });
            body[field] = json!(value);
            for path in ["/api/auth/register", "/api/auth/register/step1"] {
                let answer = send(&client, &token, path, body.to_string().as_bytes());
                assert_eq!(answer.problem(422), "invalid_fields", "{path} {field}: {value:?}");
                assert_eq!(answer.json()["errors"][0]["field"], field, "{answer:?}");
            }
        }
    }
    let long = json!({
        "email": "new@example.org", "password": "é".repeat(37), "first_name": "N", "last_name": "N",
    });
    let answer = send(&client, &token, "/api/auth/register", long.to_string().as_bytes());
    assert_eq!(answer.problem(422), "invalid_fields", "over 72 bytes is refused, never cut");
    assert!(answer.json()["detail"].as_str().unwrap().contains("72 bytes"));
}

fn unknown_paths_and_methods_are_problems(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    for path in [
        "/nothing",
        "/api",
        "/api/auth/nothing",
        "/api/auth/login/",
        "//api/auth/login",
        "/API/AUTH/LOGIN",
        "/api/auth/%6cogin/..",
        "/api/chatkit/unknown",
        "/wp-login.php",
        "/xmlrpc.php",
        "/%00",
        "/..%2f..%2fetc%2fpasswd",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            assert_eq!(client.request(method, path).send().problem(404), "not_found", "{method} {path}");
        }
    }
    for (path, _) in ROUTES_WITH_BODY {
        for method in ["PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            let answer = client.request(method, path).send();
            assert_eq!(answer.problem(405), "method_not_allowed", "{method} {path}");
            assert!(answer.header("allow").unwrap().contains("POST"), "{answer:?}");
        }
    }
    for path in
        ["/", "/api/health", "/api/auth/me", "/api/auth/csrf", "/robots.txt", "/.well-known/jwks.json"]
    {
        assert_eq!(client.post(path).send().problem(405), "method_not_allowed", "{path}");
    }
}

fn tokens_that_are_not_ours_open_nothing(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let tokens = client.register("ada@example.org");
    let good = tokens["access_token"].as_str().unwrap();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let chat = client.post("/api/chatkit/token").bearer(&tokens["access_token"]).send().json();
    let foreign = {
        let other = Setup::on(&TestDatabase::sqlite())
            .set("SECRET_KEY", "another secret key, also only for tests")
            .start();
        other.client().register("ada@example.org")
    };
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", message.split_once('.').unwrap().1);
    let huge = "a".repeat(6_000);
    let shown = [
        "",
        "x",
        "..",
        "a.b.c",
        good.strip_suffix('A').unwrap_or(&good[..good.len() - 2]),
        message,
        &unsigned,
        &huge,
        &format!("{message}.{}", signature.chars().rev().collect::<String>()),
        chat["token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
        foreign["access_token"].as_str().unwrap(),
    ];
    for token in shown {
        for (method, path) in
            [("GET", "/api/auth/me"), ("POST", "/api/chatkit/token"), ("POST", "/api/auth/logout")]
        {
            let answer =
                client.request(method, path).header("authorization", &format!("Bearer {token}")).send();
            answer.problem(401);
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer"), "{answer:?}");
        }
        let renewed = client.post("/api/auth/refresh").json(&json!({ "refresh_token": token })).send();
        if token != tokens["refresh_token"].as_str().unwrap() {
            assert_eq!(renewed.problem(401), "invalid_refresh_token", "{token}");
        }
    }
    let twice =
        client.get("/api/auth/me").bearer(&tokens["access_token"]).bearer(&tokens["access_token"]).send();
    assert_eq!(twice.problem(401), "invalid_token", "two headers are a contradiction");
    assert_eq!(
        client.get(&format!("/api/auth/me?access_token={good}")).send().problem(401),
        "not_authenticated"
    );
    let cookie = client.get("/api/auth/me").cookie("autorisen_session=garbage").send();
    assert_eq!(cookie.problem(401), "invalid_token");
}

fn what_is_no_http_is_cut_off(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(1 << 20));
    let many_headers = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(100_000));
    let smuggled = "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for garbage in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}",
        &long_path,
        &many_headers,
        smuggled,
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let _ = stream.write_all(garbage.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.take(64 * 1024).read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.get(9..12).unwrap_or("").to_owned();
        assert!(status.is_empty() || status.starts_with('4'), "{garbage:.40?}: {answer:.200}");
        assert_eq!(server.client().get("/api/health").send().status, 200, "others are served");
    }
}

fn no_account_comes_of_it(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let good = json!({
        "email": "new@example.org", "password": PASSWORD, "confirm_password": PASSWORD,
        "first_name": "N", "last_name": "N", "role": "Customer", "profile": {},
    });
    let wrong = [
        ("email", json!("nobody")),
        ("password", json!("short")),
        ("confirm_password", json!("another one, also long")),
        ("first_name", json!("")),
        ("last_name", json!(7)),
        ("role", json!("admin")),
        ("profile", json!([])),
        ("company_name", json!("c".repeat(101))),
        ("profile", json!({"x": "y".repeat(20_000)})),
    ];
    for path in ["/api/auth/register", "/api/auth/register/step1"] {
        for (field, value) in &wrong {
            let mut bad = good.clone();
            bad[field] = value.clone();
            let status = client.post(path).json(&bad).send().status;
            // The first step takes no profile and no company, so what it says of them is nothing.
            let ignored = path.ends_with("step1") && ["profile", "company_name"].contains(field);
            assert!(ignored || [400, 422].contains(&status), "{path} {field}: {status}");
        }
        let cut = &good.to_string()[..100];
        assert_eq!(client.post(path).body(cut).send().problem(400), "malformed_json");
    }
    let users = Setup::on(database).args(&["user", "list", "--json"]).output();
    let users: Value = serde_json::from_slice(&users.stdout).unwrap();
    assert_eq!(users["users"], json!([]));
}
