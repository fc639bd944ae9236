//! What a client asks for.

mod params;
mod reader;
mod reading;

use serde::Serialize;
use serde_json::Value;

pub use params::{
    Action, AnswerStatus, AttachmentParams, FeedbackKind, FeedbackParams, ItemsListParams, ListParams, Order,
    PageSize, QuestionAnswer, StructuredAnswers, ThreadActionParams, TranscribeParams, UserMessageInput,
};

/// One operation.
///
/// ```
/// use autorisen_chatkit::{Fault, Request, RequestError};
///
/// let body = br#"{"type":"threads.update","params":{"thread_id":"thr_1","title":"Trip"}}"#;
/// let Ok(Request::ThreadsUpdate { thread_id, title }) = Request::parse(body) else { panic!() };
/// assert_eq!((thread_id.as_str(), title.as_str()), ("thr_1", "Trip"));
///
/// let body = br#"{"type":"threads.update","params":{"thread_id":"thr_1","title":7}}"#;
/// let Err(RequestError::Params(misfit)) = Request::parse(body) else { panic!() };
/// assert_eq!((misfit.path.as_str(), misfit.fault), ("params.title", Fault::Expected("a string")));
/// ```
///
/// It is written as a client sends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "params")]
pub enum Request {
    /// `threads.create`: a new thread that begins with a message. Streams.
    #[serde(rename = "threads.create")]
    ThreadsCreate {
        /// The message.
        input: UserMessageInput,
    },
    /// `threads.add_user_message`: a message in a thread. Streams.
    #[serde(rename = "threads.add_user_message")]
    AddUserMessage {
        /// The thread.
        thread_id: String,
        /// The message.
        input: UserMessageInput,
    },
    /// `threads.add_client_tool_output`: what a client tool gave. Streams.
    #[serde(rename = "threads.add_client_tool_output")]
    AddClientToolOutput {
        /// The thread.
        thread_id: String,
        /// What it gave.
        result: Value,
    },
    /// `threads.add_structured_input`: answers to questions. Streams.
    #[serde(rename = "threads.add_structured_input")]
    AddStructuredInput {
        /// The thread.
        thread_id: String,
        /// The item with the questions.
        item_id: String,
        /// The answers.
        input: StructuredAnswers,
    },
    /// `threads.retry_after_item`: another answer to a message. Streams.
    #[serde(rename = "threads.retry_after_item")]
    RetryAfterItem {
        /// The thread.
        thread_id: String,
        /// The message.
        item_id: String,
    },
    /// `threads.custom_action`: an action of a widget. Streams.
    #[serde(rename = "threads.custom_action")]
    CustomAction(ThreadActionParams),
    /// `threads.sync_custom_action`: an action of a widget that is answered at once.
    #[serde(rename = "threads.sync_custom_action")]
    SyncCustomAction(ThreadActionParams),
    /// `threads.get_by_id`: a thread with its first items.
    #[serde(rename = "threads.get_by_id")]
    ThreadsGetById {
        /// The thread.
        thread_id: String,
    },
    /// `threads.list`: the threads.
    #[serde(rename = "threads.list")]
    ThreadsList(ListParams),
    /// `items.list`: the items of a thread.
    #[serde(rename = "items.list")]
    ItemsList(ItemsListParams),
    /// `threads.update`: another title.
    #[serde(rename = "threads.update")]
    ThreadsUpdate {
        /// The thread.
        thread_id: String,
        /// The title.
        title: String,
    },
    /// `threads.delete`: a thread and all that is in it.
    #[serde(rename = "threads.delete")]
    ThreadsDelete {
        /// The thread.
        thread_id: String,
    },
    /// `items.feedback`: what the user thinks of items.
    #[serde(rename = "items.feedback")]
    ItemsFeedback(FeedbackParams),
    /// `attachments.create`: a file is going to be sent.
    #[serde(rename = "attachments.create")]
    AttachmentsCreate(AttachmentParams),
    /// `attachments.delete`: a file is not needed any more.
    #[serde(rename = "attachments.delete")]
    AttachmentsDelete {
        /// The attachment.
        attachment_id: String,
    },
    /// `input.transcribe`: speech to text.
    #[serde(rename = "input.transcribe")]
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
    #[error(transparent)]
    Params(#[from] Misfit),
}

/// A member of a request does not fit. It says where and what would; what was sent is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct Misfit {
    /// Where the member stands or is missing, such as `params.input.content[0].text`. Names that the
    /// client chose are `*`.
    pub path: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not there.
    #[error("is required")]
    Missing,
    /// It is not what it should be: this.
    #[error("must be {0}")]
    Expected(&'static str),
}

impl Request {
    /// Reads a body. Members that are not known are ignored, also in later versions of the client.
    ///
    /// # Errors
    ///
    /// When it is none. The error does not repeat what was sent.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        reading::read(body)
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
