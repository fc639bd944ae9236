//! What a widget does when it is used.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Handler, LoadingBehavior};

/// What is done when a component is used. The members with defaults are always sent.
///
/// ```
/// use autorisen_chatkit::widget::{ActionConfig, Handler};
/// use serde_json::json;
///
/// let action = ActionConfig { handler: Handler::Client, ..ActionConfig::new("open") }.with_payload(json!({"page": 2}));
/// assert_eq!(
///     serde_json::to_value(action).unwrap(),
///     json!({"type": "open", "payload": {"page": 2}, "handler": "client", "loadingBehavior": "auto", "streaming": true}),
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionConfig {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// With what; the values of a form are added to it. The client may send anything back.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub payload: Value,
    /// Who does it.
    #[serde(default = "server")]
    pub handler: Handler,
    /// What shows that it is being done.
    #[serde(default = "auto")]
    pub loading_behavior: LoadingBehavior,
    /// Whether the server answers with a stream (`threads.custom_action`), not at once
    /// (`threads.sync_custom_action`).
    #[serde(default = "yes")]
    pub streaming: bool,
}

impl ActionConfig {
    /// An action that the server answers with a stream.
    #[must_use]
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            payload: Value::Null,
            handler: server(),
            loading_behavior: auto(),
            streaming: yes(),
        }
    }

    /// The same with this payload.
    #[must_use]
    pub fn with_payload(self, payload: Value) -> Self {
        Self { payload, ..self }
    }
}

const fn server() -> Handler {
    Handler::Server
}

const fn auto() -> LoadingBehavior {
    LoadingBehavior::Auto
}

const fn yes() -> bool {
    true
}
