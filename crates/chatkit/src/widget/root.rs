//! The roots of widgets.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ActionConfig, Automatic, CardSize, Color, Common, Component, ListViewItem, Spacing, Theme};
use crate::IconName;

/// A widget: a tree of components under a root.
///
/// ```
/// use autorisen_chatkit::Widget;
/// use autorisen_chatkit::widget::{ActionConfig, Button, Card, Text, TextSize};
/// use serde_json::json;
///
/// let widget: Widget = Card::new([
///     Text { size: Some(TextSize::Lg), ..Text::new("Ready?") }.with_id("question").into(),
///     Button { on_click_action: Some(ActionConfig::new("go")), ..Button::new("Go") }.into(),
/// ])
/// .into();
/// assert_eq!(
///     serde_json::to_value(&widget).unwrap(),
///     json!({"type": "Card", "children": [
///         {"type": "Text", "id": "question", "value": "Ready?", "size": "lg"},
///         {"type": "Button", "label": "Go", "onClickAction": {
///             "type": "go", "handler": "server", "loadingBehavior": "auto", "streaming": true}},
///     ]}),
/// );
/// ```
///
/// What is not known is passed through, as in [`Component`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Widget {
    /// A card.
    Card(Box<Card>),
    /// A list of rows.
    ListView(Box<ListView>),
    /// A plain root.
    Basic(Box<Basic>),
    /// A root that is passed through.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

/// JSON is no widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the root of a widget is a Card, a ListView or a Basic")]
pub struct NoWidget;

impl Widget {
    /// The widget that is written as this JSON, for example one that a template gave.
    ///
    /// Reading with serde is more lenient: whatever object was stored once is read again.
    ///
    /// # Errors
    ///
    /// When the root is none that clients draw.
    pub fn from_json(json: Value) -> Result<Self, NoWidget> {
        match json.get("type").and_then(Value::as_str) {
            Some("Card" | "ListView" | "Basic") => serde_json::from_value(json).map_err(|_| NoWidget),
            _ => Err(NoWidget),
        }
    }
}

/// A card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// What is in it.
    pub children: Vec<Component>,
    /// Whether it is a form, whose values its buttons send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_form: Option<bool>,
    /// What is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Color>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<CardSize>,
    /// The room within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub padding: Option<Spacing>,
    /// What stands above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Whether it is folded up, once its action is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapsed: Option<bool>,
    /// The button that says yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<CardAction>,
    /// The button that says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel: Option<CardAction>,
    /// Its colors, when they are not those of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A list of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListView {
    /// The rows, each a [`ListViewItem`].
    pub children: Vec<Component>,
    /// How many rows are seen at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// What stands above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Its colors, when they are not those of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A plain root.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Basic {
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Component>>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A button of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardAction {
    /// Its text.
    pub label: String,
    /// What it does.
    pub action: ActionConfig,
}

/// A line above a widget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Status {
    /// A text, with an icon or without.
    Text(StatusText),
    /// A text with the small picture of a site.
    Site(StatusSite),
}

/// A text above a widget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusText {
    /// What it says.
    pub text: String,
    /// The icon before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<IconName>,
}

/// A text above a widget, with the small picture of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusSite {
    /// What it says.
    pub text: String,
    /// Where the picture is.
    pub favicon: String,
    /// Whether a frame is drawn around the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<bool>,
}

/// How many rows are seen at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    /// This many.
    Rows(u64),
    /// As many as the client finds fit.
    Automatic(Automatic),
}

impl Card {
    /// A card with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: children.into_iter().collect(), ..Self::default() }
    }

    /// The same with this id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.common.id = Some(id.into());
        self
    }
}

impl ListView {
    /// A list with these rows.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = ListViewItem>) -> Self {
        Self { children: rows.into_iter().map(Component::from).collect(), ..Self::default() }
    }

    /// The same with this id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.common.id = Some(id.into());
        self
    }
}

impl Basic {
    /// A plain root with these components.
    #[must_use]
    pub fn new(children: impl IntoIterator<Item = Component>) -> Self {
        Self { children: Some(children.into_iter().collect()), ..Self::default() }
    }

    /// The same with this id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.common.id = Some(id.into());
        self
    }
}

impl From<Card> for Widget {
    fn from(card: Card) -> Self {
        Self::Card(Box::new(card))
    }
}

impl From<ListView> for Widget {
    fn from(list: ListView) -> Self {
        Self::ListView(Box::new(list))
    }
}

impl From<Basic> for Widget {
    fn from(basic: Basic) -> Self {
        Self::Basic(Box::new(basic))
    }
}
