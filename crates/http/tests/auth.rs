//! The auth routes: statuses, bodies, cookies, over fakes.

mod support;

use actix_web::test::TestRequest;
use autorisen_testkit::fixtures::PASSWORD;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use support::Surface;

fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": PASSWORD, "confirm_password": PASSWORD, "first_name": "Ada",
        "last_name": "Example", "role": "Customer",
    })
}

#[actix_web::test]
async fn a_registration_in_one_call_answers_tokens_and_the_account() {
    let surface = Surface::new().await;
    let answer = surface.post("/api/auth/register", &registration("Ada@Example.org")).await;
    assert_eq!(answer.status, 201);
    let body = answer.json();
    let names = support::names(&body);
    assert_eq!(names, ["access_token", "expires_at", "expires_in", "refresh_token", "token_type", "user"]);
    let names = support::names(&body["user"]);
    assert_eq!(
        names,
        [
            "company_name",
            "email",
            "email_verified",
            "first_name",
            "id",
            "is_active",
            "last_name",
            "profile",
            "role"
        ]
    );
    let expires_in = body["expires_in"].as_u64().unwrap();
    assert!((899..=900).contains(&expires_in), "{expires_in}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn the_role_may_be_left_out_in_one_call_but_not_in_step_1() {
    let surface = Surface::new().await;
    let mut body = registration("ada@example.org");
    body.as_object_mut().unwrap().remove("role");
    assert_eq!(surface.post("/api/auth/register/step1", &body).await.problem(422), "invalid_fields");
    let answer = surface.post("/api/auth/register", &body).await;
    assert_eq!(answer.json()["user"]["role"], "Customer");
}

#[actix_web::test]
async fn nothing_in_the_input_makes_an_account_more_than_it_is() {
    let surface = Surface::new().await;
    let mut body = registration("ada@example.org");
    body["id"] = json!("00000000-0000-0000-0000-000000000000");
    body["email_verified"] = json!(true);
    body["is_active"] = json!(false);
    body["session_epoch"] = json!(0);
    let user = surface.post("/api/auth/register", &body).await.json()["user"].clone();
    assert_ne!(user["id"], body["id"]);
    assert_eq!((&user["email_verified"], &user["is_active"]), (&json!(false), &json!(true)));
}

#[actix_web::test]
async fn step_2_without_or_with_a_wrong_token_is_refused() {
    let surface = Surface::new().await;
    let missing = surface.post("/api/auth/register/step2", &json!({})).await;
    assert_eq!(missing.problem(401), "not_authenticated");
    assert_eq!(missing.json()["detail"], "Missing registration token");
    let wrong =
        TestRequest::post().uri("/api/auth/register/step2").insert_header(("authorization", "Bearer x"));
    let wrong = surface.send(wrong.set_json(json!({}))).await;
    assert_eq!(wrong.problem(400), "invalid_registration_token");
    assert_eq!(wrong.json()["detail"], "Invalid registration token.");
}

#[actix_web::test]
async fn an_unknown_account_and_a_wrong_password_get_the_same_answer() {
    let surface = Surface::new().await;
    surface.world.register("ada@example.org").await;
    let mut answers = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        let id = ("x-request-id", "same");
        let body = json!({"email": email, "password": "wrong"});
        let request = TestRequest::post().uri("/api/auth/login").insert_header(id).set_json(body);
        let answer = surface.send(request).await;
        assert_eq!(answer.problem(401), "invalid_credentials");
        let mut headers: Vec<String> = answer.headers.iter().map(|header| format!("{header:?}")).collect();
        headers.sort();
        answers.push((headers, answer.body));
    }
    assert_eq!(answers[0], answers[1]);
}

#[actix_web::test]
async fn me_is_who_the_token_says() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    surface.world.register("grace@example.org").await;
    let bearer = format!("bEaReR {}", ada.access.token.expose_secret());
    let request =
        TestRequest::get().uri("/api/auth/me?user_id=other").insert_header(("authorization", bearer));
    let me = surface.send(request).await.json();
    assert_eq!(me["email"], "ada@example.org");
    assert_eq!(me["id"], ada.user.id.to_string());
}

#[actix_web::test]
async fn that_nobody_is_signed_in_is_an_answer_to_who_asks_for_the_session() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let session = async |value: &str| {
        let request = TestRequest::get().uri("/api/auth/session").insert_header(("authorization", value));
        let answer = surface.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.json()
    };
    let token = ada.access.token.expose_secret().to_owned();
    assert_eq!(session(&format!("Bearer {token}")).await["user"]["email"], "ada@example.org");
    for nobody in ["", "Bearer x", &format!("Bearer {token}x")] {
        assert_eq!(session(nobody).await, json!({ "user": null }));
    }
}

#[actix_web::test]
async fn another_scheme_shows_nothing() {
    let surface = Surface::new().await;
    for value in ["Basic YTpi", "Bearer", "Bearer ", "bearer\tx", "x"] {
        let request = TestRequest::get().uri("/api/auth/me").insert_header(("authorization", value));
        surface.send(request).await.problem(401);
    }
}

#[actix_web::test]
async fn a_cookie_and_a_token_of_two_accounts_contradict_each_other() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    let grace = surface.world.register("grace@example.org").await;
    let request = |cookie: &autorisen_domain::auth::SignedIn| {
        TestRequest::get()
            .uri("/api/auth/me")
            .insert_header(("authorization", format!("Bearer {}", ada.access.token.expose_secret())))
            .insert_header((
                "cookie",
                format!("__Host-autorisen_session={}", cookie.cookie.token.expose_secret()),
            ))
    };
    assert_eq!(surface.send(request(&ada)).await.status, 200);
    assert_eq!(surface.send(request(&grace)).await.problem(401), "invalid_token");
}

#[actix_web::test]
async fn a_store_that_is_down_is_never_taken_for_signed_out() {
    let surface = Surface::new().await;
    let ada = surface.world.register("ada@example.org").await;
    surface.world.store.go_down();
    let bearer = ("authorization", format!("Bearer {}", ada.access.token.expose_secret()));
    let me = surface.send(TestRequest::get().uri("/api/auth/me").insert_header(bearer)).await;
    assert_eq!(me.problem(503), "unavailable");
    assert_eq!(me.header("retry-after"), Some("1"));
    let bearer = ("authorization", format!("Bearer {}", ada.access.token.expose_secret()));
    let session = surface.send(TestRequest::get().uri("/api/auth/session").insert_header(bearer)).await;
    assert_eq!(session.problem(503), "unavailable");
    let body = json!({"email": "ada@example.org", "password": PASSWORD});
    assert_eq!(
        surface.post("/api/auth/login", &body).await.problem(503),
        "unavailable",
        "login fails closed"
    );
    let faults = surface.log.faults.lock().unwrap().clone();
    assert_eq!(faults.len(), 3, "the cause is told to the log once for each: {faults:?}");
    assert!(!String::from_utf8_lossy(&me.body).contains("store"), "and not to the client");

    surface.world.store.come_back();
    assert_eq!(surface.post("/api/auth/login", &body).await.status, 200);
}

#[actix_web::test]
async fn each_request_has_its_line_in_the_log_without_its_query() {
    let surface = Surface::new().await;
    surface.get("/api/auth/me?token=marked").await;
    surface.get("/nothing").await;
    let lines = surface.log.access.lock().unwrap().clone();
    assert_eq!(lines, ["GET /api/auth/me 401", "GET /nothing 404"]);
}

#[actix_web::test]
async fn two_passwords_that_differ_are_told_as_the_existing_client_shows_it() {
    let surface = Surface::new().await;
    let mut body = registration("ada@example.org");
    body["confirm_password"] = json!("another one, also long enough");
    for path in ["/api/auth/register", "/api/auth/register/step1"] {
        let answer = surface.post(path, &body).await;
        assert_eq!(answer.problem(400), "passwords_differ", "{path}");
        assert_eq!(answer.json()["detail"], "Passwords do not match", "{path}");
        let mut worse = body.clone();
        worse["role"] = json!("admin");
        assert_eq!(surface.post(path, &worse).await.problem(422), "invalid_fields", "{path}");
    }
}
