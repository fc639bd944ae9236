//! Charts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Color, Common, Curve, Length};

/// A chart of bars, lines or areas.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    /// A row for each place of the x axis: texts and numbers by name.
    pub data: Vec<Map<String, Value>>,
    /// What is drawn of the rows.
    pub series: Vec<Series>,
    /// What stands at the x axis.
    pub x_axis: XAxis,
    /// Whether the upright axis is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_y_axis: Option<bool>,
    /// Whether the series are explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_legend: Option<bool>,
    /// Whether values are shown at the pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_tooltip: Option<bool>,
    /// The room between bars of one place, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar_gap: Option<u64>,
    /// The room between the bars of two places, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar_category_gap: Option<u64>,
    /// How it shares the room with its neighbors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flex: Option<Length>,
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
    /// Its width divided by its height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<Length>,
    /// What every component has.
    #[serde(flatten)]
    pub common: Common,
}

/// What is drawn of the rows of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Series {
    /// Bars.
    Bar(SeriesStyle),
    /// Areas.
    Area(SeriesStyle),
    /// Lines.
    Line(SeriesStyle),
}

/// How the rows of a chart are drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeriesStyle {
    /// What the series is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The name of its number in each row.
    pub data_key: String,
    /// Series with the same text are stacked; not for lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Its color; one after the other, unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// How its points are joined; not for bars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve_type: Option<Curve>,
}

/// What stands at the x axis of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum XAxis {
    /// The value of this name in each row.
    Key(String),
    /// More than that.
    Config(XAxisConfig),
}

/// What stands at the x axis of a chart, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct XAxisConfig {
    /// The name of its value in each row.
    pub data_key: String,
    /// Whether it is not drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide: Option<bool>,
    /// What is written in the place of some values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
}

impl Default for XAxis {
    fn default() -> Self {
        Self::Key(String::new())
    }
}

impl SeriesStyle {
    /// The series of the numbers with this name.
    #[must_use]
    pub fn new(label: impl Into<String>, data_key: impl Into<String>) -> Self {
        Self { label: Some(label.into()), data_key: data_key.into(), ..Self::default() }
    }
}

impl Chart {
    /// A chart of these rows, with the value of this name at the x axis.
    #[must_use]
    pub fn new(x_axis: impl Into<String>, data: Vec<Map<String, Value>>, series: Vec<Series>) -> Self {
        Self { data, series, x_axis: XAxis::Key(x_axis.into()), ..Self::default() }
    }
}
