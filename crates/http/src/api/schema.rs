//! Words for what forms take: what [`crate::form::Form`] reads, as JSON Schema 2020-12.

use serde_json::{Map, Value, json};

/// The members of an object, in the order in which they are told.
pub(crate) type Fields = Vec<(&'static str, bool, Value)>;

/// An object with these members, such as this one. Members that nobody knows are ignored.
pub(crate) fn object(fields: Fields, example: &Value) -> Value {
    let required: Vec<_> =
        fields.iter().filter(|(_, required, _)| *required).map(|(name, ..)| *name).collect();
    let properties: Map<String, Value> = fields
        .into_iter()
        .map(|(name, required, schema)| (name.to_owned(), nullable(schema, !required)))
        .collect();
    let mut schema = json!({"type": "object", "properties": properties, "examples": [example]});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Null is as good as nothing.
fn nullable(mut schema: Value, is_optional: bool) -> Value {
    if is_optional && schema["type"].is_string() {
        schema["type"] = json!([schema["type"], "null"]);
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
    }
    schema
}

/// A text of so many characters.
pub(crate) fn text(description: &str, min: usize, max: usize) -> Value {
    json!({"type": "string", "description": description, "minLength": min, "maxLength": max})
}

/// Any JSON.
pub(crate) fn anything(description: &str) -> Value {
    json!({"description": description})
}

/// One of these words.
pub(crate) fn word(description: &str, words: &[&str]) -> Value {
    json!({"type": "string", "description": description, "enum": words})
}

/// True or false, and what is meant when nothing is said.
pub(crate) fn flag(description: &str, default: bool) -> Value {
    json!({"type": "boolean", "description": description, "default": default})
}
