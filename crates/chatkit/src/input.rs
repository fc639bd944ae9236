//! Structured input: questions that an assistant asks.

use serde::{Deserialize, Serialize};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StructuredInput {
    /// Its id within the item.
    pub id: String,
    /// The question.
    pub question: String,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// How it is asked.
    #[serde(flatten)]
    pub kind: StructuredInputKind,
}

/// How a question is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StructuredInputKind {
    /// By giving answers to choose from; others may be given.
    MultipleChoice {
        /// The answers.
        #[serde(default)]
        options: Vec<StructuredOption>,
        /// Whether more than one may be chosen.
        #[serde(default)]
        multiple: bool,
    },
    /// By a field for text.
    Freeform {
        /// What is written beside the field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StructuredOption {
    /// Its text.
    pub value: String,
}

/// What was answered to one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// The answers.
    #[serde(default)]
    pub values: Vec<String>,
    /// Whether the question was passed over.
    #[serde(default)]
    pub skipped: bool,
}

/// Whether the questions were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StructuredInputStatus {
    /// Not yet.
    #[default]
    Pending,
    /// They were.
    Answered,
    /// They were passed over.
    Skipped,
}
