//! Pages of threads and items.

use serde::{Deserialize, Serialize};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{T}Page"))]
pub struct Page<T> {
    /// The rows.
    #[serde(default = "Vec::<T>::new")]
    pub data: Vec<T>,
    /// Whether there are more after these.
    #[serde(default)]
    pub has_more: bool,
    /// The id after which the next page begins; only when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { data: Vec::new(), has_more: false, after: None }
    }
}

impl<T> Page<T> {
    /// The page with each row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(turn).collect(), has_more: self.has_more, after: self.after }
    }
}
