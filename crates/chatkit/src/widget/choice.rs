//! Fields in which something is chosen.

use serde::{Deserialize, Serialize};

use super::{ActionConfig, Common, ControlSize, ControlVariant, Direction, Side, TextAlign};

/// A field that is on or off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkbox {
    /// The name of its value in the form.
    pub name: String,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether it is checked at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_checked: Option<bool>,
    /// What is done when another value is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change_action: Option<ActionConfig>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Whether the form needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A field with a list to choose from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Select {
    /// The name of its value in the form.
    pub name: String,
    /// What can be chosen.
    pub options: Vec<SelectOption>,
    /// What is done when another value is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change_action: Option<ActionConfig>,
    /// What is shown while it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Its value at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<ControlVariant>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ControlSize>,
    /// Whether its ends are round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pill: Option<bool>,
    /// Whether it takes the whole width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<bool>,
    /// Whether the value can be taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearable: Option<bool>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Whether options can be searched for; with more than fifteen they can, unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searchable: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A field with all its options in sight.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RadioGroup {
    /// The name of its value in the form.
    pub name: String,
    /// What can be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<RadioOption>>,
    /// What it is called for those who do not see it; its name, unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aria_label: Option<String>,
    /// What is done when another value is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change_action: Option<ActionConfig>,
    /// Its value at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// In which direction its children follow each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Whether the form needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// A field for a day. Days are texts in ISO 8601, passed through as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatePicker {
    /// The name of its value in the form.
    pub name: String,
    /// What is done when another value is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change_action: Option<ActionConfig>,
    /// What is shown while it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Its value at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// The first day that can be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The last day that can be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<ControlVariant>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ControlSize>,
    /// On which side the calendar opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// To which end of the field the calendar is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub align: Option<TextAlign>,
    /// Whether its ends are round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pill: Option<bool>,
    /// Whether it takes the whole width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<bool>,
    /// Whether the value can be taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearable: Option<bool>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// An option of a `Select`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectOption {
    /// The value that is sent.
    pub value: String,
    /// What is shown for it.
    pub label: String,
    /// Whether it cannot be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// More about it, in small letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An option of a `RadioGroup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadioOption {
    /// What is shown for it.
    pub label: String,
    /// The value that is sent.
    pub value: String,
    /// Whether it cannot be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

impl SelectOption {
    /// An option that sends this value and shows this label.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }
}

impl RadioOption {
    /// An option that sends this value and shows this label.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }
}

impl Checkbox {
    /// A field of this name, with this text beside it.
    #[must_use]
    pub fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { name: name.into(), label: Some(label.into()), ..Self::default() }
    }
}

impl Select {
    /// A field of this name with these options.
    #[must_use]
    pub fn new(name: impl Into<String>, options: impl IntoIterator<Item = SelectOption>) -> Self {
        Self { name: name.into(), options: options.into_iter().collect(), ..Self::default() }
    }
}

impl RadioGroup {
    /// A field of this name with these options.
    #[must_use]
    pub fn new(name: impl Into<String>, options: impl IntoIterator<Item = RadioOption>) -> Self {
        Self { name: name.into(), options: Some(options.into_iter().collect()), ..Self::default() }
    }
}

impl DatePicker {
    /// A field of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
