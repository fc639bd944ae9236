//! Speaking the ChatKit protocol, and reading streams strictly.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;

use autorisen_chatkit::{Event, Fold, Item};
use serde_json::{Value, json};

use super::{Answer, Client};

/// A user who speaks the protocol with a chat token.
#[derive(Clone)]
pub struct Talker {
    pub client: Client,
    pub access: Value,
    pub token: Value,
}

/// An answer, read to its end.
pub struct Stream {
    pub events: Vec<Event>,
}

/// The input of a message with this text.
pub fn message(text: &str) -> Value {
    json!({
        "content": [{"type": "input_text", "text": text}],
        "quoted_text": "", "attachments": [], "inference_options": {},
    })
}

impl Talker {
    /// Registers a user and asks for a chat token.
    pub fn register(client: &Client, email: &str) -> Self {
        let access = client.register(email)["access_token"].clone();
        let grant = client.post("/api/chatkit/token").bearer(&access).json(&json!({})).send();
        assert_eq!(grant.status, 200, "{grant:?}");
        Self { client: client.clone(), access, token: grant.json()["token"].clone() }
    }

    /// Sends a request of the protocol.
    pub fn send(&self, kind: &str, params: &Value) -> Answer {
        let body = json!({"type": kind, "params": params});
        self.client.post("/api/chatkit").bearer(&self.token).json(&body).send()
    }

    /// The same, for one that is answered at once and well.
    #[track_caller]
    pub fn ask(&self, kind: &str, params: &Value) -> Value {
        let answer = self.send(kind, params);
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{kind}");
        answer.json()
    }

    /// The same, for one that is answered by a stream.
    #[track_caller]
    pub fn stream(&self, kind: &str, params: &Value) -> Stream {
        let answer = self.send(kind, params);
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/event-stream"), "{kind}");
        assert_eq!(answer.header("x-accel-buffering"), Some("no"), "{kind}");
        Stream::read(&answer.body)
    }

    /// Begins a thread with this text, and gives its id and the stream.
    #[track_caller]
    pub fn begin(&self, text: &str) -> (String, Stream) {
        let stream = self.stream("threads.create", &json!({"input": message(text)}));
        let Event::ThreadCreated { thread } = &stream.events[0] else {
            panic!("{:?}", stream.events[0]);
        };
        (thread.id.clone(), stream)
    }

    /// Says something in a thread.
    #[track_caller]
    pub fn say(&self, thread: &str, text: &str) -> Stream {
        self.stream("threads.add_user_message", &json!({"thread_id": thread, "input": message(text)}))
    }

    /// Every item of a thread that a client may see, page by page, the oldest first.
    #[track_caller]
    pub fn items(&self, thread: &str, page: u64) -> Vec<Item> {
        let mut items = Vec::new();
        let mut after = Value::Null;
        loop {
            let params = json!({"thread_id": thread, "limit": page, "order": "asc", "after": after});
            let found = self.ask("items.list", &params);
            for item in found["data"].as_array().unwrap() {
                let read: Item = serde_json::from_value(item.clone()).unwrap();
                assert_eq!(serde_json::to_value(&read).unwrap(), *item, "an item has these members alone");
                items.push(read);
            }
            if found["has_more"] == false {
                assert_eq!(found.get("after"), None, "{found}");
                return items;
            }
            after = found["after"].clone();
        }
    }

    /// Begins an answer on a connection of its own and reads lines until one holds `until`. The
    /// connection is hung up when it is dropped.
    pub fn open(&self, kind: &str, params: &Value, until: &str) -> BufReader<TcpStream> {
        let body = json!({"type": kind, "params": params}).to_string();
        let mut connection = TcpStream::connect(self.client.authority()).unwrap();
        write!(
            connection,
            "POST /api/chatkit HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token.as_str().unwrap(),
            body.len(),
        )
        .unwrap();
        let mut reader = BufReader::new(connection);
        let mut line = String::new();
        while !line.contains(until) {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ends before {until}");
        }
        reader
    }
}

/// The next frame of a stream that was opened; `None` at its end, and when the connection is cut.
pub fn next_frame(reader: &mut impl BufRead) -> Option<Value> {
    let mut line = String::new();
    loop {
        line.clear();
        // A chunk is a frame, so that no frame is cut by the size of a chunk.
        match reader.read_line(&mut line) {
            Ok(read) if read > 0 && line.trim_end() != "0" => {}
            _ => return None,
        }
        if let Some(json) = line.strip_prefix("data: ") {
            return Some(serde_json::from_str(json).unwrap());
        }
    }
}

impl Stream {
    /// Reads the frames, and checks that they are nothing else and in order.
    #[track_caller]
    pub fn read(body: &str) -> Self {
        let mut fold = Fold::default();
        let frames = body.strip_suffix("\n\n").expect("a stream ends with a frame").split("\n\n");
        let events: Vec<Event> = frames
            .map(|frame| {
                let json: Value = serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap();
                let event: Event = serde_json::from_value(json.clone()).unwrap();
                assert_eq!(serde_json::to_value(&event).unwrap(), json, "an event has these members alone");
                fold.apply(&event).unwrap_or_else(|error| panic!("{error}: {json}"));
                event
            })
            .collect();
        assert!(fold.open_items().is_empty() || fold.has_failed(), "all that began has ended");
        Self { events }
    }

    /// What the stream makes of the items of its thread.
    pub fn apply_to(&self, items: &mut BTreeMap<String, Item>) {
        for event in &self.events {
            match event {
                Event::ItemDone { item } | Event::ItemReplaced { item } => {
                    items.insert(item.id.clone(), item.clone());
                }
                Event::ItemRemoved { item_id } => {
                    items.remove(item_id);
                }
                _ => {}
            }
        }
    }

    /// The `type` of each event.
    pub fn kinds(&self) -> Vec<String> {
        let kind = |event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
        self.events.iter().map(kind).collect()
    }
}
