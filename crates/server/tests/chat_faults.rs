//! What breaks off while an answer is given: its reader, its thread, its session, its database.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use autorisen_testkit::model_server::{ModelServer, Play, responses_saying};
use serde_json::{Value, json};

use support::{Running, Setup, Stream, Talker, TestDatabase, message, next_frame};

on_both_databases! {
    a_client_may_vanish_after_any_frame,
    a_reader_who_stops_reading_holds_up_the_model_and_no_memory,
    a_deleted_thread_ends_its_answer,
    a_session_that_ends_elsewhere_ends_its_answers_here,
}

/// Long enough for a machine that does much else; reached only when something is wrong.
const PATIENCE: Duration = Duration::from_mins(3);

const KEY: &str = "marked-key-of-the-model";

fn with_model(database: &TestDatabase, model: &ModelServer) -> Setup {
    Setup::on(database).set("OPENAI_API_KEY", KEY).set("OPENAI_BASE_URL", &model.base_url())
}

fn scripted(database: &TestDatabase) -> Running {
    Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start()
}

/// Says something as soon as the thread is free.
fn say_when_free(talker: &Talker, thread: &str, text: &str) -> Stream {
    let begun = Instant::now();
    let input = json!({"thread_id": thread, "input": message(text)});
    loop {
        let answer = talker.send("threads.add_user_message", &input);
        if answer.status != 409 {
            assert_eq!(answer.status, 200, "{answer:?}");
            return Stream::read(&answer.body);
        }
        assert!(begun.elapsed() < PATIENCE, "the thread is freed");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a reader has seen of the items of a stream: whole ones, and the texts that were begun.
fn seen(frames: &[Value]) -> (BTreeMap<String, Value>, BTreeMap<String, String>) {
    let (mut whole, mut begun) = (BTreeMap::new(), BTreeMap::new());
    for frame in frames {
        match frame["type"].as_str().unwrap() {
            "thread.item.done" | "thread.item.replaced" => {
                let id = frame["item"]["id"].as_str().unwrap().to_owned();
                begun.remove(&id);
                whole.insert(id, frame["item"].clone());
            }
            "thread.item.updated" => {
                if let Some(delta) = frame["update"]["delta"].as_str() {
                    let text: &mut String =
                        begun.entry(frame["item_id"].as_str().unwrap().to_owned()).or_default();
                    text.push_str(delta);
                }
            }
            _ => {}
        }
    }
    (whole, begun)
}

fn a_client_may_vanish_after_any_frame(database: &TestDatabase) {
    let data = responses_saying(&["one ", "two ", "three ", "four ", "five"]);
    let model = ModelServer::start([Play::Events { data, pause: Duration::from_millis(15) }]);
    let server = with_model(database, &model).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    for count in 0.. {
        let (thread, _) = ada.begin("first");
        let input = json!({"thread_id": thread, "input": message("and then?")});
        let mut open = ada.open("threads.add_user_message", &input, "");
        let frames: Vec<Value> = (0..count).map_while(|_| next_frame(&mut open)).collect();
        drop(open);
        // Once the thread is free, all that is to be stored of the answer is stored.
        let next = say_when_free(&ada, &thread, "still there?");
        assert!(!next.kinds().contains(&"error".to_owned()), "after {count} frames");
        let stored: BTreeMap<String, Value> = ada
            .items(&thread, 100)
            .into_iter()
            .map(|item| (item.id.clone(), serde_json::to_value(item).unwrap()))
            .collect();
        let (whole, begun) = seen(&frames);
        for (id, item) in whole {
            assert_eq!(
                stored.get(&id),
                Some(&item),
                "what was shown as done is stored, after {count} frames"
            );
        }
        for (id, text) in begun {
            let kept = stored.get(&id).and_then(|item| item["content"][0]["text"].as_str());
            assert!(
                kept.is_some_and(|kept| kept.starts_with(&text)),
                "what was shown is kept, after {count} frames: {text:?} {kept:?}"
            );
        }
        if frames.len() < count {
            assert!(count > 8, "an answer has more frames than that: {frames:?}");
            return;
        }
    }
}

fn a_reader_who_stops_reading_holds_up_the_model_and_no_memory(database: &TestDatabase) {
    const EVENTS: usize = 40_000;
    let bit = "x".repeat(1_000);
    let data = responses_saying(&vec![bit.as_str(); EVENTS]);
    let model = ModelServer::start([Play::Events { data, pause: Duration::ZERO }]);
    let server = with_model(database, &model).set("AUTORISEN__CHAT__ANSWER_MAX_CHARS", "10000000").start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let before = server.resident_memory();
    let open = ada.open("threads.create", &json!({"input": message("everything")}), "\"delta\":");

    // Nobody reads on. When the model has not got rid of anything for a while, all buffers are full.
    let (begun, mut sent, mut since) = (Instant::now(), 0, Instant::now());
    while since.elapsed() < Duration::from_secs(2) || sent == 0 {
        assert!(begun.elapsed() < PATIENCE, "the model is held up at last");
        thread::sleep(Duration::from_millis(50));
        if model.sent() != sent {
            (sent, since) = (model.sent(), Instant::now());
        }
    }
    assert!(sent < EVENTS, "the model has said everything to nobody");
    let grown = server.resident_memory().saturating_sub(before);
    assert!(grown < 32 * 1024 * 1024, "{grown} bytes for one who does not read, after {sent} events");

    drop(open);
    let begun = Instant::now();
    while model.hung_up() == 0 {
        assert!(begun.elapsed() < PATIENCE, "the model goes on for nobody");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Reads a stream on until its end.
fn rest(open: &mut BufReader<TcpStream>) -> Vec<Value> {
    open.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
    std::iter::from_fn(|| next_frame(open)).collect()
}

fn a_deleted_thread_ends_its_answer(database: &TestDatabase) {
    let server = scripted(database);
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, _) = ada.begin("first");
    let slow = json!({"thread_id": thread, "input": message("!slow")});
    let mut open = ada.open("threads.add_user_message", &slow, "\"delta\":\"0 \"");
    ada.ask("threads.delete", &json!({"thread_id": thread}));
    let frames = rest(&mut open);
    let last = frames.last().unwrap();
    assert_eq!((&last["type"], &last["allow_retry"]), (&json!("error"), &json!(false)), "{last}");
    assert_eq!(last["message"], "The conversation was deleted.");
    let texts = frames.iter().filter(|frame| frame["update"]["delta"].is_string()).count();
    assert!(texts < 39, "it was ended in the middle: {texts}");
    assert_eq!(ada.ask("threads.list", &json!({}))["data"], json!([]));
}

fn a_session_that_ends_elsewhere_ends_its_answers_here(database: &TestDatabase) {
    let server = scripted(database);
    let other = database.url().starts_with("postgres").then(|| scripted(database));
    let ada = Talker::register(&server.client(), "ada@example.org");
    let mut open = ada.open("threads.create", &json!({"input": message("!slow")}), "\"delta\":\"0 \"");
    let elsewhere = other.as_ref().unwrap_or(&server).client();
    assert_eq!(elsewhere.post("/api/auth/logout").bearer(&ada.access).send().status, 200);
    let frames = rest(&mut open);
    assert_eq!(frames.last().unwrap()["message"], "You are signed out.", "{frames:?}");
    let texts = frames.iter().filter(|frame| frame["update"]["delta"].is_string()).count();
    assert!(texts < 39, "it was ended in the middle: {texts}");
}
