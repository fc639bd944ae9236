//! The chat token routes where chats are hosted, over fakes.

mod support;

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use autorisen_domain::chat::HostedFault;
use autorisen_testkit::fakes::FakeHostedApi;
use autorisen_testkit::fixtures::{World, WorldSettings};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use support::{Answer, Surface};

/// A surface, its other side, and the bearer token of a user.
async fn surface() -> (Surface, Arc<FakeHostedApi>, String) {
    let mut settings = WorldSettings::default();
    settings.session.absolute = settings.session.idle;
    let mut world = World::with(settings).await;
    let hosted = world.hosted("test");
    world.chat = hosted.tokens;
    let signed_in = world.register("ada@example.org").await;
    world.events.take();
    let mut surface = Surface::over(world);
    surface.settings.hosted_chat = true;
    (surface, hosted.api, format!("Bearer {}", signed_in.access.token.expose_secret()))
}

async fn post(surface: &Surface, bearer: &str, path: &str, body: &Value) -> Answer {
    let request = TestRequest::post().uri(path).insert_header(("authorization", bearer));
    surface.send(request.set_json(body)).await
}

#[actix_web::test]
async fn one_answer_serves_both_generations_of_the_client_and_the_vendors_starters() {
    let (surface, api, ada) = surface().await;
    let by_post = post(&surface, &ada, "/api/chatkit/token", &json!({"placement": "support"})).await;
    let query = TestRequest::get().uri("/api/chatkit/token?placement=support");
    let by_get = surface.send(query.insert_header(("authorization", ada.as_str()))).await;
    for answer in [by_post, by_get] {
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        let body = answer.json();
        let names = [
            "allowed_tools",
            "client_secret",
            "expires_after",
            "expires_at",
            "placement",
            "thread_id",
            "token",
            "user_id",
        ];
        assert_eq!(support::names(&body), names);
        assert!(body["client_secret"].as_str().unwrap().starts_with("ek_"), "{body}");
        assert_eq!(body["client_secret"], body["token"]);
        assert_eq!(
            (&body["expires_after"], &body["allowed_tools"]),
            (&json!(600), &json!(["support.ticket"]))
        );
        assert!(body["expires_at"].is_string() && body["thread_id"].is_string(), "{body}");
    }
    assert_eq!(api.opened().len(), 2);
}

#[actix_web::test]
async fn each_fault_of_the_other_side_is_a_problem_and_never_a_401() {
    let (surface, api, ada) = surface().await;
    let wait = Some(Duration::from_secs(7));
    for (fault, retry_after, status, code, header) in [
        (HostedFault::Misconfigured, None, 502, "chatkit_misconfigured", None),
        (HostedFault::Busy, wait, 503, "chatkit_busy", Some("7")),
        (HostedFault::Busy, None, 503, "chatkit_busy", Some("1")),
        (HostedFault::TimedOut, None, 504, "chatkit_timeout", None),
        (HostedFault::Unreachable, None, 502, "chatkit_unreachable", None),
        (HostedFault::Failed, None, 502, "chatkit_failed", None),
        (HostedFault::Resting, wait, 503, "chatkit_unavailable", Some("7")),
    ] {
        api.fail(fault, retry_after);
        let answer = post(&surface, &ada, "/api/chatkit/token", &json!({})).await;
        assert_eq!(answer.problem(status), code);
        assert_eq!(answer.header("retry-after"), header, "{fault:?}");
        assert!(!answer.json()["detail"].as_str().unwrap().contains("told to fail"), "{fault:?}");
    }
    let faults = surface.log.faults.lock().unwrap();
    assert_eq!(faults.len(), 7, "each cause is logged once: {faults:?}");
}

#[actix_web::test]
async fn a_login_that_is_about_to_end_gets_no_session() {
    let (surface, api, _) = surface().await;
    let signed_in = surface.world.login("ada@example.org").await.unwrap();
    let cookie = format!("__Host-autorisen_session={}", signed_in.cookie.token.expose_secret());
    surface.world.clock.set(signed_in.cookie.expires_at.minus(Duration::from_secs(29)));
    let request = TestRequest::post().uri("/api/chatkit/token").insert_header(("cookie", cookie));
    let answer = surface.send(request).await;
    assert_eq!(answer.problem(401), "session_ending");
    assert!(answer.header("www-authenticate").is_some());
    assert_eq!(api.opened(), []);
}

#[actix_web::test]
async fn the_self_hosted_protocol_is_not_offered() {
    let (surface, _, ada) = surface().await;
    for path in ["/api/chatkit", "/api/chatkit/attachments", "/api/chatkit/attachments/atc_1"] {
        let answer = post(&surface, &ada, path, &json!({})).await;
        assert_eq!(answer.problem(404), "hosted_mode", "{path}");
    }
}

#[actix_web::test]
async fn a_page_learns_how_the_component_is_to_be_mounted() {
    let (mut surface, ..) = surface().await;
    let ask = || TestRequest::get().uri("/api/chatkit/options");
    let hosted = surface.send(ask()).await;
    assert_eq!((hosted.status, hosted.json()), (200, json!({"mode": "hosted"})));
    surface.settings.hosted_chat = false;
    let here = surface.send(ask()).await.json();
    assert_eq!(here, json!({"mode": "self-hosted", "domain_key": "localhost"}));
    let posted = surface.send(TestRequest::post().uri("/api/chatkit/options")).await;
    assert_eq!(posted.status, 405);
}
