//! Two users who try to reach each other's rows by every operation, and input that does not fit.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::{Value, json};

use support::{Running, Setup, Talker, TestDatabase, message};

on_both_databases! {
    nobody_reaches_the_rows_of_another,
    a_chat_token_is_held_to_its_placement,
    only_a_chat_token_or_a_live_session_speaks,
    what_does_not_fit_is_a_problem_and_changes_nothing,
    files_are_announced_sent_read_and_deleted,
    a_file_that_does_not_fit_is_refused_at_both_steps,
}

fn scripted(database: &TestDatabase) -> Running {
    Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start()
}

fn nobody_reaches_the_rows_of_another(database: &TestDatabase) {
    let server = scripted(database);
    let client = server.client();
    let (ada, eve) =
        (Talker::register(&client, "ada@example.org"), Talker::register(&client, "eve@example.org"));
    let (thread, _) = ada.begin("!widget");
    ada.say(&thread, "!form");
    ada.say(&thread, "!tool");
    let file = uploaded(&ada, "hers.txt");
    let items = ada.items(&thread, 100);
    let of = |start: &str| {
        let found = items.iter().find(|item| serde_json::to_value(item).unwrap()["type"] == start);
        found.unwrap().id.clone()
    };
    let said = of("user_message");
    let (own, _) = eve.begin("mine");

    let attempts = [
        ("threads.get_by_id", json!({"thread_id": thread}), "thread_not_found"),
        ("items.list", json!({"thread_id": thread}), "thread_not_found"),
        ("items.list", json!({"thread_id": own, "after": said}), "cursor_not_found"),
        ("threads.list", json!({"after": thread}), "cursor_not_found"),
        ("threads.update", json!({"thread_id": thread, "title": "hers"}), "thread_not_found"),
        ("threads.delete", json!({"thread_id": thread}), "thread_not_found"),
        (
            "threads.add_user_message",
            json!({"thread_id": thread, "input": message("hi")}),
            "thread_not_found",
        ),
        ("threads.add_client_tool_output", json!({"thread_id": thread, "result": 1}), "thread_not_found"),
        (
            "threads.add_structured_input",
            json!({"thread_id": thread, "item_id": of("structured_input"), "input": {}}),
            "thread_not_found",
        ),
        (
            "threads.add_structured_input",
            json!({"thread_id": own, "item_id": of("structured_input"), "input": {}}),
            "item_not_found",
        ),
        ("threads.retry_after_item", json!({"thread_id": thread, "item_id": said}), "thread_not_found"),
        ("threads.retry_after_item", json!({"thread_id": own, "item_id": said}), "item_not_found"),
        (
            "threads.custom_action",
            json!({"thread_id": own, "item_id": of("widget"), "action": {"type": "go"}}),
            "item_not_found",
        ),
        ("threads.custom_action", json!({"thread_id": thread, "action": {"type": "go"}}), "thread_not_found"),
        (
            "threads.sync_custom_action",
            json!({"thread_id": own, "item_id": of("widget"), "action": {"type": "go"}}),
            "item_not_found",
        ),
        (
            "items.feedback",
            json!({"thread_id": own, "item_ids": [said], "kind": "positive"}),
            "item_not_found",
        ),
        (
            "items.feedback",
            json!({"thread_id": thread, "item_ids": [said], "kind": "positive"}),
            "thread_not_found",
        ),
        ("attachments.delete", json!({"attachment_id": file}), "attachment_not_found"),
        ("threads.create", json!({"input": with_file(&file)}), "attachment_not_found"),
        (
            "threads.add_user_message",
            json!({"thread_id": own, "input": with_file(&file)}),
            "attachment_not_found",
        ),
    ];
    for (kind, params, code) in attempts {
        assert_eq!(eve.send(kind, &params).problem(404), code, "{kind} {params}");
    }
    let read = client.get(&format!("/api/chatkit/attachments/{file}")).bearer(&eve.token).send();
    assert_eq!(read.problem(404), "attachment_not_found");
    assert_eq!(ada.items(&thread, 100), items, "nothing of hers has changed");
    assert_eq!(eve.ask("threads.list", &json!({}))["data"].as_array().unwrap().len(), 1);
}

fn a_chat_token_is_held_to_its_placement(database: &TestDatabase) {
    let server = scripted(database);
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let (thread, _) = ada.begin("in support");
    let grant =
        client.post("/api/chatkit/token").bearer(&ada.access).json(&json!({"placement": "admin"})).send();
    let admin = Talker { token: grant.json()["token"].clone(), ..ada.clone() };
    assert_eq!(
        admin.send("threads.get_by_id", &json!({"thread_id": thread})).problem(404),
        "thread_not_found"
    );
    assert_eq!(admin.ask("threads.list", &json!({}))["data"], json!([]));
    let (other, _) = admin.begin("in admin");
    let session = Talker { token: ada.access.clone(), ..ada };
    for id in [&thread, &other] {
        session.ask("threads.get_by_id", &json!({"thread_id": id}));
    }
}

fn only_a_chat_token_or_a_live_session_speaks(database: &TestDatabase) {
    let server = scripted(database);
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let body = json!({"type": "threads.list", "params": {}});
    let post = || client.post("/api/chatkit").json(&body);
    assert_eq!(post().send().problem(401), "not_authenticated");
    assert_eq!(post().bearer(&json!("nothing")).send().problem(401), "invalid_token");
    assert_eq!(post().bearer(&ada.access).send().status, 200);
    assert_eq!(client.me(&ada.token).problem(401), "invalid_token", "a chat token is for chat alone");
    client.post("/api/auth/logout").bearer(&ada.access).send();
    assert_eq!(post().bearer(&ada.token).send().problem(401), "token_revoked");
}

fn what_does_not_fit_is_a_problem_and_changes_nothing(database: &TestDatabase) {
    let server = Setup::on(database)
        .set("AUTORISEN__CHAT__RESPONDER", "scripted")
        .set("AUTORISEN__CHAT__MAX_MESSAGE_CHARS", "100")
        .set("AUTORISEN__CHAT__MAX_THREADS", "2")
        .start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("hi");
    let before = ada.items(&thread, 100);
    let post = |body: &[u8]| server.client().post("/api/chatkit").bearer(&ada.token).body(body).send();
    for body in [&b""[..], b"{", b"[]", b"\"x\"", b"{}", b"{\"type\":7}", b"\xff\xfe", b"null"] {
        assert_eq!(post(body).problem(400), "malformed_request", "{body:?}");
    }
    assert_eq!(post(b"{\"type\":\"threads.nothing\",\"params\":{}}").problem(400), "unknown_type");
    let deep = format!("{{\"type\":\"threads.list\",\"params\":{}}}", "[".repeat(100_000));
    assert_eq!(post(deep.as_bytes()).problem(400), "malformed_request");

    let kinds = [
        "threads.create",
        "threads.add_user_message",
        "threads.add_client_tool_output",
        "threads.add_structured_input",
        "threads.retry_after_item",
        "threads.custom_action",
        "threads.sync_custom_action",
        "threads.get_by_id",
        "items.list",
        "threads.update",
        "threads.delete",
        "items.feedback",
        "attachments.create",
        "attachments.delete",
        "input.transcribe",
    ];
    for kind in kinds {
        for params in [Value::Null, json!({}), json!([]), json!({"thread_id": 7, "input": "marked"})] {
            let refused = ada.send(kind, &params);
            assert_eq!(refused.problem(422), "invalid_params", "{kind} {params}");
            assert!(!refused.body.contains("marked"), "{kind}: input is not repeated");
        }
    }
    let create = |text: &str| json!({"input": message(text)});
    for (kind, params, status) in [
        ("threads.create", create(" \n "), 422),
        ("threads.create", create(&"x".repeat(101)), 422),
        ("threads.create", create("a\u{0}b"), 422),
        ("threads.update", json!({"thread_id": thread, "title": " "}), 422),
        ("threads.update", json!({"thread_id": thread, "title": "x".repeat(201)}), 422),
        ("input.transcribe", json!({"audio_base64": "!!", "mime_type": "audio/webm"}), 422),
        ("input.transcribe", json!({"audio_base64": "aGk=", "mime_type": "text/html"}), 422),
        ("threads.get_by_id", json!({"thread_id": "x".repeat(10_000)}), 404),
    ] {
        ada.send(kind, &params).problem(status);
    }
    let huge = json!({"thread_id": thread, "input": message(&"x".repeat(9_000_000))});
    assert_eq!(ada.send("threads.add_user_message", &huge).problem(413), "body_too_large");
    ada.begin("the second");
    assert_eq!(ada.send("threads.create", &create("the third")).problem(409), "too_many_threads");
    assert_eq!(ada.items(&thread, 100), before);
    let spoken = json!({"audio_base64": "aGVsbG8=", "mime_type": "audio/webm;codecs=opus"});
    assert_eq!(ada.ask("input.transcribe", &spoken), json!({"text": "5 bytes of audio/webm;codecs=opus"}));
}

fn files_are_announced_sent_read_and_deleted(database: &TestDatabase) {
    let server = scripted(database);
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let bytes = "x".repeat(700_000);
    let announced = ada.ask(
        "attachments.create",
        &json!({"name": "../../a\u{fc} b.png", "size": bytes.len(), "mime_type": "image/png"}),
    );
    assert_eq!((&announced["type"], &announced["name"]), (&json!("image"), &json!("a\u{fc} b.png")));
    let id = announced["id"].as_str().unwrap();
    let url = announced["upload_descriptor"]["url"].as_str().unwrap();
    let unsent = json!({"input": with_file(id)});
    assert_eq!(ada.send("threads.create", &unsent).problem(404), "attachment_not_found");

    let put = |url: &str| client.request("PUT", url).body(bytes.clone()).send();
    assert_eq!(put(&url.replace("signature=", "signature=0")).problem(404), "attachment_not_found");
    let sent = put(url);
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(sent.json().get("upload_descriptor"), None);
    assert_eq!(put(url).problem(409), "wrong_item", "bytes come once");

    let stream = ada.stream("threads.create", &unsent);
    let created = serde_json::to_value(&stream.events[1]).unwrap();
    let preview = created["item"]["attachments"][0]["preview_url"].as_str().unwrap();
    let shown = client.get(preview).send();
    assert_eq!((shown.status, shown.body.len()), (200, bytes.len()));
    assert_eq!(shown.header("content-type"), Some("image/png"));
    assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(shown.header("content-disposition"), Some("inline; filename*=UTF-8''a%C3%BC%20b.png"));
    assert_eq!(client.get(preview.split('?').next().unwrap()).send().problem(401), "not_authenticated");
    let again = json!({"input": with_file(id)});
    assert_eq!(ada.send("threads.create", &again).problem(404), "attachment_not_found", "it is taken");

    let free = uploaded(&ada, "page.html");
    let page = client.get(&format!("/api/chatkit/attachments/{free}")).bearer(&ada.token).send();
    assert_eq!(page.header("content-type"), Some("application/octet-stream"), "nothing runs here");
    assert_eq!(ada.ask("attachments.delete", &json!({"attachment_id": free})), json!({}));
    let gone = ada.send("attachments.delete", &json!({"attachment_id": free}));
    assert_eq!(gone.problem(404), "attachment_not_found");
}

fn a_file_that_does_not_fit_is_refused_at_both_steps(database: &TestDatabase) {
    let server = Setup::on(database)
        .set("AUTORISEN__CHAT__ATTACHMENT_MAX_BYTES", "1000")
        .set("AUTORISEN__CHAT__ATTACHMENT_TOTAL_BYTES", "1500")
        .start();
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let announce = |size: u64, kind: &str| {
        ada.send("attachments.create", &json!({"name": "a", "size": size, "mime_type": kind}))
    };
    for (size, kind) in [(0, "text/plain"), (1_001, "text/plain"), (10, "application/x-sh"), (10, "text")] {
        assert_eq!(announce(size, kind).problem(422), "invalid_fields", "{size} {kind}");
    }
    let first = announce(1_000, "text/plain").json();
    assert_eq!(announce(501, "text/plain").problem(422), "invalid_fields", "more than all may have");
    let url = first["upload_descriptor"]["url"].as_str().unwrap();
    for size in [999, 1_001, 0] {
        let sent = client.request("PUT", url).body("x".repeat(size)).send();
        assert_eq!(sent.problem(422), "invalid_fields", "{size}");
    }
    let form =
        client.post(url).header("content-type", "multipart/form-data; boundary=b").body("--b--").send();
    assert_eq!(form.problem(400), "malformed_form");
    assert_eq!(client.request("PUT", url).body("x".repeat(1_000)).send().status, 200, "it can still come");
}

/// A small text file of the talker's, sent in one step.
fn uploaded(talker: &Talker, name: &str) -> String {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/html\r\n\r\nhello\r\n--b--\r\n"
    );
    let sent = talker
        .client
        .post("/api/chatkit/attachments")
        .bearer(&talker.token)
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
        .send();
    assert_eq!(sent.status, 200, "{sent:?}");
    sent.json()["id"].as_str().unwrap().to_owned()
}

fn with_file(id: &str) -> Value {
    let mut input = message("look");
    input["attachments"] = json!([id]);
    input
}
