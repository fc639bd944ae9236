//! A session in cookies alone: what the answers carry and what they do not, over fakes.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::time::Duration;

use actix_web::test::TestRequest;
use autorisen_testkit::fixtures::{PASSWORD, text_of};
use serde_json::{Value, json};

use support::{Answer, Surface, names};

const ADA: &str = "ada@example.org";
const SESSION: &str = "__Host-autorisen_session";
const REFRESH: &str = "__Secure-autorisen_refresh";
const OTHER_REFRESH: &str = "refresh_token";

#[actix_web::test]
async fn a_login_in_cookie_mode_answers_no_token() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let answer = login(&surface, &json!("cookie"), "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(names(&answer.json()), ["email_verified", "expires_at", "session"]);
    assert_eq!(answer.json()["session"], "cookie");
    let idle = surface.world.settings.session.idle;
    assert_eq!(answer.json()["expires_at"], rfc3339_days_after_now(idle), "the session's idle limit");
    no_secret_in_the_body(&answer);

    let line = cookie_line(&answer, SESSION).unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(line.contains(attribute), "{line}");
    }
    let absolute = format!("Max-Age={}", surface.world.settings.session.absolute.as_secs());
    for name in [SESSION, REFRESH] {
        let line = cookie_line(&answer, name).unwrap();
        assert!(line.contains(&absolute), "it need not be sent again when the session is renewed: {line}");
        assert!(line.contains("HttpOnly") && line.contains("Secure"), "{line}");
    }
    assert_eq!(cookie_line(&answer, OTHER_REFRESH), None, "what could get a token in a body is not there");
    assert_eq!(get(&surface, "/api/auth/me", &jar(&answer)).await.status, 200);
}

#[actix_web::test]
async fn every_way_to_a_session_has_both_modes() {
    let surface = Surface::new().await;
    let mut body = registration("one@example.org");
    body["session"] = json!("cookie");
    let registered = surface.post("/api/auth/register", &body).await;
    assert_eq!(registered.status, 201);
    assert_eq!(names(&registered.json()), ["expires_at", "session", "user"]);
    no_secret_in_the_body(&registered);

    let started = surface.post("/api/auth/register/step1", &registration("two@example.org")).await;
    let bearer = format!("Bearer {}", started.json()["temp_token"].as_str().unwrap());
    let step2 = TestRequest::post().uri("/api/auth/register/step2").insert_header(("authorization", bearer));
    let finished = surface.send(step2.set_json(json!({"session": "cookie"}))).await;
    assert_eq!(finished.status, 200);
    assert_eq!(names(&finished.json()), ["expires_at", "session", "user"]);
    no_secret_in_the_body(&finished);

    for answer in [&registered, &finished] {
        let renewed = refresh(&surface, &json!({"session": "cookie"}), &jar(answer)).await;
        assert_eq!(renewed.status, 200);
        assert_eq!(names(&renewed.json()), ["expires_at", "session"]);
        no_secret_in_the_body(&renewed);
        assert!(cookie_line(&renewed, REFRESH).is_some());
        assert_eq!(get(&surface, "/api/auth/me", &jar(answer)).await.status, 200);
    }
}

#[actix_web::test]
async fn without_the_member_or_with_null_all_is_as_before() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let answer = login(&surface, &Value::Null, "").await;
    let expected =
        ["access_token", "email_verified", "expires_at", "expires_in", "refresh_token", "token_type"];
    assert_eq!(names(&answer.json()), expected);
    assert!(cookie_line(&answer, SESSION).is_some() && cookie_line(&answer, OTHER_REFRESH).is_some());
    assert_eq!(cookie_line(&answer, REFRESH), None);
}

#[actix_web::test]
async fn an_unknown_mode_is_a_fault_of_its_field() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let mut body = registration("grace@example.org");
    for mode in [json!("Cookie"), json!("token"), json!(""), json!(true), json!(["cookie"]), json!({})] {
        body["session"] = mode.clone();
        for answer in [
            login(&surface, &mode, "").await,
            surface.post("/api/auth/register", &body).await,
            refresh(&surface, &json!({"session": mode}), "").await,
        ] {
            assert_eq!(answer.problem(422), "invalid_fields", "{mode}");
            assert_eq!(answer.json()["errors"][0]["field"], "session", "{mode}");
            assert!(answer.header("set-cookie").is_none(), "{mode}");
        }
    }
    let both = surface.post("/api/auth/login", &json!({"session": "x"})).await;
    assert_eq!(both.json()["errors"].as_array().unwrap().len(), 3, "every fault is named at once");
}

#[actix_web::test]
async fn a_script_that_asks_for_tokens_gets_none_from_the_cookies_of_cookie_mode() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let jar = jar(&login(&surface, &json!("cookie"), "").await);
    for body in [json!({}), json!({"session": null}), json!({"refresh_token": ""})] {
        let answer = refresh(&surface, &body, &jar).await;
        assert_eq!(answer.problem(401), "invalid_refresh_token", "{body}");
    }
    let renewed = refresh(&surface, &json!({"session": "cookie"}), &jar).await;
    assert_eq!(renewed.status, 200, "and nothing was spent by trying");
}

#[actix_web::test]
async fn a_renewal_in_cookie_mode_reads_no_token_from_the_body() {
    let surface = Surface::new().await;
    let ada = surface.world.register(ADA).await;
    let body = json!({"session": "cookie", "refresh_token": text_of(&ada.refresh)});
    assert_eq!(refresh(&surface, &body, "").await.problem(401), "invalid_refresh_token");
    assert_eq!(refresh(&surface, &json!({"refresh_token": text_of(&ada.refresh)}), "").await.status, 200);
}

#[actix_web::test]
async fn a_front_end_changes_over_without_a_login() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let jar = jar(&login(&surface, &Value::Null, "").await);
    let changed = refresh(&surface, &json!({"session": "cookie"}), &jar).await;
    no_secret_in_the_body(&changed);
    assert!(cookie_line(&changed, REFRESH).is_some());
    assert!(cookie_line(&changed, OTHER_REFRESH).unwrap().contains("Max-Age=0"), "the old one goes");
}

#[actix_web::test]
async fn a_login_with_tokens_takes_the_other_refresh_cookie_away() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let jar = jar(&login(&surface, &json!("cookie"), "").await);
    let answer = login(&surface, &Value::Null, &jar).await;
    assert!(cookie_line(&answer, REFRESH).unwrap().contains("Max-Age=0"));
}

#[actix_web::test]
async fn a_new_login_of_a_browser_ends_the_session_it_had() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let first = jar(&login(&surface, &json!("cookie"), "").await);
    let second = jar(&login(&surface, &json!("cookie"), &first).await);
    assert_eq!(get(&surface, "/api/auth/me", &first).await.problem(401), "token_revoked");
    assert_eq!(get(&surface, "/api/auth/me", &second).await.status, 200);

    let with_tokens = login(&surface, &Value::Null, &second).await;
    assert_eq!(with_tokens.status, 200);
    assert_eq!(get(&surface, "/api/auth/me", &second).await.status, 200, "its tokens may be in use");
    let body = json!({"email": ADA, "password": "wrong", "session": "cookie"});
    let request = TestRequest::post().uri("/api/auth/login").insert_header(("cookie", second.clone()));
    assert_eq!(surface.send(request.set_json(body)).await.status, 401);
    assert_eq!(get(&surface, "/api/auth/me", &second).await.status, 200, "nobody signed in");
}

#[actix_web::test]
async fn a_login_counts_although_the_old_session_cannot_be_ended() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let first = jar(&login(&surface, &json!("cookie"), "").await);
    surface.world.store.break_down("end session");
    let second = login(&surface, &json!("cookie"), &first).await;
    assert_eq!(second.status, 200);
    assert_eq!(surface.log.faults.lock().unwrap().len(), 1, "the cause is told to the log");
}

#[actix_web::test]
async fn everything_works_with_the_cookie() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let jar = jar(&login(&surface, &json!("cookie"), "").await);
    for path in ["/api/auth/me", "/api/auth/sessions", "/api/chatkit/token"] {
        assert_eq!(get(&surface, path, &jar).await.status, 200, "{path}");
    }
    let chat = TestRequest::post().uri("/api/chatkit/token").insert_header(("cookie", jar.clone()));
    assert_eq!(surface.send(chat).await.status, 200);
    let others = TestRequest::delete().uri("/api/auth/sessions").insert_header(("cookie", jar.clone()));
    assert_eq!(surface.send(others).await.status, 204);
    let logout = TestRequest::post().uri("/api/auth/logout").insert_header(("cookie", jar.clone()));
    assert_eq!(surface.send(logout).await.status, 200);
    assert_eq!(get(&surface, "/api/auth/me", &jar).await.problem(401), "token_revoked");
}

#[actix_web::test]
async fn a_session_in_use_is_renewed_without_a_cookie_being_sent_again() {
    let surface = Surface::new().await;
    surface.world.register(ADA).await;
    let jar = jar(&login(&surface, &json!("cookie"), "").await);
    let idle = surface.world.settings.session.idle;
    for _ in 0..3 {
        surface.world.clock.advance(idle.saturating_sub(Duration::from_secs(1)));
        let answer = get(&surface, "/api/auth/me", &jar).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("set-cookie").is_none());
    }
    let renewed = refresh(&surface, &json!({"session": "cookie"}), &jar).await;
    assert_eq!(renewed.status, 200, "the refresh token was renewed with it");
}

#[actix_web::test]
async fn a_logout_lets_the_browser_forget_what_it_can_without_harm() {
    let surface = Surface::new().await;
    let ada = surface.world.register(ADA).await;
    let bearer = format!("Bearer {}", text_of(&ada.access));
    let cookie_mode = jar(&login(&surface, &json!("cookie"), "").await);
    let with_tokens = jar(&login(&surface, &Value::Null, "").await);
    let storage = "\"storage\"";
    for (what, header, expected) in [
        ("cookie mode", ("cookie", cookie_mode.as_str()), Some(storage)),
        ("cookie mode, signed out before", ("cookie", cookie_mode.as_str()), Some(storage)),
        (
            "the existing client, whose CSRF pair must survive",
            ("cookie", with_tokens.as_str()),
            Some(storage),
        ),
        ("a client that looks after its tokens", ("authorization", bearer.as_str()), None),
    ] {
        let request = TestRequest::post().uri("/api/auth/logout").insert_header(header);
        let answer = surface.send(request).await;
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(answer.header("clear-site-data"), expected, "{what}");
        assert!(cookie_line(&answer, "__Host-autorisen_device").is_none(), "{what}: the device stays known");
        for name in [SESSION, REFRESH, OTHER_REFRESH] {
            assert!(cookie_line(&answer, name).unwrap().contains("Max-Age=0"), "{what}: {name}");
        }
    }

    let again = login(&surface, &json!("cookie"), "").await;
    let id = get(&surface, "/api/auth/sessions", &jar(&again)).await.json()["sessions"][0]["id"].clone();
    let one = format!("/api/auth/sessions/{}", id.as_str().unwrap());
    let request = TestRequest::delete().uri(&one).insert_header(("cookie", jar(&again)));
    let ended = surface.send(request).await;
    assert_eq!((ended.status, ended.header("clear-site-data")), (204, Some(storage)));
    assert!(get(&surface, "/api/auth/me", "").await.header("clear-site-data").is_none());
}

#[actix_web::test]
async fn answers_say_that_they_differ_from_user_to_user() {
    let surface = Surface::new().await;
    for path in ["/api/auth/me", "/api/auth/sessions", "/api/auth/nothing", "/api/chatkit/token"] {
        let answer = surface.get(path).await;
        let vary: Vec<&str> = answer.headers.get_all("vary").map(|line| line.to_str().unwrap()).collect();
        assert!(vary.join(", ").contains("Cookie, Authorization"), "{path}: {vary:?}");
        assert!(vary.join(", ").contains("Origin"), "{path}: {vary:?}");
    }
    assert!(!format!("{:?}", surface.get("/.well-known/jwks.json").await.headers).contains("Authorization"));
}

async fn login(surface: &Surface, mode: &Value, cookies: &str) -> Answer {
    let body = json!({"email": ADA, "password": PASSWORD, "session": mode});
    let request = TestRequest::post().uri("/api/auth/login").insert_header(("cookie", cookies.to_owned()));
    surface.send(request.set_json(body)).await
}

async fn refresh(surface: &Surface, body: &Value, cookies: &str) -> Answer {
    let request = TestRequest::post().uri("/api/auth/refresh").insert_header(("cookie", cookies.to_owned()));
    surface.send(request.set_json(body)).await
}

async fn get(surface: &Surface, path: &str, cookies: &str) -> Answer {
    surface.send(TestRequest::get().uri(path).insert_header(("cookie", cookies.to_owned()))).await
}

fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": PASSWORD, "confirm_password": PASSWORD, "first_name": "Ada",
        "last_name": "Example", "role": "Customer",
    })
}

fn cookie_line(answer: &Answer, name: &str) -> Option<String> {
    let mut lines = answer.headers.get_all("set-cookie").map(|line| line.to_str().unwrap());
    lines.find(|line| line.starts_with(&format!("{name}="))).map(str::to_owned)
}

/// The cookies that a browser keeps of this answer.
fn jar(answer: &Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").map(|line| line.to_str().unwrap());
    let kept: Vec<&str> = lines
        .filter(|line| !line.contains("Max-Age=0"))
        .map(|line| line.split(';').next().unwrap())
        .collect();
    kept.join("; ")
}

/// None of the values of its cookies is in the body, nor anything that looks like a signed token.
fn no_secret_in_the_body(answer: &Answer) {
    let body = String::from_utf8_lossy(&answer.body);
    let held = jar(answer);
    assert!(!held.is_empty());
    for pair in held.split("; ") {
        let (name, value) = pair.split_once('=').unwrap();
        assert!(!body.contains(value), "the value of {name} is in {body}");
    }
    assert!(!body.contains("token"), "{body}");
}

fn rfc3339_days_after_now(span: Duration) -> String {
    // `NOW` is the first moment of 2026 and a fraction.
    let days = span.as_secs() / (24 * 60 * 60);
    format!("2026-01-{:02}T00:00:00.123456Z", days + 1)
}
