//! Lengths, colors, lines and the room around things.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::LineStyle;

/// A length: a number, whose unit the member says (pixels, or steps of spacing), or a text of CSS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Length {
    /// A number.
    Units(Number),
    /// A text of CSS, such as `50%`.
    Css(String),
}

impl From<u32> for Length {
    fn from(units: u32) -> Self {
        Self::Units(units.into())
    }
}

impl From<&str> for Length {
    fn from(css: &str) -> Self {
        Self::Css(css.to_owned())
    }
}

/// A color: one for both themes, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Color {
    /// The name of a color, such as `secondary` or `red-100`, or a text of CSS.
    Named(String),
    /// A color for each theme.
    Themed(ThemeColor),
}

impl From<&str> for Color {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

/// A color for each theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemeColor {
    /// Where the page is light.
    pub light: String,
    /// Where the page is dark.
    pub dark: String,
}

/// Room: the same at every side, or its own at each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Spacing {
    /// At every side.
    All(Length),
    /// At each side.
    Sides(Sides<Length>),
}

impl<L: Into<Length>> From<L> for Spacing {
    fn from(length: L) -> Self {
        Self::All(length.into())
    }
}

/// Something for each side; `x` and `y` stand for two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides<T> {
    /// Above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<T>,
    /// To the right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<T>,
    /// Below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bottom: Option<T>,
    /// To the left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<T>,
    /// To the left and to the right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<T>,
    /// Above and below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<T>,
}

impl<T> Default for Sides<T> {
    fn default() -> Self {
        Self { top: None, right: None, bottom: None, left: None, x: None, y: None }
    }
}

/// Lines: the same at every side, or their own at each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Border {
    /// At every side.
    All(Edge),
    /// At each side.
    Sides(Box<Sides<Edge>>),
}

/// The line at a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Edge {
    /// A plain line, this many pixels thick.
    Pixels(u64),
    /// A line that is drawn in another way.
    Line(Line),
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// How many pixels thick it is.
    pub size: u64,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<LineStyle>,
}
