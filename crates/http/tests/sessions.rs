//! The session routes, over fakes.

mod support;

use std::time::Duration;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autorisen_domain::auth::SignedIn;
use autorisen_testkit::fixtures::text_of;
use serde_json::Value;

use support::{Answer, Surface};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";

#[actix_web::test]
async fn the_list_shows_each_session_and_no_secret() {
    let surface = Surface::new().await;
    let first = surface.world.register(ADA).await;
    surface.world.clock.advance(Duration::from_secs(1));
    let second = surface.world.login(ADA).await.unwrap();
    surface.world.register(GRACE).await;

    let answer = call(&surface, Method::GET, "", &first).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let sessions = answer.json()["sessions"].as_array().unwrap().clone();
    let names = support::names(&sessions[0]);
    assert_eq!(
        names,
        ["address", "created_at", "current", "device", "expires_at", "id", "last_used_at"],
        "a field more is a decision"
    );
    let told: Vec<(&str, bool)> = sessions
        .iter()
        .map(|session| (session["id"].as_str().unwrap(), session["current"].as_bool().unwrap()))
        .collect();
    let [first_id, second_id] = [&first, &second].map(|signed_in| signed_in.session.to_string());
    assert_eq!(told, [(second_id.as_str(), false), (first_id.as_str(), true)]);
    assert_eq!(sessions[0]["address"], "192.0.2.1");
    assert!(sessions[0]["device"].as_str().unwrap().starts_with("Mozilla/5.0"));

    let body = String::from_utf8(answer.body).unwrap();
    for issued in [&first.refresh, &first.cookie, &second.refresh, &second.cookie] {
        assert!(!body.contains(text_of(issued)));
    }
    assert!(!body.contains("digest") && !body.contains("example.org"), "{body}");
}

#[actix_web::test]
async fn a_session_is_ended_by_its_id() {
    let surface = Surface::new().await;
    let (mine, other) = (surface.world.register(ADA).await, surface.world.login(ADA).await.unwrap());
    let answer = call(&surface, Method::DELETE, &format!("/{}", other.session), &mine).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(answer.header("set-cookie").is_none(), "who asks stays signed in");
    assert!(!surface.world.is_live(&other).await);
    assert!(surface.world.is_live(&mine).await);
}

#[actix_web::test]
async fn ending_the_current_session_takes_its_cookies_away() {
    let surface = Surface::new().await;
    let mine = surface.world.register(ADA).await;
    let answer = call(&surface, Method::DELETE, &format!("/{}", mine.session), &mine).await;
    assert_eq!(answer.status, 204);
    let removed: Vec<&str> =
        answer.headers.get_all("set-cookie").map(|line| line.to_str().unwrap()).collect();
    for name in ["__Host-autorisen_session=;", "refresh_token=;"] {
        let line = removed.iter().find(|line| line.starts_with(name));
        assert!(line.is_some_and(|line| line.contains("Max-Age=0")), "{name}: {removed:?}");
    }
    assert_eq!(call(&surface, Method::GET, "", &mine).await.problem(401), "token_revoked");
}

#[actix_web::test]
async fn what_is_not_ones_own_and_alive_is_not_found_whatever_it_is() {
    let surface = Surface::new().await;
    let (ada, grace) = (surface.world.register(ADA).await, surface.world.register(GRACE).await);
    let ended = surface.world.login(ADA).await.unwrap();
    call(&surface, Method::DELETE, &format!("/{}", ended.session), &ada).await;

    let mut answers = Vec::new();
    for id in [
        grace.session.to_string(),
        ended.session.to_string(),
        "00000000-0000-0000-0000-000000000000".to_owned(),
        ada.user.id.to_string(),
        "x".to_owned(),
        "current".to_owned(),
        "..%2f".to_owned(),
        "%00".to_owned(),
        "'%20OR%201=1".to_owned(),
        ada.session.to_string().replace('-', ""),
    ] {
        let answer = call(&surface, Method::DELETE, &format!("/{id}"), &ada).await;
        assert_eq!(answer.problem(404), "session_not_found", "{id}");
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        answers.push(body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "nothing tells one from another: {answers:?}");
    assert!(surface.world.is_live(&grace).await);
    assert!(surface.world.is_live(&ada).await);
}

#[actix_web::test]
async fn ending_the_others_keeps_who_asks() {
    let surface = Surface::new().await;
    let (mine, other) = (surface.world.register(ADA).await, surface.world.login(ADA).await.unwrap());
    let grace = surface.world.register(GRACE).await;
    let answer = call(&surface, Method::DELETE, "", &mine).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(answer.header("set-cookie").is_none());
    assert!(surface.world.is_live(&mine).await && surface.world.is_live(&grace).await);
    assert!(!surface.world.is_live(&other).await);
    assert_eq!(call(&surface, Method::GET, "", &other).await.problem(401), "token_revoked");
}

#[actix_web::test]
async fn nobody_sees_or_ends_sessions_without_one() {
    let surface = Surface::new().await;
    let mine = surface.world.register(ADA).await;
    let one = format!("/api/auth/sessions/{}", mine.session);
    for (method, path) in [
        (Method::GET, "/api/auth/sessions"),
        (Method::DELETE, "/api/auth/sessions"),
        (Method::DELETE, one.as_str()),
        (Method::DELETE, "/api/auth/sessions/x"),
    ] {
        let answer = surface.send(TestRequest::default().method(method).uri(path)).await;
        assert_eq!(answer.problem(401), "not_authenticated", "{path}");
    }
    assert!(surface.world.is_live(&mine).await);
}

#[actix_web::test]
async fn no_other_method_or_path_does_anything() {
    let surface = Surface::new().await;
    let mine = surface.world.register(ADA).await;
    let one = format!("/{}", mine.session);
    for (method, path, allow) in [
        (Method::POST, "", "GET, HEAD, DELETE"),
        (Method::PUT, "", "GET, HEAD, DELETE"),
        (Method::GET, one.as_str(), "DELETE"),
        (Method::POST, one.as_str(), "DELETE"),
    ] {
        let answer = call(&surface, method, path, &mine).await;
        assert_eq!(answer.problem(405), "method_not_allowed", "{path}");
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
    for path in ["/", "/a/b", "x"] {
        assert_eq!(call(&surface, Method::DELETE, path, &mine).await.problem(404), "not_found", "{path}");
    }
    assert!(surface.world.is_live(&mine).await);
}

#[actix_web::test]
async fn half_a_csrf_pair_ends_nothing() {
    let surface = Surface::new().await;
    let (mine, other) = (surface.world.register(ADA).await, surface.world.login(ADA).await.unwrap());
    let one = format!("/{}", other.session);
    for path in ["", one.as_str()] {
        let request = request(Method::DELETE, path, &mine).insert_header(("x-csrf-token", "x"));
        assert_eq!(surface.send(request).await.problem(403), "csrf", "{path}");
    }
    assert!(surface.world.is_live(&other).await);
}

#[actix_web::test]
async fn looking_is_not_charged_but_ending_and_guessing_are() {
    let surface = Surface::new().await;
    let mine = surface.world.register(ADA).await;
    let most = surface.world.settings.limits.per_minute.unwrap();
    for _ in 0..=most {
        assert_eq!(call(&surface, Method::GET, "", &mine).await.status, 200);
    }
    for _ in 0..most {
        assert_eq!(call(&surface, Method::DELETE, "/x", &mine).await.status, 404);
    }
    let limited = call(&surface, Method::DELETE, "/x", &mine).await;
    assert_eq!(limited.problem(429), "rate_limited");
    assert!(limited.header("retry-after").is_some());
    assert_eq!(surface.get("/api/auth/sessions").await.problem(429), "rate_limited");
}

#[actix_web::test]
async fn a_store_that_is_down_is_a_503() {
    let surface = Surface::new().await;
    let mine = surface.world.register(ADA).await;
    surface.world.store.go_down();
    assert_eq!(call(&surface, Method::GET, "", &mine).await.problem(503), "unavailable");
    assert_eq!(call(&surface, Method::DELETE, "", &mine).await.problem(503), "unavailable");
}

async fn call(surface: &Surface, method: Method, path: &str, signed_in: &SignedIn) -> Answer {
    surface.send(request(method, path, signed_in)).await
}

fn request(method: Method, path: &str, signed_in: &SignedIn) -> TestRequest {
    let bearer = format!("Bearer {}", text_of(&signed_in.access));
    TestRequest::default()
        .method(method)
        .uri(&format!("/api/auth/sessions{path}"))
        .insert_header(("authorization", bearer))
}
