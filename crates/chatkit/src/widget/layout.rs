//! Containers, and what parts their children.

use serde::{Deserialize, Serialize};

use super::{
    ActionConfig, Alignment, Border, Color, Common, Component, Direction, Justification, Length, Radius,
    Spacing, Wrap,
};

/// How a container lays out its children, and how it looks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// How children lie across the direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub align: Option<Alignment>,
    /// How children are spread in the direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justify: Option<Justification>,
    /// Whether children that do not fit go on in another line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap: Option<Wrap>,
    /// How it shares the room with its neighbors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flex: Option<Length>,
    /// The room between children.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Length>,
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
    /// The room within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub padding: Option<Spacing>,
    /// The room around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Spacing>,
    /// The lines around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub border: Option<Border>,
    /// How round its corners are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<Radius>,
    /// What is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Color>,
    /// Its width divided by its height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<Length>,
}

/// `Box` on the wire: a container with a direction.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Component>>,
    /// In which direction its children follow each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// How its children are laid out, and how it looks.
    #[serde(flatten)]
    pub layout: Layout,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A container whose children stand side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Component>>,
    /// How its children are laid out, and how it looks.
    #[serde(flatten)]
    pub layout: Layout,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A container whose children stand below each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Col {
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Component>>,
    /// How its children are laid out, and how it looks.
    #[serde(flatten)]
    pub layout: Layout,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A container whose fields are sent together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Component>>,
    /// What is done when the form is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_submit_action: Option<ActionConfig>,
    /// In which direction its children follow each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// How its children are laid out, and how it looks.
    #[serde(flatten)]
    pub layout: Layout,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A row of a `ListView`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListViewItem {
    /// What is in it.
    pub children: Vec<Component>,
    /// What is done on a click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_click_action: Option<ActionConfig>,
    /// The room between children.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Length>,
    /// How children lie across the direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub align: Option<Alignment>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A place whose component changes smoothly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Box<Component>>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A line between things.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Divider {
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How thick it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Length>,
    /// The room above and below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spacing: Option<Length>,
    /// Whether it reaches the edge of what it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flush: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// Room that pushes its neighbors apart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spacer {
    /// Its least width and height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<Length>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

impl Block {
    /// A container with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: Some(children.into_iter().collect()), ..Self::default() }
    }
}

impl Row {
    /// A row with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: Some(children.into_iter().collect()), ..Self::default() }
    }
}

impl Col {
    /// A column with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: Some(children.into_iter().collect()), ..Self::default() }
    }
}

impl Form {
    /// A form with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: Some(children.into_iter().collect()), ..Self::default() }
    }
}

impl ListViewItem {
    /// A row with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: children.into_iter().collect(), ..Self::default() }
    }
}

impl Transition {
    /// A place with this component.
    #[must_use]
    pub fn new(component: impl Into<Component>) -> Self {
        Self { children: Some(Box::new(component.into())), ..Self::default() }
    }
}
