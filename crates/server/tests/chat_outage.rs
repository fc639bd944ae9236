//! A PostgreSQL that crashes and comes back in the middle of an answer.

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use autorisen_pgtest::Server;
use autorisen_storage::testing::execute;
use serde_json::{Value, json};

use support::{Setup, Talker, TestDatabase, message, next_frame};

#[test]
fn an_answer_outlives_a_crash_of_the_database() {
    // One of its own: the others must not notice.
    let postgres = Server::start().unwrap();
    let database = TestDatabase::at(postgres.url());
    let server = Setup::on(&database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let (thread, first) = ada.begin("first");
    let slow = json!({"thread_id": thread, "input": message("!slow")});
    let mut open = ada.open("threads.add_user_message", &slow, "\"item\"");
    let mut frames = Vec::new();
    let mut has_crashed = false;
    while let Some(frame) = next_frame(&mut open) {
        let is_middle = frame["update"]["delta"] == "10 ";
        frames.push(frame);
        if is_middle {
            crash(postgres.url());
            has_crashed = true;
        }
    }
    assert!(has_crashed, "{frames:?}");
    let last = frames.last().unwrap();
    assert_eq!(last["type"], "thread.item.done", "the answer came to its end: {last}");

    let begun = Instant::now();
    while server.client().get("/readyz").send().status != 200 {
        assert!(begun.elapsed() < Duration::from_mins(1), "the server is ready again");
        std::thread::sleep(Duration::from_millis(20));
    }
    let stored: BTreeMap<String, Value> = ada
        .items(&thread, 100)
        .into_iter()
        .map(|item| (item.id.clone(), serde_json::to_value(item).unwrap()))
        .collect();
    assert_eq!(stored.len(), 4, "{stored:?}");
    assert_eq!(stored[last["item"]["id"].as_str().unwrap()], last["item"]);
    let mut expected = BTreeMap::new();
    first.apply_to(&mut expected);
    for (id, item) in expected {
        assert_eq!(stored[&id], serde_json::to_value(item).unwrap(), "what was there before is there");
    }
    ada.say(&thread, "the thread is free again");
    assert_eq!(ada.items(&thread, 100).len(), 6);
}

/// Kills one process of the PostgreSQL, which then ends all the others and recovers, as after any crash. The
/// process does it to itself, so it works wherever the PostgreSQL runs.
fn crash(url: &str) {
    let killed = execute(url, "COPY (SELECT 1) TO PROGRAM 'kill -KILL $PPID'");
    assert!(killed.is_err(), "its process is gone");
}
