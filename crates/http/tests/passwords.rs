//! The route that changes a password: statuses, bodies, cookies, over fakes.

mod support;

use actix_web::test::TestRequest;
use autorisen_domain::auth::SignedIn;
use autorisen_testkit::fixtures::{PASSWORD, text_of};
use serde_json::{Value, json};

use support::{Answer, Surface};

const PATH: &str = "/api/auth/password/change";
const NEW: &str = "a wholly different phrase";

fn request(body: &Value) -> TestRequest {
    TestRequest::post().uri(PATH).set_json(body)
}

fn bearer(signed_in: &SignedIn) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", text_of(&signed_in.access)))
}

async fn change(surface: &Surface, who: &SignedIn, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    surface.send(request(&body).insert_header(bearer(who))).await
}

#[actix_web::test]
async fn a_change_answers_like_a_login_and_ends_the_session_that_asked() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let answer = change(&surface, &ada, PASSWORD, NEW).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let login = surface.post("/api/auth/login", &json!({"email": "ada@example.org", "password": NEW})).await;
    let names = |answer: &Answer| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&answer), names(&login));
    let cookies = |answer: &Answer| {
        let lines = answer.headers.get_all("set-cookie");
        lines.map(|line| line.to_str().unwrap().split('=').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(cookies(&answer), cookies(&login));

    let me = |token: String| {
        let header = ("authorization", format!("Bearer {token}"));
        surface.send(TestRequest::get().uri("/api/auth/me").insert_header(header))
    };
    assert_eq!(me(text_of(&ada.access).to_owned()).await.problem(401), "token_revoked");
    assert_eq!(me(answer.json()["access_token"].as_str().unwrap().to_owned()).await.status, 200);
}

#[actix_web::test]
async fn a_page_in_cookie_mode_gets_no_token() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let cookie = ("cookie", format!("__Host-autorisen_session={}", text_of(&ada.cookie)));
    let body = json!({"current_password": PASSWORD, "new_password": NEW, "session": "cookie"});
    let answer = surface.send(request(&body).insert_header(cookie)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(support::names(&answer.json()), ["email_verified", "expires_at", "session"]);
    assert!(!surface.world.is_live(&ada).await);
}

#[actix_web::test]
async fn the_session_cookie_is_enough() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let cookie = ("cookie", format!("__Host-autorisen_session={}", text_of(&ada.cookie)));
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    assert_eq!(surface.send(request(&body).insert_header(cookie)).await.status, 200);
}

#[actix_web::test]
async fn a_wrong_password_is_not_taken_for_signed_out() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let wrong = change(&surface, &ada, "the wrong password", NEW).await;
    assert_eq!(wrong.problem(403), "wrong_password");
    assert_eq!(wrong.header("www-authenticate"), None);
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    assert_eq!(surface.send(request(&body)).await.problem(401), "not_authenticated");
    let forged = ("authorization", "Bearer nonsense");
    assert_eq!(surface.send(request(&body).insert_header(forged)).await.problem(401), "invalid_token");
}

#[actix_web::test]
async fn guessing_is_limited_and_says_when_to_come_back() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    for _ in 0..surface.world.settings.limits.login.attempts {
        assert_eq!(change(&surface, &ada, "the wrong password", NEW).await.status, 403);
    }
    let limited = change(&surface, &ada, PASSWORD, NEW).await;
    assert_eq!(limited.problem(429), "rate_limited");
    assert!(limited.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
}

#[actix_web::test]
async fn what_cannot_be_a_password_is_a_fault_of_its_field() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    for (current, new, field, code) in [
        (PASSWORD, "short", "new_password", "invalid"),
        (PASSWORD, "Password1234", "new_password", "invalid"),
        (PASSWORD, "Lovelace.1815", "new_password", "personal"),
        (PASSWORD, PASSWORD, "new_password", "same"),
        ("", NEW, "current_password", "invalid"),
    ] {
        let refused = change(&surface, &ada, current, new).await;
        assert_eq!(refused.problem(422), "invalid_fields", "{new}");
        let fault = &refused.json()["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!(field), &json!(code)), "{new}");
        let body = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(!body.contains(new), "the input is not repeated: {body}");
    }
    let bearer = bearer(&ada);
    let empty = surface.send(request(&json!({})).insert_header(bearer)).await;
    assert_eq!(empty.json()["errors"].as_array().unwrap().len(), 2, "both are named");
}

#[actix_web::test]
async fn half_a_csrf_pair_is_refused() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    let half = request(&body).insert_header(bearer(&ada)).insert_header(("x-csrf-token", "x"));
    assert_eq!(surface.send(half).await.problem(403), "csrf");
    assert!(surface.world.is_live(&ada).await);
}

#[actix_web::test]
async fn a_weak_password_registers_nobody() {
    let surface = Surface::new().await;
    for (password, code) in [("qwertyuiop123", "invalid"), ("Lovelace.1815", "personal")] {
        let body = json!({
            "email": "ada@example.org", "password": password, "confirm_password": password,
            "first_name": "Ada", "last_name": "Lovelace", "role": "Customer",
        });
        for path in ["/api/auth/register", "/api/auth/register/step1"] {
            let refused = surface.post(path, &body).await;
            assert_eq!(refused.problem(422), "invalid_fields", "{password}");
            let fault = &refused.json()["errors"][0];
            assert_eq!((&fault["field"], &fault["code"]), (&json!("password"), &json!(code)));
        }
    }
    assert_eq!(surface.world.hasher.hashed(), 0);
}
