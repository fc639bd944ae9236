//! The self-hosted ChatKit protocol as Rust types.
//!
//! A ChatKit component sends every operation as one JSON body ([`Request`]) and gets either one JSON
//! body back or a stream of server-sent events ([`Event`], framed by [`sse`]). The types here follow
//! the models of the Python package `openai-chatkit` 1.6.5, which is the only specification there is:
//! members that are null are left out, members with defaults are always sent, and times are UTC.
//!
//! - [`Request::parse`] reads a body. A fault ([`Misfit`]) names the member that does not fit.
//! - [`answer`] writes a stream in which a wrong order does not compile.
//! - [`Fold`] is the order of a stream: it takes events one by one, refuses one that may not come now,
//!   and knows at every moment what is open.
//! - [`sse`] frames events for the wire.
//! - [`widget`] has the components of widgets, and passes through what it does not know.

mod annotation;
pub mod answer;
mod attachment;
mod event;
mod fold;
mod icon;
mod input;
mod item;
mod page;
mod request;
#[cfg(feature = "schema")]
mod schema;
pub mod sse;
mod task;
mod thread;
mod time;
pub mod widget;

pub use annotation::{Annotation, Source, SourceKind};
pub use attachment::{Attachment, AttachmentKind, UploadDescriptor, UploadMethod};
pub use event::{ErrorCode, ErrorEvent, Event, NoticeLevel, StreamOptions, Update};
pub use fold::{Fold, OutOfOrder};
pub use icon::{IconName, UnknownIcon};
pub use input::{Answer, StructuredInput, StructuredInputKind, StructuredInputStatus, StructuredOption};
pub use item::{
    AssistantContent, GeneratedImage, InferenceOptions, Item, ItemKind, ToolCallStatus, ToolChoice,
    UserContent,
};
pub use page::Page;
pub use request::{
    Action, AnswerStatus, AttachmentParams, Fault, FeedbackKind, FeedbackParams, ItemsListParams, ListParams,
    Misfit, Order, PageSize, QuestionAnswer, Request, RequestError, StructuredAnswers, ThreadActionParams,
    TranscribeParams, UserMessageInput,
};
pub use task::{StatusIndicator, Task, TaskKind, Workflow, WorkflowKind, WorkflowSummary};
pub use thread::{Thread, ThreadStatus};
pub use time::Time;
pub use widget::Widget;

/// The examples of the README are tests too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
