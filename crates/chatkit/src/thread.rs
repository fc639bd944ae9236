//! Threads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Item, Page, Time};

/// A conversation, as a client sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Thread {
    /// Its id.
    pub id: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// Whether something may still be said in it.
    #[serde(default)]
    pub status: ThreadStatus,
    /// The hosts that images may come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_image_domains: Option<Vec<String>>,
    /// Always empty on the wire: what a server keeps here is its own.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Its items, as far as the answer carries them.
    #[serde(default)]
    pub items: Page<Item>,
}

/// Whether something may still be said in a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ThreadStatus {
    /// Yes.
    #[default]
    Active,
    /// Not now.
    Locked {
        /// Why, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Never again.
    Closed {
        /// Why, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}
