//! Reading fields out of a JSON object, so that all faults are named at once, by field.

use std::fmt::Display;

use actix_web::http::StatusCode;
use serde_json::{Map, Value};

use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem};

/// A JSON object that is being read. Members nobody asks for are ignored.
pub(crate) struct Form {
    members: Map<String, Value>,
    faults: Vec<FieldFault>,
    contradiction: Option<Problem>,
}

impl Failures for Form {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::BAD_REQUEST, "malformed_json"),
        (StatusCode::UNPROCESSABLE_ENTITY, "not_an_object"),
        INVALID_FIELDS,
    ];
}

impl Form {
    /// Reads a body: a JSON object. Nesting is bounded by the parser, at 128.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members, faults: Vec::new(), contradiction: None }),
            Ok(_) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "not_an_object",
                "The request body must be a JSON object",
            )),
            Err(_) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                "The request body is not valid JSON",
            )),
        }
    }

    /// The same, but an empty body is an empty object.
    pub(crate) fn read_optional(body: &[u8]) -> Result<Self, Problem> {
        if body.iter().all(u8::is_ascii_whitespace) {
            Ok(Self { members: Map::new(), faults: Vec::new(), contradiction: None })
        } else {
            Self::read(body)
        }
    }

    /// A text that must be there, turned into a domain value.
    pub(crate) fn required<T, E: Display>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        match self.members.remove(field) {
            None | Some(Value::Null) => self.fault(field, "missing", "is required"),
            Some(value) => self.parse(field, value, parse),
        }
    }

    /// A text that may be absent or null.
    pub(crate) fn optional<T, E: Display>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        match self.members.remove(field) {
            None | Some(Value::Null) => None,
            Some(value) => self.parse(field, value, parse),
        }
    }

    /// A boolean that may be absent or null; then it is `false`.
    pub(crate) fn flag(&mut self, field: &'static str) -> bool {
        self.flag_or(field, false)
    }

    /// A boolean that may be absent or null; then it is `otherwise`.
    pub(crate) fn flag_or(&mut self, field: &'static str, otherwise: bool) -> bool {
        match self.members.remove(field) {
            None | Some(Value::Null) => otherwise,
            Some(Value::Bool(flag)) => flag,
            Some(_) => self.fault(field, "type", "must be true or false").unwrap_or(otherwise),
        }
    }

    /// An object that may be absent or null; then it is an empty one.
    pub(crate) fn object(&mut self, field: &'static str) -> Map<String, Value> {
        match self.members.remove(field) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(object)) => object,
            Some(_) => self.fault(field, "type", "must be an object").unwrap_or_default(),
        }
    }

    /// Any JSON that may be absent or null, turned into a domain value.
    pub(crate) fn anything<T, E: Display>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(Value) -> Result<T, E>,
    ) -> Option<T> {
        match self.members.remove(field) {
            None | Some(Value::Null) => None,
            Some(value) => match parse(value) {
                Ok(value) => Some(value),
                Err(error) => self.fault(field, "invalid", error),
            },
        }
    }

    /// Notes a fault of a field, found by the caller.
    pub(crate) fn fault<T>(
        &mut self,
        field: &'static str,
        code: &'static str,
        message: impl Display,
    ) -> Option<T> {
        self.faults.push(FieldFault { field, code, message: message.to_string() });
        None
    }

    /// Notes that fields which are good each by itself do not go together. It is told when nothing
    /// else is wrong.
    pub(crate) fn contradict(&mut self, problem: Problem) {
        self.contradiction = Some(problem);
    }

    /// The problem that names every fault, if there was one.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.contradiction {
            _ if !self.faults.is_empty() => Err(self.refuse()),
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }

    /// The problem that names every fault.
    pub(crate) fn refuse(self) -> Problem {
        Problem::invalid_fields(self.faults)
    }

    fn parse<T, E: Display>(
        &mut self,
        field: &'static str,
        value: Value,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let Value::String(text) = value else {
            return self.fault(field, "type", "must be a string");
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => self.fault(field, "invalid", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "a form gives the text away")]
    fn upper(text: String) -> Result<String, &'static str> {
        if text.is_empty() { Err("must not be empty") } else { Ok(text.to_uppercase()) }
    }

    #[test]
    fn every_fault_is_named_at_once_and_no_input_is_repeated() {
        let mut form = Form::read(br#"{"a":"","b":7,"d":"planted","e":[]}"#).unwrap();
        assert_eq!(form.required("a", upper), None);
        assert_eq!(form.required("b", upper), None);
        assert_eq!(form.required("c", upper), None);
        assert_eq!(form.optional("d", upper).as_deref(), Some("PLANTED"));
        assert!(!form.flag("e"));
        let codes: Vec<_> = form.faults.iter().map(|fault| (fault.field, fault.code)).collect();
        assert_eq!(codes, [("a", "invalid"), ("b", "type"), ("c", "missing"), ("e", "type")]);
        assert!(!format!("{:?}", form.refuse()).contains("planted"));
    }

    #[test]
    fn only_an_object_is_read_and_deep_nesting_is_refused() {
        assert!(Form::read(b"{}").is_ok());
        assert!(Form::read(b"").is_err());
        assert!(Form::read_optional(b" \n").is_ok());
        assert!(Form::read_optional(b"[]").is_err());
        let deep = [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
        assert!(Form::read(&deep).is_err());
    }
}
