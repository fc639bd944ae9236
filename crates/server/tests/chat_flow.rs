//! The self-hosted ChatKit protocol, on the real server and each database: every operation, what is
//! stored afterwards, and what happens when something breaks off.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

mod support;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use autorisen_chatkit::{AssistantContent, Event, Item, ItemKind};
use autorisen_testkit::model_server::{ModelServer, Play, responses_saying};
use serde_json::{Value, json};

use support::{Running, Setup, Stream, Talker, TestDatabase, message};

on_both_databases! {
    every_answer_streams_in_order_and_is_stored_as_it_was_shown,
    the_first_events_of_each_operation_come_in_their_order,
    nothing_that_is_for_the_server_alone_is_shown,
    a_list_is_whole_in_both_orders,
    a_tool_call_is_answered_once_and_questions_too,
    a_retry_forgets_what_came_after_the_message,
    an_answer_that_is_hung_up_on_keeps_its_text_and_frees_the_thread,
    a_thread_takes_one_answer_at_a_time,
    the_end_of_a_session_ends_its_answers,
    a_server_that_stops_keeps_what_was_shown,
    a_locked_thread_takes_nothing_more,
    threads_are_renamed_and_deleted,
    without_a_model_it_says_how_to_set_one_up,
    quotas_are_told_with_the_time_of_the_next_day,
    an_answer_that_uses_a_quota_up_is_ended_with_a_notice,
    a_model_answers_with_the_instructions_of_the_placement,
    hanging_up_ends_the_request_to_the_model,
}

/// What the script knows.
const SCRIPT: [&str; 11] = [
    "hi",
    "!title",
    "!tool",
    "!widget",
    "!form",
    "!workflow",
    "!image",
    "!hidden",
    "!misc",
    "!boom",
    "!error",
];

fn scripted(database: &TestDatabase) -> Running {
    Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start()
}

fn every_answer_streams_in_order_and_is_stored_as_it_was_shown(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, stream) = ada.begin("first");
    let mut expected = BTreeMap::new();
    stream.apply_to(&mut expected);
    for text in SCRIPT {
        ada.say(&thread, text).apply_to(&mut expected);
    }
    let widget = expected.values().find(|item| matches!(item.kind, ItemKind::Widget { .. })).unwrap();
    let action = json!({"thread_id": thread, "item_id": widget.id, "action": {"type": "go"}});
    let acted = ada.ask("threads.sync_custom_action", &action);
    assert_eq!(acted["updated_item"]["id"], widget.id.as_str());
    ada.stream("threads.custom_action", &action).apply_to(&mut expected);

    for page in [1, 7, 100] {
        let stored: Vec<Item> = ada.items(&thread, page);
        let stored: BTreeMap<_, _> = stored.into_iter().map(|item| (item.id.clone(), item)).collect();
        assert_eq!(stored, expected, "in pages of {page}");
    }
    let shown = ada.ask("threads.get_by_id", &json!({"thread_id": thread}));
    assert_eq!(shown["items"]["data"].as_array().unwrap().len(), 20, "its oldest items");
    assert_eq!((&shown["title"], &shown["metadata"]), (&json!("Renamed by server"), &json!({})));
}

fn the_first_events_of_each_operation_come_in_their_order(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, created) = ada.begin("!widget");
    assert_eq!(created.kinds()[..3], ["thread.created", "thread.item.done", "stream_options"]);
    let said = ada.say(&thread, "!tool");
    assert_eq!(said.kinds()[..2], ["thread.item.done", "stream_options"]);
    let output = ada.stream("threads.add_client_tool_output", &json!({"thread_id": thread, "result": null}));
    assert_eq!(output.kinds()[..2], ["stream_options", "thread.item.added"]);
    let form = item_of(&ada.say(&thread, "!form"), "structured_input");
    let answered = ada.stream(
        "threads.add_structured_input",
        &json!({"thread_id": thread, "item_id": form.id, "input": {}}),
    );
    assert_eq!(answered.kinds()[..2], ["stream_options", "thread.item.replaced"]);
    let widget = item_of(&created, "widget");
    let acted = ada.stream(
        "threads.custom_action",
        &json!({"thread_id": thread, "item_id": widget.id, "action": {"type": "go"}}),
    );
    assert_eq!(acted.kinds()[0], "stream_options");
}

fn nothing_that_is_for_the_server_alone_is_shown(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("!title");
    for text in ["!hidden", "!boom"] {
        let input = json!({"thread_id": thread, "input": message(text)});
        let raw = ada.send("threads.add_user_message", &input).body;
        assert!(!raw.contains("TOPSECRET") && !raw.contains("the script says so"), "{raw}");
    }
    for (kind, params) in [
        ("threads.get_by_id", json!({"thread_id": thread})),
        ("items.list", json!({"thread_id": thread, "limit": 100})),
        ("threads.list", json!({})),
    ] {
        let raw = ada.ask(kind, &params).to_string();
        assert!(!raw.contains("TOPSECRET") && !raw.contains("for the server alone"), "{kind}: {raw}");
    }
}

fn a_list_is_whole_in_both_orders(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let threads: Vec<String> = (0..7).map(|_| ada.begin("!hidden").0).collect();
    for (order, expected) in [("asc", threads.clone()), ("desc", threads.iter().rev().cloned().collect())] {
        for size in [1, 2, 3, 7, 50] {
            assert_eq!(all_threads(&ada, order, size), expected, "{order} by {size}");
        }
    }
    let oldest_first: Vec<String> = ada.items(&threads[0], 1).into_iter().map(|item| item.id).collect();
    assert_eq!(oldest_first.len(), 2, "the hidden one is in no page and makes none shorter");
    let newest = ada.ask("items.list", &json!({"thread_id": threads[0], "limit": 1}));
    assert_eq!(newest["data"][0]["id"], oldest_first[1].as_str(), "the newest first unless it is said");
    for limit in [json!(0), Value::Null] {
        let page = ada.ask("threads.list", &json!({"limit": limit}));
        assert_eq!(page["data"].as_array().unwrap().len(), 7);
    }
    for (kind, params) in [
        ("threads.list", json!({"after": "thr_nothing"})),
        ("items.list", json!({"thread_id": threads[0], "after": "msg_nothing"})),
    ] {
        assert_eq!(ada.send(kind, &params).problem(404), "cursor_not_found", "{kind}");
    }
}

fn a_tool_call_is_answered_once_and_questions_too(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("!tool");
    let output = json!({"thread_id": thread, "result": {"picked": [1, null]}});
    ada.stream("threads.add_client_tool_output", &output);
    let call = ada.items(&thread, 100).into_iter().find(|item| item.id.starts_with("tc_")).unwrap();
    let call = serde_json::to_value(call).unwrap();
    assert_eq!((&call["status"], &call["output"]), (&json!("completed"), &json!({"picked": [1, null]})));
    assert_eq!(ada.send("threads.add_client_tool_output", &output).problem(409), "no_pending_call");

    let form = item_of(&ada.say(&thread, "!form"), "structured_input");
    let answers = json!({"thread_id": thread, "item_id": form.id, "input": {"answers": {
        "prio": {"values": ["High", "Low"]}, "unknown": {"values": ["x"]},
    }}});
    ada.stream("threads.add_structured_input", &answers);
    let stored = ada.items(&thread, 100).into_iter().find(|item| item.id == form.id).unwrap();
    let stored = serde_json::to_value(stored).unwrap();
    assert_eq!(stored["status"], "answered");
    assert_eq!(stored["inputs"][0]["answer"], json!({"values": ["High"], "skipped": false}));
    assert_eq!(stored["inputs"][1]["answer"], json!({"values": [], "skipped": true}));
    assert_eq!(ada.send("threads.add_structured_input", &answers).problem(409), "wrong_item");
}

fn a_retry_forgets_what_came_after_the_message(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("first");
    let message = ada.items(&thread, 100)[0].clone();
    ada.say(&thread, "second");
    let retry = json!({"thread_id": thread, "item_id": message.id});
    let stream = ada.stream("threads.retry_after_item", &retry);
    let items = ada.items(&thread, 100);
    assert_eq!(items.len(), 2, "{items:?}");
    assert_eq!(items[0], message);
    assert_eq!(stream.events.last(), Some(&Event::ItemDone { item: items[1].clone() }));
    let answer = json!({"thread_id": thread, "item_id": items[1].id});
    assert_eq!(ada.send("threads.retry_after_item", &answer).problem(409), "wrong_item");
    let unknown = json!({"thread_id": thread, "item_id": "msg_unknown"});
    assert_eq!(ada.send("threads.retry_after_item", &unknown).problem(404), "item_not_found");
    assert_eq!(ada.items(&thread, 100), items, "what was refused changed nothing");
}

fn an_answer_that_is_hung_up_on_keeps_its_text_and_frees_the_thread(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("first");
    let slow = json!({"thread_id": thread, "input": message("!slow")});
    drop(ada.open("threads.add_user_message", &slow, "\"delta\":\"3 \""));
    let begun = Instant::now();
    let text = loop {
        let kept = ada.items(&thread, 100).into_iter().last().unwrap();
        if let ItemKind::AssistantMessage { content } = &kept.kind
            && content.iter().any(|part| part.text.contains("3 "))
        {
            break text(content);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the text is kept: {kept:?}");
        thread::sleep(Duration::from_millis(50));
    };
    assert!(text.starts_with("0 1 2 3 ") && !text.contains("39 "), "the model was stopped: {text}");
    // The thread is freed once the text is kept, a moment later.
    let again = json!({"thread_id": thread, "input": message("again")});
    let again = loop {
        let answer = ada.send("threads.add_user_message", &again);
        if answer.status != 409 {
            break Stream::read(&answer.body);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the thread is freed");
        thread::sleep(Duration::from_millis(20));
    };
    assert!(!again.kinds().contains(&"error".to_owned()));
}

fn a_thread_takes_one_answer_at_a_time(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("first");
    let slow = json!({"thread_id": thread, "input": message("!slow")});
    let open = ada.open("threads.add_user_message", &slow, "\"delta\":\"0 \"");
    let before = ada.items(&thread, 100).len();
    let other = server_of(database);
    let elsewhere = other
        .as_ref()
        .map_or_else(|| ada.clone(), |server| Talker { client: server.client(), ..ada.clone() });
    let second = json!({"thread_id": thread, "input": message("me too")});
    assert_eq!(elsewhere.send("threads.add_user_message", &second).problem(409), "thread_busy");
    assert_eq!(ada.items(&thread, 100).len(), before, "the second message was not taken");
    drop(open);
}

/// Another replica, where the database is shared by several.
fn server_of(database: &TestDatabase) -> Option<Running> {
    database.url().starts_with("postgres").then(|| scripted(database))
}

fn the_end_of_a_session_ends_its_answers(database: &TestDatabase) {
    use std::io::Read as _;
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let slow = json!({"input": message("!slow")});
    let mut open = ada.open("threads.create", &slow, "\"delta\":\"0 \"");
    let logout = server.client().post("/api/auth/logout").bearer(&ada.access).send();
    assert_eq!(logout.status, 200);
    let mut rest = String::new();
    open.get_mut().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The connection stays open for another request, so reading ends with the time limit or the end.
    let mut buffer = [0; 4096];
    while !rest.contains("0\r\n\r\n") {
        match open.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => rest.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    assert!(rest.contains("You are signed out.") && !rest.contains("39 "), "{rest}");
    assert_eq!(ada.send("threads.list", &json!({})).problem(401), "token_revoked");
}

fn a_server_that_stops_keeps_what_was_shown(database: &TestDatabase) {
    let server = Setup::on(database)
        .set("AUTORISEN__CHAT__RESPONDER", "scripted")
        .set("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "1")
        .start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let slow = json!({"input": message("!slow")});
    let open = ada.open("threads.create", &slow, "\"delta\":\"2 \"");
    server.terminate();
    let (status, output) = server.wait();
    assert!(status.success(), "{output}");
    drop(open);

    let server = scripted(database);
    let ada = Talker { client: server.client(), ..ada };
    let threads = all_threads(&ada, "desc", 10);
    let items = ada.items(&threads[0], 100);
    let ItemKind::AssistantMessage { content } = &items[1].kind else { panic!("{items:?}") };
    assert!(text(content).starts_with("0 1 2 "), "{content:?}");
    ada.say(&threads[0], "the thread is free again");
}

fn a_locked_thread_takes_nothing_more(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("!widget");
    ada.say(&thread, "!lock");
    let items = ada.items(&thread, 100);
    for (kind, params) in [
        ("threads.add_user_message", json!({"thread_id": thread, "input": message("hi")})),
        ("threads.add_client_tool_output", json!({"thread_id": thread, "result": 1})),
        ("threads.add_structured_input", json!({"thread_id": thread, "item_id": items[0].id, "input": {}})),
        ("threads.retry_after_item", json!({"thread_id": thread, "item_id": items[0].id})),
        ("threads.custom_action", json!({"thread_id": thread, "action": {"type": "go"}})),
        ("threads.sync_custom_action", json!({"thread_id": thread, "action": {"type": "go"}})),
    ] {
        assert_eq!(ada.send(kind, &params).problem(409), "thread_not_active", "{kind}");
    }
    let shown = ada.ask("threads.get_by_id", &json!({"thread_id": thread}));
    assert_eq!(shown["status"], json!({"type": "locked", "reason": "held"}));
    assert_eq!(ada.items(&thread, 100), items);
}

fn threads_are_renamed_and_deleted(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, stream) = ada.begin("hi");
    let renamed = ada.ask("threads.update", &json!({"thread_id": thread, "title": "  Two\n words "}));
    assert_eq!(renamed["title"], "Two words");
    let rated = json!({"thread_id": thread, "item_ids": [item_of(&stream, "assistant_message").id],
        "kind": "positive"});
    assert_eq!(ada.ask("items.feedback", &rated), json!({}));
    assert_eq!(ada.ask("threads.delete", &json!({"thread_id": thread})), json!({}));
    for kind in ["threads.get_by_id", "threads.delete", "items.list"] {
        assert_eq!(ada.send(kind, &json!({"thread_id": thread})).problem(404), "thread_not_found", "{kind}");
    }
    assert_eq!(all_threads(&ada, "desc", 10), Vec::<String>::new());
}

fn without_a_model_it_says_how_to_set_one_up(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (_, stream) = ada.begin("hi");
    let answer = item_of(&stream, "assistant_message");
    let ItemKind::AssistantMessage { content } = &answer.kind else { panic!("{answer:?}") };
    assert!(text(content).contains("OPENAI_API_KEY"), "{content:?}");
}

fn quotas_are_told_with_the_time_of_the_next_day(database: &TestDatabase) {
    let server = Setup::on(database)
        .set("AUTORISEN__CHAT__MESSAGES_PER_USER_DAY", "2")
        .set("AUTORISEN__CHAT__TOKENS_PER_USER", "1")
        .start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("one");
    ada.say(&thread, "two");
    let third = ada.send("threads.add_user_message", &json!({"thread_id": thread, "input": message("3")}));
    assert_eq!(third.problem(429), "rate_limited");
    let wait: u64 = third.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    assert_eq!(ada.items(&thread, 100).len(), 4, "the third was not taken");
    let token = server.client().post("/api/chatkit/token").bearer(&ada.access).json(&json!({})).send();
    assert_eq!(token.problem(403), "quota_exceeded");
}

fn an_answer_that_uses_a_quota_up_is_ended_with_a_notice(database: &TestDatabase) {
    let bits = "word ".repeat(100);
    let data = responses_saying(&[bits.as_str(); 20]);
    let model = ModelServer::start([Play::Events { data, pause: Duration::ZERO }]);
    let server = with_model(database, &model).set("AUTORISEN__CHAT__OUTPUT_PER_USER_DAY", "3000").start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, stream) = ada.begin("Tell me everything");
    let kinds = stream.kinds();
    assert_eq!(kinds[kinds.len() - 2..], ["notice", "error"]);
    let kept = ada.items(&thread, 100).pop().unwrap();
    let ItemKind::AssistantMessage { content } = &kept.kind else { panic!("{kept:?}") };
    assert!((3_000..10_000).contains(&text(content).len()), "what was shown is kept, and it was ended");
    let more = ada.send("threads.add_user_message", &json!({"thread_id": thread, "input": message("more")}));
    assert_eq!(more.problem(429), "rate_limited");
}

fn a_model_answers_with_the_instructions_of_the_placement(database: &TestDatabase) {
    let folder = database.folder().join("instructions");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("support.md"), "Speak of support.").unwrap();
    let data = responses_saying(&["Good ", "day"]);
    let model = ModelServer::start([Play::Events { data, pause: Duration::ZERO }]);
    let server = with_model(database, &model)
        .set("AUTORISEN__CHAT__INSTRUCTIONS_FOLDER", &folder.display().to_string())
        .start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, stream) = ada.begin("Tell me more");
    let ItemKind::AssistantMessage { content } = &item_of(&stream, "assistant_message").kind else {
        panic!()
    };
    assert_eq!(text(content), "Good day");
    assert_eq!(ada.ask("threads.get_by_id", &json!({"thread_id": thread}))["title"], "Tell me more");
    assert_eq!(model.asked()[0].body["instructions"], "Speak of support.");
    assert!(!server.output().contains(KEY), "the key is in no log");
}

fn hanging_up_ends_the_request_to_the_model(database: &TestDatabase) {
    let begun = responses_saying(&["begun"])[..2].to_vec();
    let model = ModelServer::start([Play::SilentAfter(begun)]);
    let server = with_model(database, &model).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    drop(ada.open("threads.create", &json!({"input": message("hi")}), "begun"));
    let waiting = Instant::now();
    while model.hung_up() == 0 {
        assert!(waiting.elapsed() < Duration::from_secs(20), "the model goes on for nobody");
        thread::sleep(Duration::from_millis(20));
    }
}

const KEY: &str = "marked-key-of-the-model";

fn with_model(database: &TestDatabase, model: &ModelServer) -> Setup {
    Setup::on(database).set("OPENAI_API_KEY", KEY).set("OPENAI_BASE_URL", &model.base_url())
}

fn all_threads(talker: &Talker, order: &str, size: u64) -> Vec<String> {
    let mut threads = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = talker.ask("threads.list", &json!({"order": order, "limit": size, "after": after}));
        for thread in page["data"].as_array().unwrap() {
            assert_eq!(thread["items"], json!({"data": [], "has_more": false}));
            threads.push(thread["id"].as_str().unwrap().to_owned());
        }
        if page["has_more"] == false {
            return threads;
        }
        after = page["after"].clone();
    }
}

/// The last item of this kind that the stream has done.
fn item_of(stream: &Stream, kind: &str) -> Item {
    let done = stream.events.iter().rev().filter_map(|event| match event {
        Event::ItemDone { item } => Some(item),
        _ => None,
    });
    let is_of_kind = |item: &&Item| serde_json::to_value(item).unwrap()["type"] == kind;
    done.into_iter().find(is_of_kind).unwrap().clone()
}

fn text(content: &[AssistantContent]) -> String {
    content.iter().map(|part| part.text.as_str()).collect()
}
