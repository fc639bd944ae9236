//! Pictures.

use serde::{Deserialize, Serialize};

use super::{Color, Common, IconSize, ImageFit, ImagePosition, Length, Radius, Spacing};
use crate::IconName;

/// A small picture with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Icon {
    /// Which picture it is.
    pub name: IconName,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<IconSize>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Where the picture is.
    pub src: String,
    /// What it shows, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// How the picture fills its frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<ImageFit>,
    /// Which place of the picture stays in sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<ImagePosition>,
    /// How round its corners are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<Radius>,
    /// Whether a thin frame is drawn around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<bool>,
    /// Whether it reaches the edge of what it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flush: Option<bool>,
    /// Its height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<Length>,
    /// Its width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Length>,
    /// Its width and height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Length>,
    /// Its least height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_height: Option<Length>,
    /// Its least width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_width: Option<Length>,
    /// Its least width and height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<Length>,
    /// Its greatest height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_height: Option<Length>,
    /// Its greatest width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_width: Option<Length>,
    /// Its greatest width and height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<Length>,
    /// The room around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Spacing>,
    /// What is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Color>,
    /// Its width divided by its height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<Length>,
    /// How it shares the room with its neighbors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flex: Option<Length>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

impl Icon {
    /// This icon.
    #[must_use]
    pub fn new(name: IconName) -> Self {
        Self { name, color: None, size: None, common: Common::default() }
    }
}

impl Image {
    /// The picture at this address.
    #[must_use]
    pub fn new(src: impl Into<String>) -> Self {
        Self { src: src.into(), ..Self::default() }
    }
}
