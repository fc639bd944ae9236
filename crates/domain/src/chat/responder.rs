//! The port behind which answers come from.

use std::fmt;

use async_trait::async_trait;
use autorisen_chatkit::answer::ItemHead;
use autorisen_chatkit::{Action, Event, Item, ItemKind};
use serde_json::{Map, Value};

use crate::auth::UserId;
use crate::chat::{Placement, Thread, ThreadChange};
use crate::error::PortError;

/// Turns a thread and what just happened in it into an answer.
#[async_trait]
pub trait Responder: Send + Sync {
    /// Answers. Everything it has to say goes to `out` as events of the protocol, in the order that the
    /// protocol wants; it waits there while the reader is slow. When `out` says that the answer is over,
    /// it returns at once. It may be dropped at any await, and then no model goes on for it.
    async fn respond(&self, turn: &Turn, out: &mut dyn AnswerSink) -> Result<(), ResponderError>;

    /// Answers an action that is not streamed: the item as it is afterwards, if it changed.
    async fn act(&self, turn: &Turn, _action: &Action) -> Result<Option<Item>, ResponderError> {
        let _ = turn;
        Err(ResponderError::told("This action is not supported here.", false))
    }

    /// Turns speech into text.
    async fn transcribe(&self, _audio: &Audio) -> Result<String, ResponderError> {
        Err(ResponderError::told("Dictation is not set up here.", false))
    }
}

/// What is to be answered.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Whose thread it is.
    pub user: UserId,
    /// The thread.
    pub thread: Thread,
    /// Its placement.
    pub placement: Placement,
    /// Its newest items, the oldest first, with hidden ones; no call that is pending.
    pub history: Vec<Item>,
    /// What just happened.
    pub trigger: Trigger,
}

/// What just happened in a thread.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// The user said something: the last item.
    Message,
    /// A client tool gave its output.
    ToolOutput,
    /// Questions were answered.
    StructuredInput,
    /// The user wants another answer to the last item.
    Retry,
    /// The user did something with a widget.
    Action {
        /// What.
        action: Action,
        /// The widget, when it was named.
        item: Option<Box<Item>>,
    },
}

impl Turn {
    /// Whether the first thing that was ever said in the thread is answered, for the first time.
    #[must_use]
    pub fn is_first(&self) -> bool {
        let is_said = |item: &&Item| matches!(item.kind, ItemKind::UserMessage { .. });
        let is_answer = |item: &Item| matches!(item.kind, ItemKind::AssistantMessage { .. });
        self.trigger == Trigger::Message
            && self.history.iter().filter(is_said).count() == 1
            && !self.history.iter().any(is_answer)
    }

    /// What the user said last, as one text, trimmed.
    #[must_use]
    pub fn user_text(&self) -> String {
        let message = self.history.iter().rev().find_map(|item| match &item.kind {
            ItemKind::UserMessage { content, .. } => Some(content),
            _ => None,
        });
        let parts = message.into_iter().flatten().map(autorisen_chatkit::UserContent::text);
        parts.collect::<String>().trim().to_owned()
    }
}

/// Speech.
pub struct Audio {
    /// The sound.
    pub bytes: Vec<u8>,
    /// Its media type, with parameters.
    pub mime_type: String,
}

impl fmt::Debug for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audio").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// The answer is over: the reader has gone, the user has stopped it, or it may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is over")]
pub struct AnswerOver;

/// Takes an answer, bit by bit.
#[async_trait]
pub trait AnswerSink: Send {
    /// Takes an event: what is to be stored is stored before anybody sees it.
    async fn send(&mut self, event: Event) -> Result<(), AnswerOver>;

    /// Changes the thread; who reads along is told.
    async fn change_thread(&mut self, change: ThreadChange) -> Result<(), AnswerOver>;

    /// Calls a tool of the placement for the user, and gives what it says, which is meant for the model.
    async fn call_tool(&mut self, name: &str, arguments: Map<String, Value>) -> Result<Value, AnswerOver>;

    /// The head of a new item, its id beginning with `prefix`.
    fn head(&mut self, prefix: &'static str) -> Result<ItemHead, PortError>;
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum ResponderError {
    /// The sink said so.
    #[error(transparent)]
    Over(#[from] AnswerOver),
    /// The user is to be told this.
    #[error("the answer was refused: {message}")]
    Told {
        /// What, fit to show.
        message: String,
        /// Whether trying again may help.
        allow_retry: bool,
        /// What happened outside, for the log.
        #[source]
        cause: Option<PortError>,
    },
    /// Something failed that the user is told nothing of.
    #[error(transparent)]
    Failed(#[from] PortError),
}

impl ResponderError {
    /// The user is to be told this.
    pub fn told(message: impl Into<String>, allow_retry: bool) -> Self {
        Self::Told { message: message.into(), allow_retry, cause: None }
    }

    /// The user is to be told this, because that happened outside.
    pub fn told_because(message: impl Into<String>, allow_retry: bool, cause: PortError) -> Self {
        Self::Told { message: message.into(), allow_retry, cause: Some(cause) }
    }
}
