//! What a browser may do: the origin rule, the CSRF pair, CORS, security headers, cookies.

mod support;

use serde_json::json;

use support::{PASSWORD, Setup, TestDatabase};

fn start() -> (TestDatabase, support::Running) {
    let database = TestDatabase::sqlite();
    let setup = Setup::on(&database)
        .set("FRONTEND_ORIGIN", "https://app.example.org")
        .set("AUTORISEN__SERVER__PUBLIC_URL", "https://api.example.org");
    let server = setup.start();
    (database, server)
}

#[test]
fn only_pages_of_known_origins_change_anything() {
    let (_database, server) = start();
    let own = format!("http://{}", server.address());
    let cases: [(&[(&str, &str)], bool); 14] = [
        (&[], true),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", "https://app.example.org")], true),
        (&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], false),
        (&[("origin", "https://api.example.org")], true),
        (&[("origin", &own)], true),
        (&[("origin", "null")], false),
        (&[("origin", "https://evil-app.example.org")], false),
        (&[("origin", "https://app.example.org.evil.example")], false),
        (&[("origin", "http://app.example.org")], false),
        (&[("origin", "https://app.example.org:8443")], false),
    ];
    for (headers, passes) in cases {
        for (content_type, body) in
            [("application/json", "{}"), ("text/plain", "{}"), ("application/x-www-form-urlencoded", "a=b")]
        {
            let request =
                server.client().post("/api/auth/login").header("content-type", content_type).body(body);
            let answer =
                headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send();
            if passes {
                assert_ne!(answer.status, 403, "{headers:?}");
            } else {
                assert_eq!(answer.problem(403), "cross_origin", "{headers:?}");
            }
        }
        let read = server.client().get("/api/health");
        let read = headers.iter().fold(read, |request, (name, value)| request.header(name, value)).send();
        assert_eq!(read.status, 200, "reading is free: {headers:?}");
    }
}

#[test]
fn a_csrf_pair_that_is_half_there_forged_or_unequal_is_refused() {
    let (_database, server) = start();
    let client = server.client();
    let csrf = client.get("/api/auth/csrf").send();
    let token = csrf.json()["csrf_token"].as_str().unwrap_or_default().to_owned();
    let cookie = csrf.cookie("autorisen_csrf");
    let last = if token.ends_with('0') { '4' } else { '0' };
    let forged = format!("{}{last}", &token[..token.len() - 1]);
    let again = client.get("/api/auth/csrf").cookie(&cookie).send();
    assert_eq!(again.json()["csrf_token"], token.as_str(), "a second tab gets the token that is good");

    let cases = [
        (Some(token.as_str()), Some(cookie.clone()), None),
        (None, None, None),
        (Some(&token), None, Some("Missing CSRF token")),
        (None, Some(cookie.clone()), Some("Missing CSRF token")),
        (Some("other"), Some(cookie.clone()), Some("CSRF token mismatch")),
        (Some(&forged), Some(format!("autorisen_csrf={forged}")), Some("Invalid CSRF token")),
        (Some("x"), Some("autorisen_csrf=x".to_owned()), Some("Invalid CSRF token")),
    ];
    for path in [
        "/api/auth/login",
        "/api/auth/logout",
        "/api/auth/password/change",
        "/api/auth/register/step1",
        "/api/auth/register/step2",
    ] {
        for (header, cookie, detail) in &cases {
            let mut request = client.post(path).body("{}");
            if let Some(header) = header {
                request = request.header("x-csrf-token", header);
            }
            if let Some(cookie) = cookie {
                request = request.cookie(cookie);
            }
            let answer = request.send();
            match detail {
                None => assert_ne!(answer.status, 403, "{path}: {answer:?}"),
                Some(detail) => {
                    assert_eq!(answer.problem(403), "csrf", "{path}");
                    assert_eq!(answer.json()["detail"], *detail, "{path}");
                }
            }
        }
    }
}

#[test]
fn preflights_let_the_client_through_and_nobody_else() {
    let (_database, server) = start();
    let preflight = |origin: &str| {
        server
            .client()
            .request("OPTIONS", "/api/auth/login")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-csrf-token,chatkit-frame-instance-id")
            .send()
    };
    let allowed = preflight("https://app.example.org");
    assert_eq!(allowed.status, 200, "{allowed:?}");
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert_eq!(allowed.header("access-control-allow-credentials"), Some("true"));
    let headers = allowed.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
    for name in ["content-type", "x-csrf-token", "chatkit-frame-instance-id"] {
        assert!(headers.contains(name), "{name} is not in {headers}");
    }
    for origin in ["https://evil.example", "null", "https://evil-app.example.org", "http://app.example.org"] {
        assert_eq!(preflight(origin).header("access-control-allow-origin"), None, "{origin}");
    }
    let refused =
        server.client().post("/api/auth/login").header("origin", "https://app.example.org").body("x").send();
    assert_eq!(refused.problem(400), "malformed_json");
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("https://app.example.org"),
        "also on errors"
    );
}

#[test]
fn security_headers_are_on_every_answer() {
    let (_database, server) = start();
    let client = server.client();
    let answers = [
        client.get("/").send(),
        client.get("/nothing").send(),
        client.post("/").send(),
        client.get("/api/auth/me").send(),
        client.post("/api/auth/login").body("x").send(),
        client.post("/api/auth/login").header("origin", "https://evil.example").send(),
    ];
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            (
                "content-security-policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}: {answer:?}");
        }
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 36), "{answer:?}");
    }
}

#[test]
fn cookies_are_for_https_alone_where_the_public_url_is() {
    let (_database, server) = start();
    let client = server.client();
    client.register("ada@example.org");
    let login = client
        .post("/api/auth/login")
        .json(&json!({"email": "ada@example.org", "password": PASSWORD}))
        .send();
    let session = login.cookie_line("__Host-autorisen_session");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(attribute), "{session}");
    }
    assert!(!session.contains("Domain"), "{session}");
    let refresh = login.cookie_line("refresh_token");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/api/auth"] {
        assert!(refresh.contains(attribute), "{refresh}");
    }
    let unprefixed = login.cookie("__Host-autorisen_session").replace("__Host-", "");
    assert_eq!(client.get("/api/auth/me").cookie(&unprefixed).send().problem(401), "not_authenticated");
}

#[test]
fn a_sane_request_id_is_kept_and_another_is_replaced() {
    let (_database, server) = start();
    let answer_id = |id: &str| {
        let answer = server.client().get("/api/health").header("x-request-id", id).send();
        answer.header("x-request-id").unwrap_or_default().to_owned()
    };
    assert_eq!(answer_id("heroku-1234_5.6"), "heroku-1234_5.6");
    for id in ["", "a b", "a\"b", "a{b}", &"a".repeat(129)] {
        assert_ne!(answer_id(id), id);
        assert_eq!(answer_id(id).len(), 36);
    }
}
