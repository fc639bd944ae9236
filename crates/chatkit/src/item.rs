//! What a thread is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Annotation, Attachment, StructuredInput, StructuredInputStatus, Task, Time, Widget, Workflow};

/// One entry of a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Item {
    /// Its id, the only one of its kind in the thread.
    pub id: String,
    /// The thread that it is in.
    pub thread_id: String,
    /// When it was made.
    pub created_at: Time,
    /// What it is.
    #[serde(flatten)]
    pub kind: ItemKind,
}

/// The kinds of items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ItemKind {
    /// What the user said.
    UserMessage {
        /// The parts of the message.
        content: Vec<UserContent>,
        /// The files beside it.
        #[serde(default)]
        attachments: Vec<Attachment>,
        /// The text that it answers to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted_text: Option<String>,
        /// What was chosen for the answer.
        inference_options: InferenceOptions,
    },
    /// What the assistant said.
    AssistantMessage {
        /// The parts of the message.
        content: Vec<AssistantContent>,
    },
    /// A call that the client is to run.
    ClientToolCall {
        /// Whether it was run.
        #[serde(default)]
        status: ToolCallStatus,
        /// The model's name for the call.
        call_id: String,
        /// The tool.
        name: String,
        /// What it is called with.
        arguments: Map<String, Value>,
        /// What it gave; left out when that is null.
        #[serde(default, skip_serializing_if = "is_nothing")]
        output: Option<Value>,
    },
    /// A widget.
    Widget {
        /// Its tree.
        widget: Widget,
        /// What is copied when the answer is copied.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copy_text: Option<String>,
    },
    /// An image that was made.
    GeneratedImage {
        /// The image, once there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        image: Option<GeneratedImage>,
    },
    /// Questions to the user.
    StructuredInput {
        /// Whether they were answered.
        #[serde(default)]
        status: StructuredInputStatus,
        /// The questions.
        inputs: Vec<StructuredInput>,
    },
    /// Several steps of work.
    Workflow {
        /// They.
        workflow: Workflow,
    },
    /// One step of work.
    Task {
        /// It.
        task: Task,
    },
    /// The assistant has finished; a hint for display.
    EndOfTurn,
    /// What only the server knows.
    HiddenContextItem {
        /// Anything.
        content: Value,
    },
    /// What only the server knows, written by the server itself.
    SdkHiddenContext {
        /// A sentence for the model.
        content: String,
    },
}

impl ItemKind {
    /// Whether it must never reach a client.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self, Self::HiddenContextItem { .. } | Self::SdkHiddenContext { .. })
    }

    /// The beginning of the ids of items of this kind.
    #[must_use]
    pub const fn id_prefix(&self) -> &'static str {
        match self {
            Self::UserMessage { .. }
            | Self::AssistantMessage { .. }
            | Self::Widget { .. }
            | Self::GeneratedImage { .. }
            | Self::StructuredInput { .. }
            | Self::EndOfTurn
            | Self::HiddenContextItem { .. } => "msg",
            Self::ClientToolCall { .. } => "tc",
            Self::Workflow { .. } => "wf",
            Self::Task { .. } => "tsk",
            Self::SdkHiddenContext { .. } => "shcx",
        }
    }
}

/// A part of a user's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UserContent {
    /// Text.
    InputText {
        /// It.
        text: String,
    },
    /// Something of the application's that was mentioned.
    InputTag {
        /// Its id in the application.
        id: String,
        /// How it stands in the text.
        text: String,
        /// What the application knows of it.
        #[serde(default)]
        data: Map<String, Value>,
        /// The group that it was chosen from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Whether a click on it is told to the application.
        #[serde(default)]
        interactive: bool,
    },
}

impl UserContent {
    /// How the part reads.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::InputText { text } | Self::InputTag { text, .. } => text,
        }
    }
}

/// A part of an assistant's message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename = "output_text")]
pub struct AssistantContent {
    /// What the text refers to.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// The text, in Markdown.
    pub text: String,
}

/// What a user chose for the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InferenceOptions {
    /// The tool that is to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// The model that is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A tool that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolChoice {
    /// Its id in the client's list.
    pub id: String,
}

/// Whether a call was run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ToolCallStatus {
    /// Not yet.
    #[default]
    Pending,
    /// It was.
    Completed,
}

/// An image that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneratedImage {
    /// Its id.
    pub id: String,
    /// Where it is: a `data:` or `https:` address.
    pub url: String,
}

/// Whether nothing came out of a call. Members that are null are left out.
#[expect(clippy::ref_option, reason = "serde asks so")]
fn is_nothing(output: &Option<Value>) -> bool {
    output.as_ref().is_none_or(Value::is_null)
}
