//! Tools that a front end has called, on the real server.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use serde_json::{Value, json};

use support::{Answer, Client, Setup, Talker, TestDatabase};

on_both_databases! {
    a_tool_is_called_and_kept_with_the_thread,
    what_is_not_on_offer_or_not_the_callers_is_refused,
    a_call_counts_as_a_message,
}

fn call(client: &Client, talker: &Talker, name: &str, body: &Value) -> Answer {
    client.post(&format!("/api/chatkit/tools/{name}")).bearer(&talker.token).json(body).send()
}

fn ticket() -> Value {
    json!({"subject": "No light", "description": "It is dark.", "priority": "high"})
}

fn a_tool_is_called_and_kept_with_the_thread(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let asked = json!({"placement": "support", "payload": ticket()});
    let answer = call(&client, &ada, "support.ticket", &asked).json();
    assert_eq!(answer["tool_name"], "support.ticket");
    assert_eq!(answer["result"]["priority"], "high");
    assert_eq!(answer["allowed_tools"], json!(["support.ticket"]));
    assert!(answer["event_id"].as_str().unwrap().starts_with("msg_"), "{answer}");
    let thread = answer["thread_id"].as_str().unwrap();

    // Again in the same thread, which a conversation then goes on in.
    let again = json!({"placement": "support", "thread_id": thread, "payload": ticket()});
    let second = call(&client, &ada, "support.ticket", &again).json();
    assert_eq!(second["thread_id"], thread);
    assert_ne!(second["event_id"], answer["event_id"]);
    ada.say(thread, "hello");
    let shown = serde_json::to_string(&ada.items(thread, 100)).unwrap();
    assert!(shown.contains("hello") && !shown.contains("No light"), "calls are hidden: {shown}");
    let called = server.events("chatkit.tool.call");
    assert_eq!(called.len(), 2, "{called:?}");
    assert!(!server.output().contains("No light"), "the log holds no input");
}

fn what_is_not_on_offer_or_not_the_callers_is_refused(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let client = server.client();
    let (ada, grace) =
        (Talker::register(&client, "ada@example.org"), Talker::register(&client, "grace@example.org"));
    let (thread, _) = ada.begin("hello");
    let support = |payload: Value| json!({"placement": "support", "payload": payload});
    let refused = |talker: &Talker, name: &str, body: &Value, status: u16| {
        call(&client, talker, name, body).problem(status)
    };
    for (name, body) in [
        ("energy.usage", support(json!({}))),
        ("support.ticket", json!({"placement": "nowhere", "payload": ticket()})),
        ("support.ticket", json!({"placement": "energy", "payload": ticket()})),
        ("no.such.tool", support(json!({}))),
        ("NO%20TOOL", support(json!({}))),
        ("support.ticket", json!({"placement": "onboarding", "thread_id": thread, "payload": ticket()})),
    ] {
        let answer = call(&client, &ada, name, &body);
        assert_eq!(answer.problem(400), "tool_not_available", "{name} {body}");
        assert_eq!(answer.json()["detail"], "tool not available for placement");
    }
    assert_eq!(refused(&ada, "support.ticket", &support(json!({})), 422), "invalid_fields");
    assert_eq!(refused(&ada, "support.ticket", &support(json!([])), 422), "invalid_fields");
    assert_eq!(refused(&ada, "support.ticket", &json!([]), 422), "not_an_object");
    let foreign = json!({"thread_id": thread, "payload": ticket()});
    assert_eq!(refused(&grace, "support.ticket", &foreign, 404), "thread_not_found");
    let stranger = client.post("/api/chatkit/tools/support.ticket").json(&support(ticket())).send();
    assert_eq!(stranger.problem(401), "not_authenticated");
    let got = client.get("/api/chatkit/tools/support.ticket").bearer(&ada.token).send();
    assert_eq!(got.status, 405);
    let huge = support(json!({"subject": "x", "description": "x".repeat(70_000)}));
    assert_eq!(refused(&ada, "support.ticket", &huge, 413), "body_too_large");
}

fn a_call_counts_as_a_message(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__CHAT__MESSAGES_PER_USER_DAY", "2").start();
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let asked = json!({"placement": "support", "payload": ticket()});
    for _ in 0..2 {
        assert_eq!(call(&client, &ada, "support.ticket", &asked).status, 200);
    }
    let refused = call(&client, &ada, "support.ticket", &asked);
    refused.problem(429);
    assert!(refused.header("retry-after").is_some());
}
