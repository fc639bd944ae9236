//! What the ChatKit routes take and answer.

use actix_web::web::Query;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{ChatGrant, ChatTokenRequest, PlacementName, ThreadId, ToolName};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

use crate::HttpSettings;
use crate::api::object;
use crate::form::Form;
use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem};
use crate::time::rfc3339;

/// What is asked for in a body.
pub(crate) fn token_body() -> Value {
    object(
        vec![("placement", false, placement()), ("thread_id", false, thread_id())],
        &json!({"placement": "support"}),
    )
}

/// The name of a placement.
pub(crate) fn placement() -> Value {
    json!({
        "type": "string", "minLength": 2, "maxLength": 64, "pattern": "^ *[a-z0-9_-]{2,64} *$",
        "description": "Where in the front end the chat is; without it the first that is set up.",
    })
}

/// The id of a thread.
pub(crate) fn thread_id() -> Value {
    json!({
        "type": "string", "format": "uuid",
        "description": "A thread of one's own; without it an empty one is found or made.",
    })
}

/// How the query of a request may be refused.
pub(crate) struct QueryFault;

impl Failures for QueryFault {
    const ANSWERS: &'static [Failure] =
        &[(actix_web::http::StatusCode::BAD_REQUEST, "malformed_query"), INVALID_FIELDS];
}

/// Reads a request from a body, which may be empty. A `user_id` in it means nothing.
pub(crate) fn read_body(body: &[u8]) -> Result<ChatTokenRequest, Problem> {
    let mut form = Form::read_optional(body)?;
    let placement = form.optional("placement", |text| PlacementName::parse(&text));
    let thread = form.optional("thread_id", |text| ThreadId::parse(&text));
    form.finish()?;
    Ok(ChatTokenRequest { placement, thread })
}

/// Reads a request from a query. An empty value is an absent one.
pub(crate) fn read_query(query: &str) -> Result<ChatTokenRequest, Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query).map_err(|_| {
        Problem::new(actix_web::http::StatusCode::BAD_REQUEST, "malformed_query", "The query is malformed")
    })?;
    let value = |name: &str| {
        pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    };
    let mut faults = Vec::new();
    let mut fault = |field, message: String| faults.push(FieldFault { field, code: "invalid", message });
    let placement = value("placement").and_then(|text| {
        PlacementName::parse(text).map_err(|error| fault("placement", error.to_string())).ok()
    });
    let thread = value("thread_id")
        .and_then(|text| ThreadId::parse(text).map_err(|error| fault("thread_id", error.to_string())).ok());
    if faults.is_empty() {
        Ok(ChatTokenRequest { placement, thread })
    } else {
        Err(Problem::invalid_fields(faults))
    }
}

/// What both generations of the existing client need. `client_secret` and `token` are the same. Whose
/// it is tells a page that another account has been signed in meanwhile.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChatToken", example = json!({
    "user_id": "0198c5a1-6c34-7000-8000-000000000001", "client_secret": "signed.chat.token",
    "token": "signed.chat.token", "expires_at": "2026-01-31T12:05:00.000000Z",
    "thread_id": "0198c5a1-6c34-7000-8000-000000000003", "placement": "support",
    "allowed_tools": ["support.ticket"],
}))]
pub(crate) struct ChatTokenDto<'a> {
    user_id: String,
    client_secret: &'a str,
    token: &'a str,
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    /// In seconds, and only for a hosted session: the starters of those read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_after: Option<u64>,
    thread_id: String,
    placement: &'a str,
    allowed_tools: Vec<&'a str>,
}

impl<'a> ChatTokenDto<'a> {
    /// The answer with what was granted to this user.
    pub(crate) fn new(user: UserId, grant: &'a ChatGrant) -> Self {
        Self {
            user_id: user.to_string(),
            client_secret: grant.token.expose_secret(),
            token: grant.token.expose_secret(),
            expires_at: rfc3339(grant.expires_at),
            expires_after: grant.hosted_life.map(|life| life.as_secs()),
            thread_id: grant.thread.to_string(),
            placement: grant.placement.as_str(),
            allowed_tools: grant.tools.iter().map(ToolName::as_str).collect(),
        }
    }
}

/// How the component is to be mounted.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "ChatOptions",
    example = json!({"mode": "self-hosted", "domain_key": "local"}),
    example = json!({"mode": "hosted"})
)]
pub(crate) struct OptionsDto<'a> {
    #[schemars(extend("enum" = ["self-hosted", "hosted"]))]
    mode: &'static str,
    /// In hosted mode the component takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_key: Option<&'a str>,
}

impl<'a> From<&'a HttpSettings> for OptionsDto<'a> {
    fn from(settings: &'a HttpSettings) -> Self {
        if settings.hosted_chat {
            Self { mode: "hosted", domain_key: None }
        } else {
            Self { mode: "self-hosted", domain_key: Some(&settings.domain_key) }
        }
    }
}
