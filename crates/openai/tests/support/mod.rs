//! A sink that keeps what it is told, and what a responder needs.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_chatkit::answer::ItemHead;
use autorisen_chatkit::{Event, Fold, InferenceOptions, Item, ItemKind, Time, UserContent};
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    AnswerOver, AnswerSink, MessageFiles, Placement, Responder as _, ResponderError, Thread, ThreadChange,
    ThreadId, Tool, ToolError, ToolName, Tools, Trigger, Turn,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::id::IdSource;
use autorisen_openai::{Api, FileLimits, ModelLimits, OpenAiPorts, OpenAiResponder, OpenAiSettings};
use autorisen_testkit::fakes::{FakeClock, InMemoryStore, QuickTimer, SequenceRandom};
use autorisen_testkit::fixtures::placement_name;
use autorisen_testkit::model_server::ModelServer;
use serde_json::{Map, Value, json};

/// Keeps events, and checks their order.
#[derive(Default)]
pub struct Kept {
    pub events: Vec<Event>,
    pub fold: Fold,
    pub title: Option<String>,
    pub called: Vec<(String, Map<String, Value>)>,
}

#[async_trait]
impl AnswerSink for Kept {
    async fn send(&mut self, event: Event) -> Result<(), AnswerOver> {
        self.fold.apply(&event).unwrap();
        self.events.push(event);
        Ok(())
    }

    async fn change_thread(&mut self, change: ThreadChange) -> Result<(), AnswerOver> {
        self.title = change.title;
        Ok(())
    }

    async fn call_tool(&mut self, name: &str, arguments: Map<String, Value>) -> Result<Value, AnswerOver> {
        self.called.push((name.to_owned(), arguments));
        Ok(json!({"ticket": 7}))
    }

    fn head(&mut self, prefix: &'static str) -> Result<ItemHead, PortError> {
        let id = format!("{prefix}_{}", self.events.len());
        Ok(ItemHead { id, thread_id: "thr_1".to_owned(), created_at: Time::from_micros(0) })
    }
}

impl Kept {
    /// The texts of the messages that are whole.
    pub fn texts(&self) -> Vec<String> {
        let done = self.events.iter().filter_map(|event| match event {
            Event::ItemDone { item: Item { kind: ItemKind::AssistantMessage { content }, .. } } => {
                Some(content.iter().map(|part| part.text.as_str()).collect())
            }
            _ => None,
        });
        done.collect()
    }
}

/// A tool that is on offer; the sink calls it.
struct Ticket(ToolName, Map<String, Value>);

#[async_trait]
impl Tool for Ticket {
    fn name(&self) -> &ToolName {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Opens a ticket."
    }

    fn schema(&self) -> &Map<String, Value> {
        &self.1
    }

    async fn call(
        &self,
        _: autorisen_domain::chat::ThreadKey,
        _: Map<String, Value>,
    ) -> Result<Value, ToolError> {
        Ok(Value::Null)
    }
}

/// A key that must be nowhere but in the one header.
pub const KEY: &str = "marked-key-of-the-model";

/// A responder that asks this server, and knows no files.
pub fn responder(server: &ModelServer, api: Api) -> OpenAiResponder {
    responder_with(server, api, &Arc::default(), FileLimits::default())
}

/// A responder that asks this server, and gives it files of this store.
pub fn responder_with(
    server: &ModelServer,
    api: Api,
    store: &Arc<InMemoryStore>,
    files: FileLimits,
) -> OpenAiResponder {
    let name = ToolName::parse("support.ticket").unwrap();
    let schema = json!({"type": "object"}).as_object().unwrap().clone();
    let tools = Tools::new([Arc::new(Ticket(name, schema)) as Arc<dyn Tool>]);
    let ports = OpenAiPorts {
        observer: None,
        tools,
        files: MessageFiles::new(store.clone(), store.clone()),
        ids: IdSource::new(Arc::new(FakeClock::default()), Arc::new(SequenceRandom::default())),
        timer: Arc::new(QuickTimer),
    };
    let settings = OpenAiSettings {
        base_url: server.base_url(),
        key: Some(KEY.to_owned().into()),
        api,
        model: "plain".to_owned(),
        choices: vec!["better".to_owned()],
        instructions: "Be kind.".to_owned(),
        instructions_by_placement: [(placement_name("admin"), "Be brief.".to_owned())].into(),
        limits: ModelLimits {
            silence: Duration::from_millis(800),
            total: Duration::from_secs(5),
            characters: 1_000,
            tool_rounds: 2,
            retries: 2,
        },
        transcriber: Some("ears".to_owned()),
        files,
    };
    OpenAiResponder::new(ports, settings).unwrap()
}

/// A turn in which the user has said this.
pub fn turn(text: &str) -> Turn {
    let user = UserId::from_bytes([1; 16]);
    let name = placement_name("support");
    let thread = Thread::new(ThreadId::from_bytes([2; 16]), user, name.clone(), Timestamp::from_secs(0));
    let placement = Placement { name, tools: vec![ToolName::parse("support.ticket").unwrap()] };
    Turn { user, thread, placement, history: vec![said(text)], trigger: Trigger::Message }
}

/// What a user says.
pub fn said(text: &str) -> Item {
    item(ItemKind::UserMessage {
        content: vec![UserContent::InputText { text: text.to_owned() }],
        attachments: Vec::new(),
        quoted_text: None,
        inference_options: InferenceOptions::default(),
    })
}

/// An item of the thread.
pub fn item(kind: ItemKind) -> Item {
    let head = ItemHead { id: "msg_1".into(), thread_id: "thr_1".into(), created_at: Time::from_micros(0) };
    head.with(kind)
}

/// Answers, and gives what came of it.
pub async fn answer(responder: &OpenAiResponder, turn: &Turn) -> (Kept, Result<(), ResponderError>) {
    let mut kept = Kept::default();
    let result = responder.respond(turn, &mut kept).await;
    (kept, result)
}

/// What the user is told, and whether trying again may help.
pub fn told<T: std::fmt::Debug>(result: Result<T, ResponderError>) -> (String, bool) {
    match result {
        Err(ResponderError::Told { message, allow_retry, cause }) => {
            let cause = format!("{cause:?}");
            assert!(!cause.contains(KEY) && !message.contains(KEY), "{cause}");
            (message, allow_retry)
        }
        other => panic!("{other:?}"),
    }
}
