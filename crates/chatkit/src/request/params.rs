//! What comes with the operations.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{InferenceOptions, UserContent};

/// A user's message, as a client sends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserMessageInput {
    /// Its parts.
    pub content: Vec<UserContent>,
    /// The ids of the files beside it.
    pub attachments: Vec<String>,
    /// The text that it answers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted_text: Option<String>,
    /// What was chosen for the answer.
    pub inference_options: InferenceOptions,
}

/// Answers to the questions of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StructuredAnswers {
    /// Whether all of them were passed over.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub status: AnswerStatus,
    /// The answers, by the ids of the questions.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub answers: BTreeMap<String, QuestionAnswer>,
}

/// Whether questions were answered or passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// They were answered.
    #[default]
    Answered,
    /// They were passed over.
    Skipped,
}

/// The answer to one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuestionAnswer {
    /// The values that were chosen or written.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub values: Vec<String>,
    /// Whether it was passed over.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub skipped: bool,
}

/// An action of a widget, or of the thread when no item is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThreadActionParams {
    /// The thread.
    pub thread_id: String,
    /// The widget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// What is to be done.
    pub action: Action,
}

/// What a widget asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Action {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// With what; not to be trusted.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub payload: Value,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The oldest first.
    Asc,
    /// The newest first.
    #[default]
    Desc,
}

/// Which threads are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListParams {
    /// How many: from 1 to 100.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub limit: PageSize,
    /// In which order.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub order: Order,
    /// The id after which to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Which items are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemsListParams {
    /// The thread.
    pub thread_id: String,
    /// Which of its items.
    #[serde(flatten)]
    pub list: ListParams,
}

/// How many rows a page has: from 1 to 100, 20 when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeedbackParams {
    /// The thread.
    pub thread_id: String,
    /// The items.
    pub item_ids: Vec<String>,
    /// Good or bad.
    pub kind: FeedbackKind,
}

/// Good or bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Good.
    Positive,
    /// Bad.
    Negative,
}

/// A file that is going to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttachmentParams {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub mime_type: String,
}

/// Speech.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TranscribeParams {
    /// The sound, as base64.
    pub audio_base64: String,
    /// Its media type, with parameters.
    pub mime_type: String,
}
