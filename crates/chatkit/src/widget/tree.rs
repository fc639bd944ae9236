//! Finding and changing components of a widget.

use std::slice;

use serde_json::{Map, Value};

use super::{Component, Widget};

impl Widget {
    /// Adds text to the value of the `Text` or `Markdown` with this id, and says whether there is one.
    pub fn append(&mut self, component_id: &str, delta: &str) -> bool {
        match self.find(component_id) {
            Some(Place::Component(Component::Text(text))) => text.value.push_str(delta),
            Some(Place::Component(Component::Markdown(text))) => text.value.push_str(delta),
            Some(Place::Component(Component::Other(members)) | Place::Json(Value::Object(members))) => {
                return append_json(members, delta);
            }
            _ => return false,
        }
        true
    }

    /// Puts another component in the place of the one with this id, and says whether there is one.
    pub fn replace(&mut self, component_id: &str, other: Component) -> bool {
        match self.find(component_id) {
            Some(Place::Component(place)) => *place = other,
            Some(Place::Json(place)) => match serde_json::to_value(other) {
                Ok(other) => *place = other,
                Err(_) => return false,
            },
            None => return false,
        }
        true
    }

    fn find(&mut self, id: &str) -> Option<Place<'_>> {
        let children: &mut [Component] = match self {
            Self::Card(card) => &mut card.children,
            Self::ListView(list) => &mut list.children,
            Self::Basic(basic) => basic.children.as_deref_mut().unwrap_or_default(),
            Self::Other(members) => return find_json(members.get_mut("children")?, id).map(Place::Json),
        };
        children.iter_mut().find_map(|child| find(child, id))
    }
}

/// Where a component stands: among those that are known, or in JSON that is passed through.
enum Place<'a> {
    Component(&'a mut Component),
    Json(&'a mut Value),
}

fn find<'a>(component: &'a mut Component, id: &str) -> Option<Place<'a>> {
    if component.id() == Some(id) {
        return Some(Place::Component(component));
    }
    let children: &mut [Component] = match component {
        Component::Box(block) => block.children.as_deref_mut().unwrap_or_default(),
        Component::Row(row) => row.children.as_deref_mut().unwrap_or_default(),
        Component::Col(col) => col.children.as_deref_mut().unwrap_or_default(),
        Component::Form(form) => form.children.as_deref_mut().unwrap_or_default(),
        Component::ListViewItem(item) => &mut item.children,
        Component::Transition(place) => place.children.as_deref_mut().map_or(&mut [], slice::from_mut),
        Component::Other(members) => return find_json(members.get_mut("children")?, id).map(Place::Json),
        _ => &mut [],
    };
    children.iter_mut().find_map(|child| find(child, id))
}

fn find_json<'a>(value: &'a mut Value, id: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(members) if members.get("id").and_then(Value::as_str) == Some(id) => Some(value),
        Value::Object(members) => members.get_mut("children").and_then(|children| find_json(children, id)),
        Value::Array(values) => values.iter_mut().find_map(|value| find_json(value, id)),
        _ => None,
    }
}

fn append_json(members: &mut Map<String, Value>, delta: &str) -> bool {
    let is_text = matches!(members.get("type").and_then(Value::as_str), Some("Text" | "Markdown"));
    match members.get_mut("value") {
        Some(Value::String(value)) if is_text => {
            value.push_str(delta);
            true
        }
        _ => false,
    }
}
