//! Sources that an answer refers to.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{IconName, icon};

/// A reference from a text to a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename = "annotation")]
pub struct Annotation {
    /// What is referred to.
    pub source: Source,
    /// The place in the text, in characters, where the reference stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

/// What a text refers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Source {
    /// What it is called.
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its time, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The group that it is shown in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What kind of source it is.
    #[serde(flatten)]
    pub kind: SourceKind,
}

/// The kinds of sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SourceKind {
    /// A page of the web.
    Url {
        /// Its address.
        url: String,
        /// Who is named as its origin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attribution: Option<String>,
    },
    /// A file.
    File {
        /// Its name.
        filename: String,
    },
    /// Something that the application knows.
    Entity {
        /// Its id in the application.
        id: String,
        /// The icon beside it.
        #[serde(default, deserialize_with = "icon::known", skip_serializing_if = "Option::is_none")]
        icon: Option<IconName>,
        /// Its label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// Its label inside a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inline_label: Option<String>,
        /// Whether a click on it is told to the application.
        #[serde(default)]
        interactive: bool,
        /// What the application wants back with the click.
        #[serde(default)]
        data: Map<String, Value>,
    },
}
