//! What the real server answers, read by the models of the Python package `openai-chatkit`: every type of
//! request and every text of the script, on each database.
//!
//! The Python that has the package is named by `AUTORISEN_TEST_CHATKIT_PYTHON`; `cargo xtask test` installs
//! it and sets the name. Without it the answers are compared with the types of the crate alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use autorisen_chatkit::{Attachment, Event, Item, Page, Thread};
use serde_json::{Value, json};

use support::{Setup, Stream, Talker, TestDatabase, message};

on_both_databases! {
    every_answer_is_read_and_written_alike_by_the_models,
}

const PYTHON: &str = "AUTORISEN_TEST_CHATKIT_PYTHON";
const CHECK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../chatkit/tests/models/check.py");

/// Every text of the script but `!lock`, after which nothing more is taken.
const SCRIPT: [&str; 12] = [
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
    "!slow",
];

fn every_answer_is_read_and_written_alike_by_the_models(database: &TestDatabase) {
    let setup = Setup::on(database)
        // The models want whole addresses.
        .set("AUTORISEN__SERVER__PUBLIC_URL", "https://api.example.org");
    let server = setup.clone().set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let seen = Seen::by(Talker::register(&server.client(), "ada@example.org"));
    let thread = seen.talk();
    seen.act(&thread);
    seen.read(&thread);
    seen.end(&thread);
    drop(server);

    let offline = setup.set("AUTORISEN__CHAT__RESPONDER", "offline").start();
    let talker = Talker::register(&offline.client(), "bob@example.org");
    let seen = Seen { talker, ..seen };
    seen.stream("threads.create", &json!({"input": message("hi")}));

    assert_eq!(seen.kinds.borrow().len(), 16, "every type of request: {:?}", seen.kinds);
    compare(&seen.lines.into_inner());
}

/// A user whose requests and answers are written down.
struct Seen {
    talker: Talker,
    kinds: RefCell<BTreeSet<String>>,
    lines: RefCell<Vec<Value>>,
}

impl Seen {
    fn by(talker: Talker) -> Self {
        Self { talker, kinds: RefCell::default(), lines: RefCell::default() }
    }

    /// Says everything that the script knows, with files, quotes and mentions.
    fn talk(&self) -> String {
        let files = [self.upload("a.png", "image/png"), self.upload("a.txt", "text/plain")];
        let input = json!({
            "content": [
                {"type": "input_text", "text": "see "},
                {"type": "input_tag", "id": "u1", "text": "Ada", "data": {"k": [1, null]}, "group": "people",
                    "interactive": true},
            ],
            "quoted_text": "quoted", "attachments": files,
            "inference_options": {"model": "fast", "tool_choice": {"id": "search"}},
        });
        let created = self.stream("threads.create", &json!({"input": input}));
        let thread = serde_json::to_value(&created.events[0]).unwrap()["thread"]["id"].clone();
        let thread = thread.as_str().unwrap().to_owned();
        for text in SCRIPT {
            self.stream("threads.add_user_message", &json!({"thread_id": thread, "input": message(text)}));
        }
        thread
    }

    /// Does what a user does besides saying something.
    fn act(&self, thread: &str) {
        let say = |text| {
            self.stream("threads.add_user_message", &with_thread(thread, json!({"input": message(text)})))
        };
        let form = self.item(thread, "structured_input");
        let widget = self.item(thread, "widget");
        let answers = json!({"prio": {"values": ["High"]}, "note": {"skipped": true}});
        say("!tool");
        for (kind, params) in [
            ("threads.add_client_tool_output", json!({"result": {"picked": [1, null]}})),
            ("threads.add_structured_input", json!({"item_id": form, "input": {"answers": answers}})),
            (
                "threads.custom_action",
                json!({"item_id": widget, "action": {"type": "go", "payload": {"n": 1}}}),
            ),
            ("threads.custom_action", json!({"action": {"type": "go"}})),
        ] {
            self.stream(kind, &with_thread(thread, params));
        }
        let action = with_thread(thread, json!({"item_id": widget, "action": {"type": "go"}}));
        self.ask("threads.sync_custom_action", &action, "SyncCustomActionResponse");
        // An output that is nothing is left out of the call.
        say("!tool");
        self.stream("threads.add_client_tool_output", &with_thread(thread, json!({"result": null})));
        self.ask("items.list", &with_thread(thread, json!({"limit": 100})), "Page[ThreadItem]");
        let said = self.item(thread, "user_message");
        self.stream("threads.retry_after_item", &with_thread(thread, json!({"item_id": said})));
        let liked = with_thread(thread, json!({"item_ids": [said], "kind": "positive"}));
        self.ask_for_nothing("items.feedback", &liked);
        let spoken = json!({"audio_base64": "aGVsbG8=", "mime_type": "audio/webm;codecs=opus"});
        self.ask("input.transcribe", &spoken, "TranscriptionResult");
    }

    /// Reads it all, in every order and in small pages.
    fn read(&self, thread: &str) {
        self.stream("threads.create", &json!({"input": message("another")}));
        self.ask("threads.update", &with_thread(thread, json!({"title": "Trip"})), "Thread");
        self.ask("threads.get_by_id", &with_thread(thread, json!({})), "Thread");
        for limit in [1, 100] {
            let params = json!({"limit": limit, "order": "asc"});
            self.ask("threads.list", &params, "Page[Thread]");
            self.ask("items.list", &with_thread(thread, params), "Page[ThreadItem]");
        }
        self.ask("threads.list", &json!({}), "Page[Thread]");
    }

    /// Locks the thread and deletes what is left.
    fn end(&self, thread: &str) {
        self.stream("threads.add_user_message", &json!({"thread_id": thread, "input": message("!lock")}));
        self.ask("threads.get_by_id", &with_thread(thread, json!({})), "Thread");
        let file = self.upload("b.txt", "text/plain");
        self.ask_for_nothing("attachments.delete", &json!({"attachment_id": file}));
        self.ask_for_nothing("threads.delete", &with_thread(thread, json!({})));
    }

    /// Sends a file in two steps, and gives its id.
    fn upload(&self, name: &str, mime_type: &str) -> String {
        let params = json!({"name": name, "size": 5, "mime_type": mime_type});
        let announced = self.ask("attachments.create", &params, "Attachment");
        let url = announced["upload_descriptor"]["url"].as_str().unwrap();
        let path = url.strip_prefix("https://api.example.org").unwrap();
        let sent = self.talker.client.request("PUT", path).body("hello").send();
        self.note("Attachment", &sent.json());
        announced["id"].as_str().unwrap().to_owned()
    }

    /// The newest item of this kind.
    fn item(&self, thread: &str, kind: &str) -> String {
        let items = self.talker.items(thread, 100);
        let is_of_kind = |item: &&Item| serde_json::to_value(item).unwrap()["type"] == kind;
        items.iter().rev().find(is_of_kind).unwrap().id.clone()
    }

    fn stream(&self, kind: &str, params: &Value) -> Stream {
        self.note_request(kind, params);
        let answer = self.talker.send(kind, params);
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        for frame in answer.body.split_terminator("\n\n") {
            let event: Value = serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap();
            self.note("ThreadStreamEvent", &event);
        }
        Stream::read(&answer.body)
    }

    fn ask(&self, kind: &str, params: &Value, model: &str) -> Value {
        self.note_request(kind, params);
        let answer = self.talker.ask(kind, params);
        self.note(model, &answer);
        answer
    }

    fn ask_for_nothing(&self, kind: &str, params: &Value) {
        self.note_request(kind, params);
        assert_eq!(self.talker.ask(kind, params), json!({}), "{kind}");
    }

    fn note_request(&self, kind: &str, params: &Value) {
        self.kinds.borrow_mut().insert(kind.to_owned());
        let request = json!({"type": kind, "params": params});
        self.lines.borrow_mut().push(json!({"reads": "ChatKitReq", "json": request}));
    }

    /// Notes an answer, and compares it with the types of the crate: it has their members and no others.
    #[track_caller]
    fn note(&self, model: &str, json: &Value) {
        assert_eq!(as_the_crate_writes(model, json), *json, "{model}");
        self.lines.borrow_mut().push(json!({"model": model, "json": json}));
    }
}

fn as_the_crate_writes(model: &str, json: &Value) -> Value {
    let read = json.clone();
    match model {
        "ThreadStreamEvent" => serde_json::to_value(serde_json::from_value::<Event>(read).unwrap()),
        "Thread" => serde_json::to_value(serde_json::from_value::<Thread>(read).unwrap()),
        "Page[Thread]" => serde_json::to_value(serde_json::from_value::<Page<Thread>>(read).unwrap()),
        "Page[ThreadItem]" => serde_json::to_value(serde_json::from_value::<Page<Item>>(read).unwrap()),
        "Attachment" => serde_json::to_value(serde_json::from_value::<Attachment>(read).unwrap()),
        "SyncCustomActionResponse" => {
            let item: Item = serde_json::from_value(json["updated_item"].clone()).unwrap();
            Ok(json!({ "updated_item": item }))
        }
        "TranscriptionResult" => Ok(json!({"text": json["text"].as_str().unwrap()})),
        _ => panic!("{model}"),
    }
    .unwrap()
}

fn with_thread(thread: &str, mut params: Value) -> Value {
    params["thread_id"] = thread.into();
    params
}

/// Has the models read it all.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests are told by the environment, as their PostgreSQL is"
)]
fn compare(lines: &[Value]) {
    assert!(lines.len() > 150, "{}", lines.len());
    let Some(python) = std::env::var_os(PYTHON) else {
        eprintln!("SKIPPED: {PYTHON} names no Python with openai-chatkit; `cargo xtask test` brings one");
        return;
    };
    let mut check = Command::new(python)
        .args([CHECK, "answers"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The check reads everything before it says anything.
    let mut input = check.stdin.take().unwrap();
    for line in lines {
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    let said = check.wait_with_output().unwrap();
    let (out, faults) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}{faults}");
    assert!(out.contains(&format!("{} values compared, 0 differ", lines.len())), "{out}");
}
