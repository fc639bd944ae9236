//! What the session routes answer.

use autorisen_domain::auth::{SessionId, SessionSummary};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::time::rfc3339;

/// The sessions of an account, those used last first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sessions", example = json!({"sessions": [{
    "id": "0198c5a1-6c34-7000-8000-000000000002", "device": "Mozilla/5.0", "address": "198.51.100.7",
    "created_at": "2026-01-31T12:00:00.000000Z", "last_used_at": "2026-01-31T12:10:00.000000Z",
    "expires_at": "2026-02-07T12:10:00.000000Z", "current": true,
}]}))]
pub(crate) struct SessionsDto<'a> {
    pub(crate) sessions: Vec<SessionDto<'a>>,
}

/// A session as its owner sees it. Nothing of it gives access.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(crate) struct SessionDto<'a> {
    id: String,
    /// What its browser says it is, at its login.
    device: Option<&'a str>,
    /// Of the client, at its login.
    address: String,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    #[schemars(extend("format" = "date-time"))]
    last_used_at: String,
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

impl<'a> SessionDto<'a> {
    /// The session, seen from the session `current`.
    pub(crate) fn new(summary: &'a SessionSummary, current: SessionId) -> Self {
        Self {
            id: summary.id.to_string(),
            device: summary.user_agent.as_deref(),
            address: summary.client.to_string(),
            created_at: rfc3339(summary.created_at),
            last_used_at: rfc3339(summary.last_used_at),
            expires_at: rfc3339(summary.expires_at),
            current: summary.id == current,
        }
    }
}
