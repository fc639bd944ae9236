//! What a stream carries.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::widget::Component;
use crate::{Annotation, AssistantContent, GeneratedImage, IconName, Item, Task, Thread, Widget, icon};

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type")]
pub enum Event {
    /// The thread was made.
    #[serde(rename = "thread.created")]
    ThreadCreated {
        /// It, without items.
        thread: Thread,
    },
    /// Title, status or image hosts of the thread changed.
    #[serde(rename = "thread.updated")]
    ThreadUpdated {
        /// It, without items.
        thread: Thread,
    },
    /// An item begins.
    #[serde(rename = "thread.item.added")]
    ItemAdded {
        /// As it is so far.
        item: Item,
    },
    /// An item that has begun grows.
    #[serde(rename = "thread.item.updated")]
    ItemUpdated {
        /// Which.
        item_id: String,
        /// How.
        update: Update,
    },
    /// An item is whole, and stored.
    #[serde(rename = "thread.item.done")]
    ItemDone {
        /// It.
        item: Item,
    },
    /// An item is gone.
    #[serde(rename = "thread.item.removed")]
    ItemRemoved {
        /// Which.
        item_id: String,
    },
    /// Another item has taken the place of one with the same id.
    #[serde(rename = "thread.item.replaced")]
    ItemReplaced {
        /// The new one.
        item: Item,
    },
    /// What the client may do with the stream.
    #[serde(rename = "stream_options")]
    StreamOptions {
        /// It.
        stream_options: StreamOptions,
    },
    /// What is being done; never stored.
    #[serde(rename = "progress_update")]
    ProgressUpdate {
        /// In words.
        text: String,
        /// The icon beside them.
        #[serde(default, deserialize_with = "icon::known", skip_serializing_if = "Option::is_none")]
        icon: Option<IconName>,
    },
    /// Something that the client's page is to do; never stored.
    #[serde(rename = "client_effect")]
    ClientEffect {
        /// What.
        name: String,
        /// With what.
        #[serde(default)]
        data: Map<String, Value>,
    },
    /// The answer failed.
    #[serde(rename = "error")]
    Error(ErrorEvent),
    /// Something the user should know; never stored.
    #[serde(rename = "notice")]
    Notice {
        /// How grave it is.
        level: NoticeLevel,
        /// What, in Markdown.
        message: String,
        /// Its heading.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// What the client may do with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamOptions {
    /// Whether it may be stopped.
    pub allow_cancel: bool,
}

/// An answer failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorEvent {
    /// What kind of failure it is.
    #[serde(default)]
    pub code: ErrorCode,
    /// What is shown, with the code `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether a button to try again is shown.
    #[serde(default)]
    pub allow_retry: bool,
}

/// The kinds of failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ErrorCode {
    /// The client says it in its own words.
    #[serde(rename = "stream.error")]
    StreamError,
    /// The message says it.
    #[default]
    #[serde(rename = "custom")]
    Custom,
}

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Better to know.
    Warning,
    /// To be known.
    Danger,
}

/// How an open item grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type")]
pub enum Update {
    /// A message has a new part.
    #[serde(rename = "assistant_message.content_part.added")]
    ContentPartAdded {
        /// Its place.
        content_index: usize,
        /// As it is so far.
        content: AssistantContent,
    },
    /// A part of a message has more text.
    #[serde(rename = "assistant_message.content_part.text_delta")]
    TextDelta {
        /// The place of the part.
        content_index: usize,
        /// What is added at its end.
        delta: String,
    },
    /// A part of a message refers to a source.
    #[serde(rename = "assistant_message.content_part.annotation_added")]
    AnnotationAdded {
        /// The place of the part.
        content_index: usize,
        /// The place of the reference.
        annotation_index: usize,
        /// The reference.
        annotation: Annotation,
    },
    /// A part of a message is whole.
    #[serde(rename = "assistant_message.content_part.done")]
    ContentPartDone {
        /// Its place.
        content_index: usize,
        /// It.
        content: AssistantContent,
    },
    /// A text in a widget has more text.
    #[serde(rename = "widget.streaming_text.value_delta")]
    WidgetTextDelta {
        /// The id of the component.
        component_id: String,
        /// What is added at its end.
        delta: String,
        /// Whether that was all.
        done: bool,
    },
    /// A component of a widget changed.
    #[serde(rename = "widget.component.updated")]
    WidgetComponentUpdated {
        /// The id of the component.
        component_id: String,
        /// The new one.
        component: Component,
    },
    /// The whole widget changed.
    #[serde(rename = "widget.root.updated")]
    WidgetRootUpdated {
        /// The new one.
        widget: Widget,
    },
    /// A workflow has a new task.
    #[serde(rename = "workflow.task.added")]
    WorkflowTaskAdded {
        /// Its place.
        task_index: usize,
        /// It.
        task: Task,
    },
    /// A task of a workflow changed.
    #[serde(rename = "workflow.task.updated")]
    WorkflowTaskUpdated {
        /// Its place.
        task_index: usize,
        /// The new one.
        task: Task,
    },
    /// An image has come further.
    #[serde(rename = "generated_image.updated")]
    GeneratedImageUpdated {
        /// As it is so far.
        image: GeneratedImage,
        /// How far, from 0 to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<f64>,
    },
}
