//! What a client asks for.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{InferenceOptions, UserContent};

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// `threads.create`: a new thread that begins with a message. Streams.
    ThreadsCreate {
        /// The message.
        input: UserMessageInput,
    },
    /// `threads.add_user_message`: a message in a thread. Streams.
    AddUserMessage {
        /// The thread.
        thread_id: String,
        /// The message.
        input: UserMessageInput,
    },
    /// `threads.add_client_tool_output`: what a client tool gave. Streams.
    AddClientToolOutput {
        /// The thread.
        thread_id: String,
        /// What it gave.
        result: Value,
    },
    /// `threads.add_structured_input`: answers to questions. Streams.
    AddStructuredInput {
        /// The thread.
        thread_id: String,
        /// The item with the questions.
        item_id: String,
        /// The answers.
        input: StructuredAnswers,
    },
    /// `threads.retry_after_item`: another answer to a message. Streams.
    RetryAfterItem {
        /// The thread.
        thread_id: String,
        /// The message.
        item_id: String,
    },
    /// `threads.custom_action`: an action of a widget. Streams.
    CustomAction(ThreadActionParams),
    /// `threads.sync_custom_action`: an action of a widget that is answered at once.
    SyncCustomAction(ThreadActionParams),
    /// `threads.get_by_id`: a thread with its first items.
    ThreadsGetById {
        /// The thread.
        thread_id: String,
    },
    /// `threads.list`: the threads.
    ThreadsList(ListParams),
    /// `items.list`: the items of a thread.
    ItemsList(ItemsListParams),
    /// `threads.update`: another title.
    ThreadsUpdate {
        /// The thread.
        thread_id: String,
        /// The title.
        title: String,
    },
    /// `threads.delete`: a thread and all that is in it.
    ThreadsDelete {
        /// The thread.
        thread_id: String,
    },
    /// `items.feedback`: what the user thinks of items.
    ItemsFeedback(FeedbackParams),
    /// `attachments.create`: a file is going to be sent.
    AttachmentsCreate(AttachmentParams),
    /// `attachments.delete`: a file is not needed any more.
    AttachmentsDelete {
        /// The attachment.
        attachment_id: String,
    },
    /// `input.transcribe`: speech to text.
    InputTranscribe(TranscribeParams),
}

/// A body is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is no JSON object with a `type` that is text.
    #[error("the body must be a JSON object with the members type and params")]
    NoEnvelope,
    /// There is no such operation.
    #[error("the type names no operation")]
    UnknownType,
    /// The parameters do not fit the operation.
    #[error("the params do not fit {request}: {fault}")]
    Params {
        /// The operation.
        request: &'static str,
        /// What does not fit, without the value that was sent.
        fault: String,
    },
}

impl Request {
    /// Reads a body. Members that are not known are ignored, also in later versions of the client.
    ///
    /// # Errors
    ///
    /// When it is none. The error does not repeat what was sent.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        #[derive(Deserialize)]
        struct Envelope {
            r#type: String,
            #[serde(default)]
            params: Value,
        }
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| RequestError::NoEnvelope)?;
        let params = envelope.params;
        Ok(match envelope.r#type.as_str() {
            "threads.create" => {
                let Input { input } = read("threads.create", params)?;
                Self::ThreadsCreate { input }
            }
            "threads.add_user_message" => {
                let Message { thread_id, input } = read("threads.add_user_message", params)?;
                Self::AddUserMessage { thread_id, input }
            }
            "threads.add_client_tool_output" => {
                let Output { thread_id, result } = read("threads.add_client_tool_output", params)?;
                Self::AddClientToolOutput { thread_id, result }
            }
            "threads.add_structured_input" => {
                let Answers { thread_id, item_id, input } = read("threads.add_structured_input", params)?;
                Self::AddStructuredInput { thread_id, item_id, input }
            }
            "threads.retry_after_item" => {
                let ItemRef { thread_id, item_id } = read("threads.retry_after_item", params)?;
                Self::RetryAfterItem { thread_id, item_id }
            }
            "threads.custom_action" => Self::CustomAction(read("threads.custom_action", params)?),
            "threads.sync_custom_action" => {
                Self::SyncCustomAction(read("threads.sync_custom_action", params)?)
            }
            "threads.get_by_id" => {
                let ThreadRef { thread_id } = read("threads.get_by_id", params)?;
                Self::ThreadsGetById { thread_id }
            }
            "threads.list" => Self::ThreadsList(read("threads.list", or_empty(params))?),
            "items.list" => Self::ItemsList(read("items.list", params)?),
            "threads.update" => {
                let Title { thread_id, title } = read("threads.update", params)?;
                Self::ThreadsUpdate { thread_id, title }
            }
            "threads.delete" => {
                let ThreadRef { thread_id } = read("threads.delete", params)?;
                Self::ThreadsDelete { thread_id }
            }
            "items.feedback" => Self::ItemsFeedback(read("items.feedback", params)?),
            "attachments.create" => Self::AttachmentsCreate(read("attachments.create", params)?),
            "attachments.delete" => {
                let AttachmentRef { attachment_id } = read("attachments.delete", params)?;
                Self::AttachmentsDelete { attachment_id }
            }
            "input.transcribe" => Self::InputTranscribe(read("input.transcribe", params)?),
            _ => return Err(RequestError::UnknownType),
        })
    }

    /// Whether it is answered by a stream.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        matches!(
            self,
            Self::ThreadsCreate { .. }
                | Self::AddUserMessage { .. }
                | Self::AddClientToolOutput { .. }
                | Self::AddStructuredInput { .. }
                | Self::RetryAfterItem { .. }
                | Self::CustomAction(_)
        )
    }
}

/// A user's message, as a client sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserMessageInput {
    /// Its parts.
    pub content: Vec<UserContent>,
    /// The ids of the files beside it.
    pub attachments: Vec<String>,
    /// The text that it answers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted_text: Option<String>,
    /// What was chosen for the answer.
    pub inference_options: InferenceOptions,
}

/// Answers to the questions of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct StructuredAnswers {
    /// Whether all of them were passed over.
    #[serde(default)]
    pub status: AnswerStatus,
    /// The answers, by the ids of the questions.
    #[serde(default)]
    pub answers: BTreeMap<String, QuestionAnswer>,
}

/// Whether questions were answered or passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// They were answered.
    #[default]
    Answered,
    /// They were passed over.
    Skipped,
}

/// The answer to one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct QuestionAnswer {
    /// The values that were chosen or written.
    #[serde(default)]
    pub values: Vec<String>,
    /// Whether it was passed over.
    #[serde(default)]
    pub skipped: bool,
}

/// An action of a widget, or of the thread when no item is named.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ThreadActionParams {
    /// The thread.
    pub thread_id: String,
    /// The widget.
    #[serde(default)]
    pub item_id: Option<String>,
    /// What is to be done.
    pub action: Action,
}

/// What a widget asks for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Action {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// With what; not to be trusted.
    #[serde(default)]
    pub payload: Value,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The oldest first.
    Asc,
    /// The newest first.
    #[default]
    Desc,
}

/// Which threads are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ListParams {
    /// How many: from 1 to 100.
    #[serde(default, deserialize_with = "limit")]
    pub limit: PageSize,
    /// In which order.
    #[serde(default, deserialize_with = "or_default")]
    pub order: Order,
    /// The id after which to begin.
    #[serde(default)]
    pub after: Option<String>,
}

/// Which items are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ItemsListParams {
    /// The thread.
    pub thread_id: String,
    /// Which of its items.
    #[serde(flatten)]
    pub list: ListParams,
}

/// How many rows a page has: from 1 to 100, 20 when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    /// This many rows, brought into the bounds.
    #[must_use]
    pub const fn new(rows: u8) -> Self {
        match rows {
            0 => Self(1),
            1..=100 => Self(rows),
            _ => Self(100),
        }
    }

    /// The number of rows.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

/// What a user thinks of items.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FeedbackParams {
    /// The thread.
    pub thread_id: String,
    /// The items.
    pub item_ids: Vec<String>,
    /// Good or bad.
    pub kind: FeedbackKind,
}

/// Good or bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Good.
    Positive,
    /// Bad.
    Negative,
}

/// A file that is going to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AttachmentParams {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub mime_type: String,
}

/// Speech.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TranscribeParams {
    /// The sound, as base64.
    pub audio_base64: String,
    /// Its media type, with parameters.
    pub mime_type: String,
}

#[derive(Deserialize)]
struct Input {
    input: UserMessageInput,
}

#[derive(Deserialize)]
struct Message {
    thread_id: String,
    input: UserMessageInput,
}

#[derive(Deserialize)]
struct Output {
    thread_id: String,
    result: Value,
}

#[derive(Deserialize)]
struct Answers {
    thread_id: String,
    item_id: String,
    input: StructuredAnswers,
}

#[derive(Deserialize)]
struct ItemRef {
    thread_id: String,
    item_id: String,
}

#[derive(Deserialize)]
struct ThreadRef {
    thread_id: String,
}

#[derive(Deserialize)]
struct AttachmentRef {
    attachment_id: String,
}

#[derive(Deserialize)]
struct Title {
    thread_id: String,
    title: String,
}

fn read<T: DeserializeOwned>(request: &'static str, params: Value) -> Result<T, RequestError> {
    serde_json::from_value(params)
        .map_err(|error| RequestError::Params { request, fault: without_input(&error.to_string()) })
}

/// What the parser says, but for what was sent: that is quoted between backticks or double quotes.
fn without_input(fault: &str) -> String {
    match fault.strip_prefix("missing field ") {
        Some(_) => fault.to_owned(),
        None => "a member has the wrong type or value".to_owned(),
    }
}

fn or_empty(params: Value) -> Value {
    if params.is_null() { Value::Object(serde_json::Map::new()) } else { params }
}

/// Null, zero and nothing mean 20; the rest is brought into the bounds.
fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PageSize, D::Error> {
    let limit = Option::<i64>::deserialize(deserializer)?;
    Ok(match limit {
        None | Some(0) => PageSize::default(),
        Some(limit) => PageSize(u8::try_from(limit.clamp(1, 100)).unwrap_or(100)),
    })
}

/// Null means the same as nothing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
