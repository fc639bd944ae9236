//! What front ends track. Anybody may send it: it is bounded in every respect, and searched for secrets.

use serde_json::Value;

use crate::analytics::redaction;
use crate::clock::Timestamp;
use crate::id::entity_id;

entity_id! {
    /// The id of a tracked event.
    TrackedId
}

/// What happened, as a front end names it, such as `step_view`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType(String);

/// A word that a front end puts beside it, such as a step of a flow, or a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

/// The text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have {least} to {most} characters, and no control characters")]
pub struct InvalidName {
    least: usize,
    most: usize,
}

impl EventType {
    /// The most characters.
    pub const MAX_LENGTH: usize = 64;

    /// Reads a name: trimmed, and without what may be a secret.
    pub fn parse(input: &str) -> Result<Self, InvalidName> {
        name(input, 1, Self::MAX_LENGTH).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Label {
    /// The most characters.
    pub const MAX_LENGTH: usize = 32;

    /// Reads a word: trimmed, and without what may be a secret.
    pub fn parse(input: &str) -> Result<Self, InvalidName> {
        name(input, 0, Self::MAX_LENGTH).map(Self)
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn name(input: &str, least: usize, most: usize) -> Result<String, InvalidName> {
    let name = input.trim();
    if !(least..=most).contains(&name.chars().count()) || name.contains(char::is_control) {
        return Err(InvalidName { least, most });
    }
    // What stands in the place of a secret may be longer than it was.
    Ok(redaction::text(name).chars().take(most).collect())
}

/// What else a front end says: any JSON within bounds, without what may be a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Details(Value);

/// The JSON is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have at most {} values, each at most {} deep, and texts of at most {} characters",
    Details::MAX_VALUES,
    Details::MAX_DEPTH,
    Details::MAX_TEXT
)]
pub struct InvalidDetails;

impl Details {
    /// How deep values may lie in each other.
    pub const MAX_DEPTH: usize = 8;
    /// The most values, those that hold others among them.
    pub const MAX_VALUES: usize = 200;
    /// The most characters of a text, or of the name of a member.
    pub const MAX_TEXT: usize = 2_000;

    /// Takes any JSON within bounds.
    pub fn parse(mut value: Value) -> Result<Self, InvalidDetails> {
        let mut left = Self::MAX_VALUES;
        measure(&value, Self::MAX_DEPTH, &mut left)?;
        redaction::value(&mut value);
        Ok(Self(value))
    }

    /// As JSON.
    #[must_use]
    pub const fn as_json(&self) -> &Value {
        &self.0
    }
}

fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<(), InvalidDetails> {
    let depth = depth.checked_sub(1).ok_or(InvalidDetails)?;
    *left = left.checked_sub(1).ok_or(InvalidDetails)?;
    let fits =
        |text: &str| if text.chars().count() > Details::MAX_TEXT { Err(InvalidDetails) } else { Ok(()) };
    match value {
        Value::String(text) => fits(text),
        Value::Array(values) => values.iter().try_for_each(|value| measure(value, depth, left)),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            fits(name)?;
            measure(value, depth, left)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// What a front end sends.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedInput {
    /// What happened.
    pub event_type: EventType,
    /// In which step of a flow.
    pub step: Option<Label>,
    /// As what: what the user chose to be.
    pub role: Option<Label>,
    /// What else is said.
    pub details: Option<Details>,
}

/// Something that a front end tracked.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedEvent {
    /// Its id.
    pub id: TrackedId,
    /// What was sent.
    pub input: TrackedInput,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(EventType::parse(" step_view ").unwrap().as_str(), "step_view");
        assert_eq!(EventType::parse(&"é".repeat(64)).unwrap().as_str().chars().count(), 64);
        for text in ["", "   ", &"x".repeat(65), "a\0b", "a\nb"] {
            assert!(EventType::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Label::parse("").unwrap().as_str(), "");
        assert_eq!(Label::parse("step1").unwrap().as_str(), "step1");
        assert!(Label::parse(&"x".repeat(33)).is_err());
        let longer = Label::parse("a@b a@b a@b a@b a@b a@b a@b a@b").unwrap();
        assert_eq!(longer.as_str(), "[removed] [removed] [removed] [r");
    }

    #[test]
    fn any_json_is_taken_within_the_bounds() {
        for value in [json!(null), json!(7), json!("text"), json!([]), json!({"a": [1.5, {"b": true}]})] {
            assert_eq!(Details::parse(value.clone()).unwrap().as_json(), &value);
        }
        let nested = |depth: usize| (1..depth).fold(json!(1), |inner, _| json!([inner]));
        assert!(Details::parse(nested(Details::MAX_DEPTH)).is_ok());
        assert_eq!(Details::parse(nested(Details::MAX_DEPTH + 1)), Err(InvalidDetails));
        assert!(Details::parse(json!(vec![0; Details::MAX_VALUES - 1])).is_ok());
        assert_eq!(Details::parse(json!(vec![0; Details::MAX_VALUES])), Err(InvalidDetails));
        let long = "é".repeat(Details::MAX_TEXT + 1);
        assert!(Details::parse(json!("é".repeat(Details::MAX_TEXT))).is_ok());
        assert_eq!(Details::parse(json!([long])), Err(InvalidDetails));
        assert_eq!(Details::parse(json!({ long: 1 })), Err(InvalidDetails));
    }

    #[test]
    fn no_secret_is_in_what_is_read() {
        assert_eq!(EventType::parse("sent ada@example.org").unwrap().as_str(), "sent [removed]");
        let details = Details::parse(json!({"password": "Xy1!", "note": "by ada@example.org"})).unwrap();
        assert_eq!(details.as_json(), &json!({"password": "[removed]", "note": "by [removed]"}));
    }
}
