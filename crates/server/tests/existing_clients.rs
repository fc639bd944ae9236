//! The two generations of the existing client, replayed request by request as they send them, with
//! what each of them needs from every answer.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::thread;

use serde_json::{Value, json};

use support::{Answer, Browser, Client, Setup, TestDatabase};

on_both_databases! {
    the_client_of_2025_registers_and_is_signed_in,
    the_client_of_2025_signs_in_chats_renews_and_leaves,
    the_client_of_2025_shows_what_went_wrong,
    two_tabs_of_the_client_of_2025_do_not_disturb_each_other,
    a_development_client_of_2025_calls_from_its_own_port,
    the_client_of_2026_registers_in_one_call_and_gets_a_token_bundle,
    the_client_of_2026_gets_over_a_stale_csrf_token,
    the_client_of_2026_renews_and_leaves_by_its_cookies,
}

const EMAIL: &str = "ada@example.org";
/// One that the rule of both clients lets through.
const PASSWORD: &str = "Correct-Horse-77-Battery";
const JSON: (&str, &str) = ("content-type", "application/json");
/// How a browser labels a text that the client gives no label (T1).
const TEXT: (&str, &str) = ("content-type", "text/plain;charset=UTF-8");

/// A page that is served with the API, as the clients are in production.
fn page(client: &Client) -> Browser<'_> {
    Browser::new(client, "https://autorisen.example", "same-origin")
}

/// `GET /auth/csrf`, which both clients call before their first unsafe request, and keep.
fn csrf(page: &Browser<'_>) -> String {
    let answer = page.send("GET", "/api/auth/csrf", &[JSON], None);
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = text(&answer.json()["csrf_token"]);
    assert_eq!(page.cookie("autorisen_csrf").as_ref(), Some(&token), "the two halves of the pair");
    token
}

fn register(page: &Browser<'_>) -> Value {
    let csrf = csrf(page);
    let step1 = json!({
        "email": " Ada@Example.org ", "first_name": "Ada", "last_name": "Example", "password": PASSWORD,
        "confirm_password": PASSWORD, "role": "Customer", "recaptcha_token": "dev-bypass-token",
    });
    let answer = page.send(
        "POST",
        "/api/auth/register/step1",
        &[JSON, ("x-csrf-token", &csrf)],
        Some(&step1.to_string()),
    );
    assert_eq!(answer.status, 201, "{answer:?}");
    let bearer = format!("Bearer {}", text(&answer.json()["temp_token"]));
    let step2 = json!({
        "company_name": "Example Works",
        "profile": {
            "industry": "energy", "company_size": "11-50", "use_cases": ["support", "reports"],
            "budget_range": "1000-5000",
        },
    });
    let answer = page.send(
        "POST",
        "/api/auth/register/step2",
        &[JSON, ("x-csrf-token", &csrf), ("authorization", &bearer)],
        Some(&step2.to_string()),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn login(page: &Browser<'_>, csrf: &str) -> Answer {
    let body = json!({"email": EMAIL, "password": PASSWORD});
    page.send("POST", "/api/auth/login", &[JSON, ("x-csrf-token", csrf)], Some(&body.to_string()))
}

fn the_client_of_2025_registers_and_is_signed_in(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);

    // Before anything else it tells of the step that is shown (T8).
    let seen = json!({"event_type": "step_view", "step": null, "role": null, "details": null});
    let token = csrf(&page);
    let headers = [JSON, ("x-csrf-token", token.as_str())];
    let told = page.send("POST", "/api/auth/analytics/track", &headers, Some(&seen.to_string()));
    assert_eq!(told.status, 202, "{told:?}");

    let registered = register(&page);
    for name in ["access_token", "refresh_token", "expires_at"] {
        assert!(registered[name].is_string(), "{name}: {registered}");
    }
    let user = &registered["user"];
    assert_eq!(user["role"], "Customer", "which the client compares as it stands (T7)");
    assert_eq!(user["email"], EMAIL);
    for name in ["id", "first_name", "last_name", "is_active", "email_verified", "company_name", "profile"] {
        assert!(!user[name].is_null(), "{name}: {user}");
    }
    let me = get_as(&page, "/api/auth/me", &registered["access_token"]);
    assert_eq!((me.status, &me.json()["id"]), (200, &user["id"]));
}

fn the_client_of_2025_signs_in_chats_renews_and_leaves(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);
    register(&page);

    let token = csrf(&page);
    let answer = login(&page, &token);
    assert_eq!(answer.status, 200, "{answer:?}");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "bearer");
    let ends = text(&tokens["expires_at"]);
    assert!(ends.ends_with('Z'), "the client plans its renewal by it (T4): {ends}");
    assert!(tokens["expires_in"].as_u64().unwrap() > 60, "or it would renew without end (T4)");

    let me = get_as(&page, "/api/auth/me", &tokens["access_token"]);
    assert_eq!(me.status, 200, "{me:?}");
    for name in ["id", "email", "first_name", "last_name", "role", "is_active", "email_verified"] {
        assert!(!me.json()[name].is_null(), "{name}: {me:?}");
    }

    // The provider sends cookies and no bearer token, and may name no placement (T9).
    for body in [r#"{"placement":"support"}"#, "{}"] {
        let chat = page.send("POST", "/api/chatkit/token", &[JSON], Some(body));
        assert_eq!(chat.status, 200, "{chat:?}");
        assert!(!text(&chat.json()["client_secret"]).is_empty());
    }

    // Two effects of the page renew with one token within milliseconds, by a body that is labelled as
    // text (T1, T3).
    let body = json!({"refresh_token": tokens["refresh_token"]}).to_string();
    let renew = || client.post("/api/auth/refresh").header(TEXT.0, TEXT.1).body(body.as_str()).send();
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(renew);
        let second = scope.spawn(renew);
        (first.join().unwrap(), second.join().unwrap())
    });
    for renewed in [&first, &second] {
        assert_eq!(renewed.status, 200, "{renewed:?}");
        for name in ["access_token", "refresh_token", "expires_at"] {
            assert!(renewed.json()[name].is_string(), "{name}: {renewed:?}");
        }
        assert_eq!(get_as(&page, "/api/auth/me", &renewed.json()["access_token"]).status, 200);
    }

    // It leaves with cookies, the CSRF pair, a label for a body and no body (T2).
    let left = page.send("POST", "/api/auth/logout", &[JSON, ("x-csrf-token", &token)], None);
    assert_eq!(left.status, 200, "{left:?}");
    assert_eq!(page.cookie("refresh_token"), None);
    for shown in [&tokens, &first.json(), &second.json()] {
        assert_eq!(get_as(&page, "/api/auth/me", &shown["access_token"]).problem(401), "token_revoked");
    }
    let again = page.send("POST", "/api/auth/logout", &[JSON, ("x-csrf-token", &token)], None);
    assert_eq!(again.status, 200, "leaving twice is no fault");
}

fn the_client_of_2025_shows_what_went_wrong(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);
    register(&page);
    let token = csrf(&page);
    let headers = [JSON, ("x-csrf-token", token.as_str())];
    let wrong = json!({"email": EMAIL, "password": "wrong"}).to_string();
    let refused = [
        (page.send("POST", "/api/auth/login", &headers, Some(&wrong)), 401),
        (page.send("POST", "/api/auth/login", &headers, Some(r#"{"email":"ada"}"#)), 422),
        (page.send("POST", "/api/auth/register/step1", &headers, Some("{}")), 422),
        (page.send("POST", "/api/auth/register/step2", &headers, Some("{}")), 401),
        (page.send("POST", "/api/auth/refresh", &[TEXT], Some(r#"{"refresh_token":"spent"}"#)), 401),
        (page.send("GET", "/api/auth/me", &[JSON, ("authorization", "Bearer x")], None), 401),
        (page.send("POST", "/api/auth/login", &[JSON], Some(&wrong)), 403),
    ];
    for (answer, status) in &refused {
        answer.problem(*status);
        // A text is shown as it is; a list would be shown as JSON (T6).
        assert!(answer.json()["detail"].is_string(), "{answer:?}");
    }
    let [.., (without_pair, _)] = &refused;
    assert!(text(&without_pair.json()["detail"]).contains("CSRF"));
}

fn two_tabs_of_the_client_of_2025_do_not_disturb_each_other(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);
    register(&page);
    let (first, second) = (csrf(&page), csrf(&page));
    assert_eq!(first, second, "the cookie of the second tab is the first one's as well (T5)");
    assert_eq!(login(&page, &first).status, 200);
    assert_eq!(login(&page, &second).status, 200);
}

fn a_development_client_of_2025_calls_from_its_own_port(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    for origin in ["http://localhost:3000", "http://localhost:5173"] {
        let page = Browser::new(&client, origin, "same-site");
        let preflight = page.preflight("POST", "/api/auth/login", "content-type,x-csrf-token");
        assert_eq!(preflight.header("access-control-allow-origin"), Some(origin), "{preflight:?}");
        let allowed = preflight.header("access-control-allow-headers").unwrap().to_lowercase();
        assert!(allowed.contains("x-csrf-token"), "{allowed} (T10)");
        let token = csrf(&page);
        let answer = login(&page, &token);
        assert_eq!(answer.problem(401), "invalid_credentials", "it has been let through");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    }
}

/// What the client of 2026 sends to register; it knows of terms and of codes.
fn register_in_one_call(page: &Browser<'_>) -> Value {
    let token = csrf(page);
    let body = json!({
        "email": EMAIL, "first_name": "Ada", "last_name": "Example", "password": PASSWORD,
        "confirm_password": PASSWORD, "role": "Developer", "recaptcha_token": "dev-bypass-token",
        "terms_accepted": true, "company_name": "",
        "profile": {"skills": ["rust"], "experience_level": "senior", "portfolio_link": "", "availability": "now"},
    });
    let headers = [JSON, ("x-csrf-token", token.as_str())];
    let answer = page.send("POST", "/api/auth/register", &headers, Some(&body.to_string()));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

fn the_client_of_2026_registers_in_one_call_and_gets_a_token_bundle(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);
    let registered = register_in_one_call(&page);
    assert_eq!(registered["user"]["profile"]["skills"], json!(["rust"]));

    let token = csrf(&page);
    let tokens = login(&page, &token).json();
    assert!(tokens["email_verified"].is_boolean(), "{tokens}");
    assert!(tokens["expires_at"].is_string(), "{tokens}");
    let access = &tokens["access_token"];

    // Its line for `me` is `me.profile ?? me`.
    let me = get_as(&page, "/api/auth/me", access).json();
    let profile = me.get("profile").unwrap_or(&me);
    for name in ["id", "email", "first_name", "last_name", "company_name", "email_verified"] {
        assert!(!profile[name].is_null(), "{name}: {me}");
    }

    let first = get_as(&page, "/api/chatkit/token?placement=onboarding&thread_id=", access);
    assert_eq!(first.status, 200, "{first:?}");
    let bundle = first.json();
    for name in ["token", "thread_id", "expires_at"] {
        assert!(!text(&bundle[name]).is_empty(), "{name}: {bundle}");
    }
    assert_eq!(bundle["placement"], "onboarding");
    assert_eq!(bundle["allowed_tools"], json!(["onboarding.plan", "onboarding.checklist"]));
    let thread = text(&bundle["thread_id"]);
    let path = format!("/api/chatkit/token?placement=onboarding&thread_id={thread}");
    assert_eq!(get_as(&page, &path, access).json()["thread_id"], bundle["thread_id"]);

    let call = json!({"placement": "onboarding", "thread_id": thread, "payload": {"role": "developer"}});
    let bearer = format!("Bearer {}", text(access));
    let called = page.send(
        "POST",
        "/api/chatkit/tools/onboarding.plan",
        &[JSON, ("authorization", &bearer), ("x-csrf-token", &token)],
        Some(&call.to_string()),
    );
    assert_eq!(called.status, 200, "{called:?}");
    for name in ["thread_id", "tool_name", "result", "event_id", "allowed_tools"] {
        assert!(!called.json()[name].is_null(), "{name}: {called:?}");
    }
}

fn the_client_of_2026_gets_over_a_stale_csrf_token(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);
    register_in_one_call(&page);
    // What it has kept is of a page that was loaded long ago.
    let refused = login(&page, "c3RhbGU.1700000000.00");
    assert_eq!(refused.problem(403), "csrf");
    assert!(text(&refused.json()["detail"]).to_lowercase().contains("csrf"), "by that it knows");
    let again = login(&page, &csrf(&page));
    assert_eq!(again.status, 200, "{again:?}");
}

fn the_client_of_2026_renews_and_leaves_by_its_cookies(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let page = page(&client);
    register_in_one_call(&page);
    let token = csrf(&page);
    let tokens = login(&page, &token).json();

    // It renews without a CSRF header, though the cookie of the pair goes along.
    assert!(page.cookie("autorisen_csrf").is_some());
    let renewed = page.send("POST", "/api/auth/refresh", &[JSON], Some("{}"));
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert!(renewed.json()["expires_at"].is_string());

    // It leaves with whatever of the three names for the header its version has.
    let left = page.send("POST", "/api/auth/logout", &[JSON, ("x-xsrf-token", &token)], Some("{}"));
    assert!([200, 204].contains(&left.status), "{left:?}");
    for shown in [&tokens, &renewed.json()] {
        assert_eq!(get_as(&page, "/api/auth/me", &shown["access_token"]).problem(401), "token_revoked");
    }
    let over = page.send("POST", "/api/auth/refresh", &[JSON], Some("{}"));
    assert_eq!(over.status, 401, "by which it knows that it is signed out: {over:?}");
}

fn get_as(page: &Browser<'_>, path: &str, token: &Value) -> Answer {
    page.send("GET", path, &[JSON, ("authorization", &format!("Bearer {}", text(token)))], None)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
