//! What the session routes answer.

use autorisen_domain::auth::{SessionId, SessionSummary};
use serde::Serialize;

use crate::time::rfc3339;

/// The sessions of an account.
#[derive(Serialize)]
pub(crate) struct SessionsDto<'a> {
    pub(crate) sessions: Vec<SessionDto<'a>>,
}

/// A session as its owner sees it. Nothing of it gives access.
#[derive(Serialize)]
pub(crate) struct SessionDto<'a> {
    id: String,
    device: Option<&'a str>,
    address: String,
    created_at: String,
    last_used_at: String,
    expires_at: String,
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
