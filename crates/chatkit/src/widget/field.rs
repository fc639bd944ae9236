//! Fields into which something is written.

use serde::{Deserialize, Serialize};

use super::{Color, Common, ControlSize, FieldVariant, GutterSize, InputType, TextAlign, TextSize, Weight};

/// A field for a line of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The name of its value in the form.
    pub name: String,
    /// What is to be typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_type: Option<InputType>,
    /// Its value at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// Whether the form needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The regular expression that a value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What is shown while it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether password managers may fill it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_autofill_extensions: Option<bool>,
    /// Whether its text is selected at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_select: Option<bool>,
    /// Whether it has the focus at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_focus: Option<bool>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<FieldVariant>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ControlSize>,
    /// The room at its sides, whatever its size says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gutter_size: Option<GutterSize>,
    /// Whether its ends are round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pill: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A field for several lines of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Textarea {
    /// The name of its value in the form.
    pub name: String,
    /// Its value at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// Whether the form needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The regular expression that a value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What is shown while it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether its text is selected at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_select: Option<bool>,
    /// Whether it has the focus at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_focus: Option<bool>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<FieldVariant>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ControlSize>,
    /// The room at its sides, whatever its size says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gutter_size: Option<GutterSize>,
    /// How many lines are seen at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Whether it grows with its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_resize: Option<bool>,
    /// How many lines it grows to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// Whether password managers may fill it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_autofill_extensions: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// What a field is called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// What it says.
    pub value: String,
    /// The name of the field.
    pub field_name: String,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<TextSize>,
    /// How bold it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// To which side its lines are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_align: Option<TextAlign>,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

impl Input {
    /// A field of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl Textarea {
    /// A field of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl Label {
    /// What the field of this name is called.
    #[must_use]
    pub fn new(field_name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { value: value.into(), field_name: field_name.into(), ..Self::default() }
    }
}
