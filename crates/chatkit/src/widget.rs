//! Widgets: trees of components that a client draws.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A widget's tree. Its root is a `Card`, a `ListView` or a `Basic`; the protocol passes the rest of
/// it through as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Widget(pub Value);

impl Widget {
    /// Adds text to the value of the `Text` or `Markdown` with this id, and says whether there is one.
    pub fn append(&mut self, component_id: &str, delta: &str) -> bool {
        let Some(component) = component(&mut self.0, component_id) else { return false };
        let is_text = matches!(component.get("type").and_then(Value::as_str), Some("Text" | "Markdown"));
        match component.get_mut("value") {
            Some(Value::String(value)) if is_text => {
                value.push_str(delta);
                true
            }
            _ => false,
        }
    }

    /// Puts another component in the place of the one with this id, and says whether there is one.
    pub fn replace(&mut self, component_id: &str, other: Value) -> bool {
        component(&mut self.0, component_id).map(|place| *place = other).is_some()
    }
}

/// The component with this id, looked for from the root down.
fn component<'a>(value: &'a mut Value, id: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(members) if members.get("id").and_then(Value::as_str) == Some(id) => Some(value),
        Value::Object(members) => members.get_mut("children").and_then(|children| component(children, id)),
        Value::Array(values) => values.iter_mut().find_map(|value| component(value, id)),
        _ => None,
    }
}
