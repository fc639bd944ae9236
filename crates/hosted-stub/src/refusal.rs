//! Saying no in the vendor's shape: an object `error` with all four members.

use serde_json::{Value, json};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
}

impl Refusal {
    fn new(status: u16, message: String) -> Self {
        Self { status, message, param: None, code: None }
    }

    fn of_param(code: &'static str, path: &str, message: String) -> Self {
        Self { param: Some(path.to_owned()), code: Some(code), ..Self::new(400, message) }
    }

    /// A member that there is not.
    pub(crate) fn unknown(path: &str) -> Self {
        Self::of_param("unknown_parameter", path, format!("Unknown parameter: '{path}'."))
    }

    /// A member that must be there.
    pub(crate) fn missing(path: &str) -> Self {
        let message = format!("Missing required parameter: '{path}'.");
        Self::of_param("missing_required_parameter", path, message)
    }

    /// A member of another type.
    pub(crate) fn wrong_type(path: &str, wanted: &str, value: &Value) -> Self {
        let got = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let message = format!("Invalid type for '{path}': expected {wanted}, but got {got} instead.");
        Self::of_param("invalid_type", path, message)
    }

    /// A member of the right type and out of its limits.
    pub(crate) fn wrong_value(path: &str, wanted: &str) -> Self {
        Self::of_param("invalid_value", path, format!("Invalid '{path}': expected {wanted}."))
    }

    /// A body that is no JSON object.
    pub(crate) fn not_json() -> Self {
        Self::new(400, "We could not parse the JSON body of your request.".to_owned())
    }

    /// Nobody knows this key. As the vendor does, it repeats a part of it.
    pub(crate) fn key(shown: &str) -> Self {
        let start: String = shown.chars().take(8).collect();
        let message = format!("Incorrect API key provided: {start}****.");
        Self { code: Some("invalid_api_key"), ..Self::new(401, message) }
    }

    /// There is no such path.
    pub(crate) fn path(method: &str, path: &str) -> Self {
        Self::new(404, format!("Invalid URL ({method} {path})"))
    }

    /// The header of the beta is not there, or another one.
    pub(crate) fn beta() -> Self {
        let message = "The 'OpenAI-Beta' header must be 'chatkit_beta=v1'.".to_owned();
        Self { code: Some("invalid_beta"), ..Self::new(400, message) }
    }

    /// This key sees no such workflow.
    pub(crate) fn workflow(id: &str) -> Self {
        Self::new(404, format!("Workflow with id '{id}' not found."))
    }

    /// There is no such session, or not any more.
    pub(crate) fn session(id: &str) -> Self {
        Self::new(404, format!("Chatkit Session with id '{id}' not found."))
    }

    /// It fails because it was told to.
    pub(crate) fn told(status: u16) -> Self {
        Self::new(status, format!("This is a {status} that was asked for."))
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        let kind = if self.status >= 500 { "server_error" } else { "invalid_request_error" };
        json!({"error": {
            "message": self.message, "type": kind, "param": self.param, "code": self.code,
        }})
    }
}
