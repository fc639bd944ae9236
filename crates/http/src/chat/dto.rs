//! What the ChatKit routes take and answer.

use actix_web::web::Query;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{ChatGrant, ChatTokenRequest, PlacementName, ThreadId, ToolName};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::HttpSettings;
use crate::form::Form;
use crate::problem::{FieldFault, Problem};
use crate::time::rfc3339;

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
#[derive(Serialize)]
pub(crate) struct ChatTokenDto<'a> {
    user_id: String,
    client_secret: &'a str,
    token: &'a str,
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
#[derive(Serialize)]
pub(crate) struct OptionsDto<'a> {
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
