//! Reading the members of a request one by one, so that a fault names its place.

use serde_json::{Map, Value};

use super::{Fault, Misfit};

/// The members of an object. Those that nobody asks for are ignored; null is as good as nothing where
/// a member may be absent.
pub(super) struct Members {
    place: String,
    members: Map<String, Value>,
}

pub(super) type Read<T> = Result<T, Misfit>;

impl Members {
    /// The members of the object that stands at this place.
    pub(super) fn of(place: String, value: Value) -> Read<Self> {
        match value {
            Value::Object(members) => Ok(Self { place, members }),
            _ => Err(Misfit { path: place, fault: Fault::Expected("an object") }),
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str) -> Read<String> {
        self.required(name).and_then(|value| text(self.place_of(name), value))
    }

    /// A text that may be absent.
    pub(super) fn maybe_text(&mut self, name: &str) -> Read<Option<String>> {
        self.optional(name).map(|value| text(self.place_of(name), value)).transpose()
    }

    /// A number that counts something.
    pub(super) fn count(&mut self, name: &str) -> Read<u64> {
        let value = self.required(name)?;
        value.as_u64().ok_or_else(|| self.expected(name, "a whole number that is not negative"))
    }

    /// A whole number that may be absent.
    pub(super) fn maybe_number(&mut self, name: &str) -> Read<Option<i64>> {
        let Some(value) = self.optional(name) else { return Ok(None) };
        // What is beyond the bounds is as far as one can go.
        let beyond = value.as_u64().map(|_| i64::MAX);
        value.as_i64().or(beyond).map(Some).ok_or_else(|| self.expected(name, "a whole number"))
    }

    /// Yes or no; no when it is absent.
    pub(super) fn flag(&mut self, name: &str) -> Read<bool> {
        match self.optional(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(self.expected(name, "true or false")),
        }
    }

    /// One of two words; none when it is absent.
    pub(super) fn word<T>(
        &mut self,
        name: &str,
        [first, second]: [(&str, T); 2],
        expected: &'static str,
    ) -> Read<Option<T>> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(word)) if word == first.0 => Ok(Some(first.1)),
            Some(Value::String(word)) if word == second.0 => Ok(Some(second.1)),
            Some(_) => Err(self.expected(name, expected)),
        }
    }

    /// Anything that must be there, also null.
    pub(super) fn anything(&mut self, name: &str) -> Read<Value> {
        self.members.remove(name).ok_or_else(|| self.missing(name))
    }

    /// Anything; null when it is absent.
    pub(super) fn maybe_anything(&mut self, name: &str) -> Value {
        self.members.remove(name).unwrap_or_default()
    }

    /// An object whose members are not looked at; empty when it is absent.
    pub(super) fn data(&mut self, name: &str) -> Read<Map<String, Value>> {
        match self.optional(name) {
            None => Ok(Map::new()),
            Some(Value::Object(data)) => Ok(data),
            Some(_) => Err(self.expected(name, "an object")),
        }
    }

    /// An object that must be there.
    pub(super) fn object(&mut self, name: &str) -> Read<Self> {
        let value = self.required(name)?;
        Self::of(self.place_of(name), value)
    }

    /// An object that may be absent.
    pub(super) fn maybe_object(&mut self, name: &str) -> Read<Option<Self>> {
        self.optional(name).map(|value| Self::of(self.place_of(name), value)).transpose()
    }

    /// A list that must be there.
    pub(super) fn list<T>(&mut self, name: &str, read: impl Fn(String, Value) -> Read<T>) -> Read<Vec<T>> {
        let value = self.required(name)?;
        self.read_list(name, value, read)
    }

    /// A list; empty when it is absent.
    pub(super) fn maybe_list<T>(
        &mut self,
        name: &str,
        read: impl Fn(String, Value) -> Read<T>,
    ) -> Read<Vec<T>> {
        self.optional(name).map_or_else(|| Ok(Vec::new()), |value| self.read_list(name, value, read))
    }

    /// Values by names that the client chose; empty when it is absent. A fault in one of them does not
    /// repeat its name.
    pub(super) fn table<T>(
        &mut self,
        name: &str,
        read: impl Fn(Self) -> Read<T>,
    ) -> Read<impl Iterator<Item = (String, T)>> {
        let place = format!("{}.*", self.place_of(name));
        let rows = self.data(name)?.into_iter().map(|(key, value)| {
            let row = Self::of(place.clone(), value).and_then(&read)?;
            Ok((key, row))
        });
        Ok(rows.collect::<Read<Vec<_>>>()?.into_iter())
    }

    /// A fault of a member that is there.
    pub(super) fn expected(&self, name: &str, what: &'static str) -> Misfit {
        Misfit { path: self.place_of(name), fault: Fault::Expected(what) }
    }

    /// A fault of a member that is not.
    pub(super) fn missing(&self, name: &str) -> Misfit {
        Misfit { path: self.place_of(name), fault: Fault::Missing }
    }

    fn read_list<T>(
        &self,
        name: &str,
        value: Value,
        read: impl Fn(String, Value) -> Read<T>,
    ) -> Read<Vec<T>> {
        let Value::Array(values) = value else { return Err(self.expected(name, "an array")) };
        let place = self.place_of(name);
        values
            .into_iter()
            .enumerate()
            .map(|(index, value)| read(format!("{place}[{index}]"), value))
            .collect()
    }

    fn required(&mut self, name: &str) -> Read<Value> {
        self.members.remove(name).ok_or_else(|| self.missing(name))
    }

    fn optional(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    fn place_of(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }
}

/// A text at this place.
pub(super) fn text(place: String, value: Value) -> Read<String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Misfit { path: place, fault: Fault::Expected("a string") }),
    }
}
