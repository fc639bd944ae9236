//! The checklist of a new user, on the real server.

mod support;

use serde_json::json;
use support::{Setup, TestDatabase};

on_both_databases! {
    what_is_changed_is_stored_for_its_owner_alone,
}

const CHECKLIST: &str = "/api/flows/onboarding/checklist";

fn what_is_changed_is_stored_for_its_owner_alone(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let [ada, eve] = ["ada@example.org", "eve@example.org"].map(|email| client.register(email));
    let body = json!({"task_id": "invite_team", "label": "Ask Grace", "thread_id": "thr_1"});
    let changed = client.post(CHECKLIST).bearer(&ada["access_token"]).json(&body).send();
    assert_eq!(changed.status, 200, "{changed:?}");
    drop(server);

    let server = Setup::on(database).start();
    let list = |token| server.client().get(CHECKLIST).bearer(token).send().json();
    assert_eq!(list(&ada["access_token"]), changed.json(), "it outlives the process");
    assert_eq!(
        list(&ada["access_token"])["tasks"]["invite_team"],
        json!({"label": "Ask Grace", "done": true})
    );
    assert_eq!(list(&eve["access_token"])["summary"], json!({"completed": 0, "total": 4}));
    assert_eq!(server.client().get(CHECKLIST).send().problem(401), "not_authenticated");
}
