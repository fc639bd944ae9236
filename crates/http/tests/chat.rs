//! The chat token routes, over fakes.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use actix_web::test::TestRequest;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use support::{Answer, Surface};

/// A surface, and the bearer tokens of two users.
async fn surface() -> (Surface, [String; 2]) {
    let surface = Surface::new().await;
    let mut bearers = Vec::new();
    for email in ["ada@example.org", "grace@example.org"] {
        let signed_in = surface.world.register(email).await;
        bearers.push(format!("Bearer {}", signed_in.access.token.expose_secret()));
    }
    surface.world.events.take();
    (surface, bearers.try_into().unwrap())
}

async fn post(surface: &Surface, bearer: &str, body: &Value) -> Answer {
    let request = TestRequest::post().uri("/api/chatkit/token").insert_header(("authorization", bearer));
    surface.send(request.set_json(body)).await
}

async fn get(surface: &Surface, bearer: &str, query: &str) -> Answer {
    let request = TestRequest::get().uri(&format!("/api/chatkit/token{query}"));
    surface.send(request.insert_header(("authorization", bearer))).await
}

#[actix_web::test]
async fn one_answer_serves_both_generations_of_the_client() {
    let (surface, [ada, _]) = surface().await;
    let by_post = post(&surface, &ada, &json!({"placement": "admin"})).await.json();
    let names = support::names(&by_post);
    assert_eq!(
        names,
        ["allowed_tools", "client_secret", "expires_at", "placement", "thread_id", "token", "user_id"]
    );
    assert_eq!(by_post["client_secret"], by_post["token"]);
    assert_eq!(by_post["placement"], "admin");

    let query = format!("?placement=admin&thread_id={}", by_post["thread_id"].as_str().unwrap());
    let by_get = get(&surface, &ada, &query).await.json();
    assert_eq!(by_get["thread_id"], by_post["thread_id"]);
    let again = get(&surface, &ada, "?placement=admin&thread_id=").await.json();
    assert_eq!(again["thread_id"], by_post["thread_id"], "no empty threads are left behind");
    let names = surface.world.events.take_names();
    assert_eq!(names, ["chatkit.token.issued"; 3]);
}

#[actix_web::test]
async fn nobody_gets_a_token_without_a_session() {
    let (surface, _) = surface().await;
    let answer = surface.post("/api/chatkit/token", &json!({"user_id": "anybody"})).await;
    assert_eq!(answer.problem(401), "not_authenticated");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(surface.world.events.take_names(), ["chatkit.token.refused"]);
}

#[actix_web::test]
async fn no_field_makes_the_token_somebody_elses() {
    let (surface, [ada, grace]) = surface().await;
    let mine = post(&surface, &ada, &json!({})).await.json();
    let body =
        json!({"user_id": "x", "user": "y", "sub": "z", "session_id": "s", "email": "grace@example.org"});
    let token = post(&surface, &ada, &body).await.json()["token"].clone();
    let now = surface.world.ids.now();
    let claims = surface.world.security.ports().chat.verify(token.as_str().unwrap(), now).unwrap();
    let own = surface.world.security.ports().chat.verify(mine["token"].as_str().unwrap(), now).unwrap();
    assert_eq!((claims.user, claims.session), (own.user, own.session));

    let theirs = post(&surface, &grace, &json!({"thread_id": mine["thread_id"]})).await;
    assert_eq!(theirs.problem(404), "thread_not_found");
    assert_eq!(theirs.json()["detail"], "thread not found");
}

#[actix_web::test]
async fn what_is_not_set_up_is_a_fault_of_its_field() {
    let (surface, [ada, _]) = surface().await;
    let mine = post(&surface, &ada, &json!({"placement": "support"})).await.json();
    for (body, field) in [
        (json!({"placement": "nowhere"}), "placement"),
        (json!({"placement": "x"}), "placement"),
        (json!({"placement": "admin", "thread_id": mine["thread_id"]}), "placement"),
        (json!({"thread_id": "x"}), "thread_id"),
    ] {
        let answer = post(&surface, &ada, &body).await;
        assert_eq!(answer.problem(422), "invalid_fields", "{body}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}");
    }
    assert_eq!(get(&surface, &ada, "?placement=x&thread_id=y").await.problem(422), "invalid_fields");
}
