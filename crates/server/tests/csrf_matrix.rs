//! What a page of another site can do with a browser that is signed in here: nothing, whatever it
//! sends and however it is labelled.

mod support;

use serde_json::{Value, json};

use support::{Answer, PASSWORD, Request, Running, Setup, TestDatabase};

const SESSION: &str = "__Host-autorisen_session";

/// Headers of a request.
type Headers = &'static [(&'static str, &'static str)];

/// Where a request comes from, as a browser tells it, and whether it may change anything.
const SITES: [(&str, Headers, bool); 8] = [
    ("same-origin", &[("sec-fetch-site", "same-origin"), ("origin", "https://api.example.org")], true),
    ("same-origin, older browser", &[("origin", "https://api.example.org")], true),
    ("typed by the user", &[("sec-fetch-site", "none")], true),
    ("same-site", &[("sec-fetch-site", "same-site"), ("origin", "https://blog.example.org")], false),
    ("cross-site", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], false),
    ("cross-site, older browser", &[("origin", "https://evil.example")], false),
    ("null origin", &[("sec-fetch-site", "cross-site"), ("origin", "null")], false),
    ("null origin, older browser", &[("origin", "null")], false),
];

/// What a form or a script of a page can send, and whether it is read where it may come from.
const BODIES: [(&str, &str, bool); 4] = [
    ("application/json", "{\"all_devices\":true}", true),
    // The existing client's label; trap T1.
    ("text/plain;charset=UTF-8", "{\"all_devices\":true}", true),
    ("application/x-www-form-urlencoded", "all_devices=true", false),
    (
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=\"all_devices\"\r\n\r\ntrue\r\n--x--\r\n",
        false,
    ),
];

const HOLDERS: [Holder; 2] = [Holder::Cookie, Holder::Bearer];

/// How the session is shown.
#[derive(Debug, Clone, Copy)]
enum Holder {
    Cookie,
    Bearer,
}

/// A user who is signed in.
struct SignedIn {
    cookie: String,
    bearer: Value,
}

impl SignedIn {
    fn show(&self, holder: Holder, request: Request) -> Request {
        match holder {
            Holder::Cookie => request.cookie(&self.cookie),
            Holder::Bearer => request.bearer(&self.bearer),
        }
    }
}

#[test]
fn only_our_own_pages_end_sessions_whatever_they_show_and_send() {
    let (_database, server) = start();
    let mut signed_in = sign_in(&server);
    for holder in HOLDERS {
        for (site, headers, passes) in SITES {
            for (content_type, body, is_read) in BODIES {
                let case = format!("{holder:?}, {site}, {content_type}");
                let request = server.client().post("/api/auth/logout");
                let answer = send(signed_in.show(holder, request), headers, content_type, body);
                let is_live = server.client().get("/api/auth/me").cookie(&signed_in.cookie).send().status;
                match (passes, is_read) {
                    (true, true) => {
                        assert_eq!((answer.status, is_live), (200, 401), "{case}");
                        signed_in = sign_in(&server);
                    }
                    (true, false) => {
                        assert_eq!(answer.problem(400), "malformed_json", "{case}");
                        assert_eq!(is_live, 200, "{case}");
                    }
                    (false, _) => {
                        assert_eq!(answer.problem(403), "cross_origin", "{case}");
                        assert_eq!(is_live, 200, "{case}");
                        assert!(answer.header("set-cookie").is_none(), "{case}");
                        assert!(answer.header("access-control-allow-origin").is_none(), "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_unsafe_route_refuses_foreign_pages_before_anything_else() {
    let (_database, server) = start();
    let signed_in = sign_in(&server);
    let one = format!("/api/auth/sessions/{}", "00000000-0000-0000-0000-000000000000");
    let routes = [
        ("POST", "/api/auth/register"),
        ("POST", "/api/auth/register/step1"),
        ("POST", "/api/auth/register/step2"),
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/refresh"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/chatkit/token"),
        ("DELETE", "/api/auth/sessions"),
        ("DELETE", one.as_str()),
        ("PUT", "/api/auth/me"),
        ("PATCH", "/"),
    ];
    for (method, path) in routes {
        for holder in HOLDERS {
            for (site, headers, passes) in SITES {
                for (content_type, body, _) in BODIES {
                    if passes {
                        continue;
                    }
                    let request = server.client().request(method, path);
                    let answer = send(signed_in.show(holder, request), headers, content_type, body);
                    let case = format!("{method} {path}, {holder:?}, {site}, {content_type}");
                    assert_eq!(answer.problem(403), "cross_origin", "{case}");
                }
            }
        }
    }
}

#[test]
fn a_foreign_page_signs_nobody_in() {
    let (_database, server) = start();
    sign_in(&server);
    let body = json!({"email": "ada@example.org", "password": PASSWORD}).to_string();
    for (site, headers, passes) in SITES {
        for content_type in ["application/json", "text/plain"] {
            let answer = send(server.client().post("/api/auth/login"), headers, content_type, &body);
            assert_eq!(answer.status, if passes { 200 } else { 403 }, "{site}, {content_type}");
            assert_eq!(answer.header("set-cookie").is_some(), passes, "{site}, {content_type}");
        }
    }
}

fn start() -> (TestDatabase, Running) {
    let database = TestDatabase::sqlite();
    let setup = Setup::on(&database)
        .set("FRONTEND_ORIGIN", "https://app.example.org")
        .set("AUTORISEN__SERVER__PUBLIC_URL", "https://api.example.org");
    let server = setup.start();
    server.client().register("ada@example.org");
    (database, server)
}

fn sign_in(server: &Running) -> SignedIn {
    let answer = server.client().login("ada@example.org", PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    SignedIn { cookie: answer.cookie(SESSION), bearer: answer.json()["access_token"].clone() }
}

fn send(request: Request, headers: Headers, content_type: &str, body: &str) -> Answer {
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    request.header("content-type", content_type).body(body).send()
}
