//! What front ends track, over HTTP.

mod support;

use actix_web::test::TestRequest;
use autorisen_domain::analytics::TrackedEvent;
use autorisen_domain::events::{Action, Event};
use autorisen_testkit::fixtures::{World, WorldSettings};
use serde_json::{Value, json};

use support::{Answer, Surface};

const TRACK: &str = "/api/auth/analytics/track";

/// Sends an event as a page of an existing client does: by its own label, or none.
async fn track(surface: &Surface, body: impl Into<Vec<u8>>) -> Answer {
    let body: Vec<u8> = body.into();
    surface.send(TestRequest::post().uri(TRACK).set_payload(body)).await
}

/// What is stored by now.
async fn stored(surface: &Surface) -> Vec<TrackedEvent> {
    surface.world.analytics.write().await;
    surface.world.store.tracked_events()
}

fn details(event: &TrackedEvent) -> Option<&Value> {
    event.input.details.as_ref().map(autorisen_domain::analytics::Details::as_json)
}

#[actix_web::test]
async fn what_the_existing_client_sends_is_taken_before_anybody_is_signed_in() {
    let surface = Surface::new().await;
    for body in [
        json!({"event_type": "step_view", "step": null, "role": null, "details": null}),
        json!({"event_type": "role_selected", "step": "step1", "role": "Developer"}),
        json!({"event_type": " error ", "step": "step2", "details": {"message": "Passwords do not match"}, "x": 1}),
    ] {
        let answer = track(&surface, body.to_string()).await;
        assert_eq!((answer.status, answer.json()), (202, json!({"accepted": true})), "{body}");
    }
    let stored = stored(&surface).await;
    let told: Vec<_> = stored
        .iter()
        .map(|TrackedEvent { input, .. }| {
            let word = |label: &Option<autorisen_domain::analytics::Label>| {
                label.as_ref().map(|label| label.as_str().to_owned())
            };
            (input.event_type.as_str(), word(&input.step), word(&input.role))
        })
        .collect();
    let word = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            ("step_view", None, None),
            ("role_selected", word("step1"), word("Developer")),
            ("error", word("step2"), None)
        ]
    );
    assert_eq!(details(&stored[2]), Some(&json!({"message": "Passwords do not match"})));
}

#[actix_web::test]
async fn any_json_is_taken_as_details() {
    let surface = Surface::new().await;
    for details in [json!(1), json!("x"), json!(false), json!([null, [1.5e300]]), json!({"": {"a": []}})] {
        let body = json!({"event_type": "e", "details": details}).to_string();
        assert_eq!(track(&surface, body).await.status, 202, "{details}");
    }
    assert_eq!(stored(&surface).await.len(), 5);
}

#[actix_web::test]
async fn nothing_else_is_taken() {
    let surface = Surface::new().await;
    let deep = format!("{{\"event_type\":\"e\",\"details\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for (body, status, code) in [
        (String::new(), 400, "malformed_json"),
        ("event_type=e".to_owned(), 400, "malformed_json"),
        ("{\"event_type\":\"e\"".to_owned(), 400, "malformed_json"),
        (deep, 400, "malformed_json"),
        ("[]".to_owned(), 422, "not_an_object"),
        ("\"e\"".to_owned(), 422, "not_an_object"),
    ] {
        let answer = track(&surface, body.clone()).await;
        assert_eq!(answer.problem(status), code, "{body}");
    }
    for (body, field) in [
        (json!({}), "event_type"),
        (json!({"event_type": null}), "event_type"),
        (json!({"event_type": "  "}), "event_type"),
        (json!({"event_type": 7}), "event_type"),
        (json!({"event_type": "x".repeat(65)}), "event_type"),
        (json!({"event_type": "a\u{0}b"}), "event_type"),
        (json!({"event_type": "e", "step": "x".repeat(33)}), "step"),
        (json!({"event_type": "e", "role": ["Customer"]}), "role"),
        (json!({"event_type": "e", "details": vec![0; 200]}), "details"),
        (json!({"event_type": "e", "details": [[[[[[[[1]]]]]]]]}), "details"),
        (json!({"event_type": "e", "details": "x".repeat(2_001)}), "details"),
    ] {
        let answer = track(&surface, body.to_string()).await;
        assert_eq!(answer.problem(422), "invalid_fields", "{body}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}");
    }
    let big = json!({"event_type": "e", "details": vec!["x".repeat(1_000); 9]}).to_string();
    assert_eq!(track(&surface, big).await.problem(413), "body_too_large");
    assert_eq!(track(&surface, vec![b' '; 70_000]).await.problem(413), "body_too_large");
    assert_eq!(track(&surface, vec![0xff, 0xfe]).await.problem(400), "malformed_json");
    assert_eq!(stored(&surface).await, []);
}

#[actix_web::test]
async fn no_secret_and_no_address_is_stored() {
    let surface = Surface::new().await;
    let token = format!("rt_{}", "a1B2".repeat(10));
    let body = json!({
        "event_type": "error", "step": "ada@example.org", "role": null,
        "details": {"password": "hunter2", "email": "ada@example.org", "message": format!("bad {token}"), "ms": 5},
    });
    assert_eq!(track(&surface, body.to_string()).await.status, 202);
    let stored = stored(&surface).await;
    let told = format!("{stored:?}");
    for secret in ["hunter2", "ada@", &token] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    assert_eq!(details(&stored[0]).map(|details| &details["ms"]), Some(&json!(5)));
}

#[actix_web::test]
async fn an_address_is_limited_among_what_it_tracks_alone() {
    let mut settings = WorldSettings::default();
    settings.limits.kinds.track = 3;
    settings.limits.per_minute = Some(2);
    let surface = Surface::over(World::with(settings).await);
    let body = json!({"event_type": "e"}).to_string();
    for _ in 0..3 {
        assert_eq!(track(&surface, body.clone()).await.status, 202);
    }
    let refused = track(&surface, body.clone()).await;
    assert_eq!(refused.problem(429), "rate_limited");
    assert!(refused.header("retry-after").is_some());
    let hit = |event: &Event| matches!(event, Event::RateLimited { action: Action::Track, .. });
    assert!(surface.world.events.take().iter().any(|recorded| hit(&recorded.event)));
    assert_eq!(surface.get("/api/auth/csrf").await.status, 200, "signing in is another matter");
    assert_eq!(stored(&surface).await.len(), 3);
}

#[actix_web::test]
async fn a_page_does_not_notice_that_nothing_can_be_stored() {
    let surface = Surface::new().await;
    let body = json!({"event_type": "e"}).to_string();
    surface.world.store.break_down("track events");
    for _ in 0..3 {
        assert_eq!(track(&surface, body.clone()).await.status, 202);
    }
    let written = surface.world.analytics.write().await;
    assert_eq!((written.failures.len(), written.lost), (1, 0), "it waits");

    surface.world.store.go_down();
    assert_eq!(track(&surface, body.clone()).await.status, 202);
    assert_eq!(track(&surface, "[]").await.problem(422), "not_an_object", "nonsense stays nonsense");
    assert_eq!(
        surface.world.analytics.write().await.lost,
        1,
        "what cannot be judged is not taken, and counted"
    );

    surface.world.store.come_back();
    assert_eq!(stored(&surface).await.len(), 3, "what waited is stored");
}
