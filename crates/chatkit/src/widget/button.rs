//! Buttons.

use serde::{Deserialize, Serialize};

use super::{ActionConfig, ButtonColor, ButtonIconSize, ButtonStyle, Common, ControlSize, ControlVariant};
use crate::IconName;

/// A button.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    /// Whether it sends the form that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit: Option<bool>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What is done on a click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_click_action: Option<ActionConfig>,
    /// The icon before the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_start: Option<IconName>,
    /// The icon after the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_end: Option<IconName>,
    /// A set of looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<ButtonStyle>,
    /// How large its icons are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_size: Option<ButtonIconSize>,
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<ButtonColor>,
    /// How it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<ControlVariant>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ControlSize>,
    /// Whether its ends are round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pill: Option<bool>,
    /// Whether it is as high as it is wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniform: Option<bool>,
    /// Whether it takes the whole width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<bool>,
    /// Whether it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

impl Button {
    /// A button with this text.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..Self::default() }
    }
}
