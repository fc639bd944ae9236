//! The checklist of a new user, over HTTP.

mod support;

use actix_web::test::TestRequest;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use support::{Answer, Surface};

const CHECKLIST: &str = "/api/flows/onboarding/checklist";

async fn signed_in(surface: &Surface) -> String {
    let signed_in = surface.world.register("ada@example.org").await;
    format!("Bearer {}", signed_in.access.token.expose_secret())
}

async fn change(surface: &Surface, bearer: &str, body: &Value) -> Answer {
    let request = TestRequest::post().uri(CHECKLIST).set_json(body);
    surface.send(request.insert_header(("authorization", bearer))).await
}

#[actix_web::test]
async fn the_list_has_the_shape_that_the_existing_client_reads() {
    let surface = Surface::new().await;
    let bearer = signed_in(&surface).await;
    let request = TestRequest::get().uri(CHECKLIST).insert_header(("authorization", bearer.as_str()));
    let list = surface.send(request).await.json();
    assert_eq!(list["tasks"]["invite_team"], json!({"label": "Invite core teammates", "done": false}));
    assert_eq!(list["summary"], json!({"completed": 0, "total": 4}));

    let changed = change(&surface, &bearer, &json!({"task_id": "invite_team"})).await;
    assert_eq!(
        changed.json()["summary"],
        json!({"completed": 1, "total": 4}),
        "done is meant when nothing is said"
    );
    let added = json!({"task_id": "write_docs", "done": false, "label": null, "thread_id": "thr_1"});
    let list = change(&surface, &bearer, &added).await.json();
    assert_eq!(list["tasks"]["write_docs"], json!({"label": "Write Docs", "done": false}));
}

#[actix_web::test]
async fn what_does_not_fit_is_a_fault_of_its_field() {
    let surface = Surface::new().await;
    let bearer = signed_in(&surface).await;
    for (body, field) in [
        (json!({}), "task_id"),
        (json!({"task_id": "a"}), "task_id"),
        (json!({"task_id": "ab", "done": "yes"}), "done"),
        (json!({"task_id": "ab", "label": "a".repeat(161)}), "label"),
        (json!({"task_id": "ab", "thread_id": "a".repeat(65)}), "thread_id"),
    ] {
        let answer = change(&surface, &bearer, &body).await;
        assert_eq!(answer.problem(422), "invalid_fields", "{body}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}");
    }
}

#[actix_web::test]
async fn nobody_sees_or_changes_a_list_without_a_session() {
    let surface = Surface::new().await;
    assert_eq!(surface.get(CHECKLIST).await.problem(401), "not_authenticated");
    let body = json!({"task_id": "invite_team"});
    assert_eq!(surface.post(CHECKLIST, &body).await.problem(401), "not_authenticated");
}

#[actix_web::test]
async fn a_list_does_not_grow_without_end() {
    let surface = Surface::new().await;
    let bearer = signed_in(&surface).await;
    for number in 0..96 {
        let answer = change(&surface, &bearer, &json!({"task_id": format!("task {number}")})).await;
        assert_eq!(answer.status, 200, "{number}");
    }
    let refused = change(&surface, &bearer, &json!({"task_id": "one too many"})).await;
    assert_eq!(refused.problem(409), "too_many_tasks");
    assert_eq!(change(&surface, &bearer, &json!({"task_id": "task 1", "done": false})).await.status, 200);
}
