//! Every request of the protocol with members that are missing, more than asked for, wrong and huge: always
//! a problem or a whole answer, and never a server error.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::{Value, json};

use support::{Answer, Setup, Stream, Talker, TestDatabase, message};

on_both_databases! {
    no_member_breaks_an_answer,
    what_is_not_asked_for_is_passed_over,
    a_member_that_does_not_fit_is_named_by_its_path,
}

/// A thread with one item of each kind that a request names.
struct Stage {
    thread: String,
    said: String,
    widget: String,
    form: String,
    file: String,
}

impl Stage {
    fn set(talker: &Talker) -> Self {
        let (thread, _) = talker.begin("!widget");
        talker.say(&thread, "!form");
        talker.say(&thread, "!tool");
        let items = talker.items(&thread, 100);
        let of = |kind: &str| {
            let found = items.iter().find(|item| serde_json::to_value(item).unwrap()["type"] == kind);
            found.unwrap().id.clone()
        };
        let announced = json!({"name": "a", "size": 10, "mime_type": "text/plain"});
        let file = talker.ask("attachments.create", &announced)["id"].as_str().unwrap().to_owned();
        Self { said: of("user_message"), widget: of("widget"), form: of("structured_input"), thread, file }
    }

    /// One good request of each type; what takes something away comes last.
    fn requests(&self) -> Vec<(&'static str, Value)> {
        let Self { thread, said, widget, form, file } = self;
        let input = json!({
            "content": [
                {"type": "input_text", "text": "hi"},
                {"type": "input_tag", "id": "t", "text": "tag", "data": {"a": 1}, "group": "g", "interactive": true},
            ],
            "quoted_text": "before", "attachments": [],
            "inference_options": {"tool_choice": {"id": "search"}, "model": "fast"},
        });
        let answers =
            json!({"status": "answered", "answers": {"prio": {"values": ["High"], "skipped": false}}});
        let action = json!({"type": "go", "payload": {"n": 1}});
        vec![
            ("threads.get_by_id", json!({"thread_id": thread})),
            ("threads.list", json!({"limit": 5, "order": "asc", "after": null})),
            ("items.list", json!({"thread_id": thread, "limit": 5, "order": "desc", "after": said})),
            ("threads.update", json!({"thread_id": thread, "title": "New"})),
            ("items.feedback", json!({"thread_id": thread, "item_ids": [said], "kind": "positive"})),
            ("input.transcribe", json!({"audio_base64": "aGk=", "mime_type": "audio/webm;codecs=opus"})),
            ("attachments.create", json!({"name": "b", "size": 10, "mime_type": "text/plain"})),
            ("threads.sync_custom_action", json!({"thread_id": thread, "item_id": widget, "action": action})),
            ("threads.custom_action", json!({"thread_id": thread, "item_id": widget, "action": action})),
            ("threads.add_client_tool_output", json!({"thread_id": thread, "result": {"picked": [1]}})),
            ("threads.add_structured_input", json!({"thread_id": thread, "item_id": form, "input": answers})),
            ("threads.add_user_message", json!({"thread_id": thread, "input": input})),
            ("threads.create", json!({"input": input})),
            ("threads.retry_after_item", json!({"thread_id": thread, "item_id": said})),
            ("attachments.delete", json!({"attachment_id": file})),
            ("threads.delete", json!({"thread_id": thread})),
        ]
    }
}

/// What stands in the place of a member.
fn strange() -> Vec<Value> {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!("x".repeat(100_000)),
        json!([]),
        json!(vec!["x"; 10_000]),
        json!({}),
        deep,
    ]
}

/// The places of all members, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in members {
        let place = format!("{at}/{name}");
        found.push(place.clone());
        places(value, &place, found);
    }
}

/// The same without the member at this place.
fn without(params: &Value, place: &str) -> Value {
    let mut changed = params.clone();
    let (above, name) = place.rsplit_once('/').unwrap();
    match changed.pointer_mut(above).unwrap() {
        Value::Object(members) => {
            members.remove(name);
        }
        Value::Array(values) => {
            values.remove(name.parse().unwrap());
        }
        _ => {}
    }
    changed
}

/// A problem that is the sender's, or a whole answer.
fn check(answer: &Answer, what: &str) {
    match answer.status {
        200 if answer.header("content-type") == Some("text/event-stream") => {
            Stream::read(&answer.body);
        }
        200 => assert!(answer.json().is_object(), "{what}: {answer:?}"),
        status => {
            assert!((400..500).contains(&status), "{what}: {status} {}", answer.body);
            answer.problem(status);
        }
    }
}

fn talker(server: &support::Running) -> Talker {
    Talker::register(&server.client(), "ada@example.org")
}

fn start(database: &TestDatabase) -> support::Running {
    Setup::on(database)
        .set("AUTORISEN__CHAT__RESPONDER", "scripted")
        .set("AUTORISEN__CHAT__MESSAGES_PER_USER_DAY", "0")
        .set("AUTORISEN__CHAT__ATTACHMENT_TOTAL_BYTES", "1000000000")
        .start()
}

fn no_member_breaks_an_answer(database: &TestDatabase) {
    let server = start(database);
    let ada = talker(&server);
    let mut stage = Stage::set(&ada);
    let count = stage.requests().len();
    assert_eq!(count, 16, "every type of request");
    for index in 0..count {
        let (kind, params) = stage.requests().swap_remove(index);
        let mut all = Vec::new();
        places(&params, "", &mut all);
        let mut changed: Vec<(String, Value)> =
            all.iter().map(|place| (format!("without {place}"), without(&params, place))).collect();
        for place in &all {
            for value in strange() {
                let mut params = params.clone();
                *params.pointer_mut(place).unwrap() = value.clone();
                let shown: String = value.to_string().chars().take(40).collect();
                changed.push((format!("{place} = {shown}"), params));
            }
        }
        for (what, params) in changed {
            check(&ada.send(kind, &params), &format!("{kind} {what}"));
        }
        // Whatever was taken away by those is there again for the next.
        stage = Stage::set(&ada);
    }
    assert_eq!(ada.ask("threads.list", &json!({"limit": 1}))["data"].as_array().unwrap().len(), 1);
    assert!(!server.output().contains("panicked"), "{}", server.output());
}

fn what_is_not_asked_for_is_passed_over(database: &TestDatabase) {
    let server = start(database);
    let ada = talker(&server);
    let stage = Stage::set(&ada);
    for (kind, mut params) in stage.requests() {
        params["later"] = json!({"versions": ["add", "members"]});
        if let Some(input) = params.get_mut("input") {
            input["later"] = json!(1);
        }
        let body = json!({"type": kind, "params": params, "metadata": {"any": [1]}, "later": null});
        let answer = ada.client.post("/api/chatkit").bearer(&ada.token).json(&body).send();
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        check(&answer, kind);
    }
    // Without a placement's model the text of a message is answered, whatever else it brings.
    ada.stream("threads.create", &json!({"input": message("hi")}));
}

fn a_member_that_does_not_fit_is_named_by_its_path(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let part = |part: Value| json!({"input": {"content": [part]}});
    for (kind, params, path, code, told) in [
        ("threads.get_by_id", json!({}), "params.thread_id", "missing", "is required"),
        ("items.list", json!([]), "params", "invalid", "must be an object"),
        (
            "threads.create",
            part(json!({"type": "input_text", "text": ["marked"]})),
            "params.input.content[0].text",
            "invalid",
            "must be a string",
        ),
        (
            "threads.add_structured_input",
            json!({"thread_id": "t", "item_id": "i", "input": {"answers": {"marked": {"values": "marked"}}}}),
            "params.input.answers.*.values",
            "invalid",
            "must be an array",
        ),
    ] {
        let answer = ada.send(kind, &params);
        assert_eq!(answer.problem(422), "invalid_params", "{kind}");
        let fault = json!({"field": path, "code": code, "message": told});
        assert_eq!(answer.json()["errors"], json!([fault]), "{kind}");
        assert_eq!(answer.json()["detail"], format!("{path}: {told}"), "{kind}");
        assert!(!answer.body.contains("marked"), "{answer:?}");
    }
}
