//! Reading a JSON object strictly: what is not known is refused, and so is what is null.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// An object, and where it stands in the body.
pub(crate) struct Object<'a> {
    path: String,
    members: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The body itself, of which these members are known.
    pub(crate) fn root(members: &'a Map<String, Value>, known: &[&str]) -> Result<Self, Refusal> {
        Self { path: String::new(), members }.with(known)
    }

    fn with(self, known: &[&str]) -> Result<Self, Refusal> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::unknown(&self.path_of(name))),
            None => Ok(self),
        }
    }

    /// Where a member stands.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A member, as it is.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    fn read<T>(
        &self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let refused = |value| Refusal::wrong_type(&self.path_of(name), wanted, value);
        self.value(name).map(|value| read(value).ok_or_else(|| refused(value))).transpose()
    }

    /// A member that is an object, of which these members are known.
    pub(crate) fn object(&self, name: &str, known: &[&str]) -> Result<Option<Self>, Refusal> {
        let members = self.read(name, "an object", Value::as_object)?;
        members.map(|members| Object { path: self.path_of(name), members }.with(known)).transpose()
    }

    /// A member that is text, and not empty.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        let text = self.read(name, "a string", Value::as_str)?;
        match text {
            Some("") => Err(Refusal::wrong_value(&self.path_of(name), "a string that is not empty")),
            text => Ok(text),
        }
    }

    /// A member that is true or false.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.read(name, "a boolean", Value::as_bool)
    }

    /// A member that is a whole number within these limits.
    pub(crate) fn integer(&self, name: &str, limits: RangeInclusive<u64>) -> Result<Option<u64>, Refusal> {
        // A negative one is whole, and too small.
        let number = self
            .read(name, "an integer", |value| value.as_u64().or_else(|| value.as_i64().map(|_| u64::MIN)))?;
        match number {
            Some(number) if !limits.contains(&number) => {
                let wanted = format!("an integer from {} to {}", limits.start(), limits.end());
                Err(Refusal::wrong_value(&self.path_of(name), &wanted))
            }
            number => Ok(number),
        }
    }

    /// The same for a member that must be there.
    pub(crate) fn needed<T>(&self, name: &str, read: Option<T>) -> Result<T, Refusal> {
        read.ok_or_else(|| Refusal::missing(&self.path_of(name)))
    }
}
