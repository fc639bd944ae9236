//! Texts.

use serde::{Deserialize, Serialize};

use super::{
    BadgeColor, BadgeSize, BadgeVariant, CaptionSize, Color, Common, Length, TextAlign, TextSize, TitleSize,
    Weight,
};

/// A plain text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// What it says.
    pub value: String,
    /// Whether it is shown as a text that is still being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streaming: Option<bool>,
    /// Whether it leans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub italic: Option<bool>,
    /// Whether it is struck through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_through: Option<bool>,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How bold it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// Its width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Length>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<TextSize>,
    /// To which side its lines are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_align: Option<TextAlign>,
    /// Whether what does not fit is cut off with an ellipsis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<bool>,
    /// How many lines it takes at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_lines: Option<u64>,
    /// How many lines it takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u64>,
    /// Whether the user may change it, and as which field of a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editable: Option<Editable>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A heading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Title {
    /// What it says.
    pub value: String,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How bold it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<TitleSize>,
    /// To which side its lines are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_align: Option<TextAlign>,
    /// Whether what does not fit is cut off with an ellipsis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<bool>,
    /// How many lines it takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u64>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A small text beside something.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caption {
    /// What it says.
    pub value: String,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How bold it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<CaptionSize>,
    /// To which side its lines are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_align: Option<TextAlign>,
    /// Whether what does not fit is cut off with an ellipsis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<bool>,
    /// How many lines it takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u64>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A text in Markdown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Markdown {
    /// What it says.
    pub value: String,
    /// Whether it is shown as a text that is still being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streaming: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A word that marks something.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// What it says.
    pub label: String,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<BadgeColor>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<BadgeVariant>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<BadgeSize>,
    /// Whether its ends are round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pill: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// Whether the user may change a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Editable {
    /// They may not; `false` on the wire.
    No(Fixed),
    /// They may, as a field of a form.
    Field(EditableField),
}

/// `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct Fixed;

impl From<Fixed> for bool {
    fn from(_: Fixed) -> Self {
        false
    }
}

impl TryFrom<bool> for Fixed {
    type Error = &'static str;

    fn try_from(is_editable: bool) -> Result<Self, Self::Error> {
        if is_editable { Err("only false is known") } else { Ok(Self) }
    }
}

/// The field of a form that a text is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditableField {
    /// The name of its value in the form.
    pub name: String,
    /// Whether it has the focus at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_focus: Option<bool>,
    /// Whether its text is selected when it gets the focus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_select: Option<bool>,
    /// What the browser may fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_complete: Option<String>,
    /// Whether password managers may fill it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_autofill_extensions: Option<bool>,
    /// The regular expression that a value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What is shown while it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether the form needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

impl Text {
    /// A text that says this.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

impl Title {
    /// A heading that says this.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

impl Caption {
    /// A caption that says this.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

impl Markdown {
    /// A text in Markdown that says this.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

impl Badge {
    /// A badge that says this.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }
}
