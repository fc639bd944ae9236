//! Tasks and workflows: what an assistant shows of its work.

use serde::{Deserialize, Serialize};

use crate::{IconName, Source, icon};

/// A step of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Task {
    /// How far it is.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// What it is.
    #[serde(flatten)]
    pub kind: TaskKind,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatusIndicator {
    /// Nothing is shown.
    #[default]
    None,
    /// It is under way.
    Loading,
    /// It is done.
    Complete,
}

/// The kinds of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TaskKind {
    /// Anything.
    Custom {
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The icon beside it.
        #[serde(default, deserialize_with = "icon::known", skip_serializing_if = "Option::is_none")]
        icon: Option<IconName>,
        /// What it says, in Markdown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
    },
    /// A search of the web.
    WebSearch {
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The question that the title shows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title_query: Option<String>,
        /// What was searched for.
        #[serde(default)]
        queries: Vec<String>,
        /// What was found.
        #[serde(default)]
        sources: Vec<Source>,
    },
    /// A thought.
    Thought {
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The thought, in Markdown.
        content: String,
    },
    /// Work on files.
    File {
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The files.
        #[serde(default)]
        sources: Vec<Source>,
    },
    /// Work on an image.
    Image {
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// Several tasks as one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Workflow {
    /// What they are for.
    #[serde(rename = "type")]
    pub kind: WorkflowKind,
    /// The tasks.
    #[serde(default)]
    pub tasks: Vec<Task>,
    /// What is shown when all is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<WorkflowSummary>,
    /// Whether the tasks are shown at first.
    #[serde(default)]
    pub expanded: bool,
}

/// The kinds of workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WorkflowKind {
    /// Anything.
    Custom,
    /// A model's thinking.
    Reasoning,
}

/// What a finished workflow says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum WorkflowSummary {
    /// A text.
    Custom {
        /// What it says.
        title: String,
        /// The icon beside it.
        #[serde(default, deserialize_with = "icon::known", skip_serializing_if = "Option::is_none")]
        icon: Option<IconName>,
    },
    /// How long it took.
    Duration {
        /// In whole seconds.
        duration: u64,
    },
}
