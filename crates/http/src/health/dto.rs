//! What the health routes answer.

use serde::Serialize;

/// The heartbeat at `/`.
#[derive(Serialize)]
pub(crate) struct HeartbeatDto<'a> {
    pub(crate) status: &'static str,
    pub(crate) service: &'static str,
    pub(crate) version: &'a str,
    pub(crate) health: &'static str,
}

/// The state of the process.
#[derive(Serialize)]
pub(crate) struct HealthDto<'a> {
    pub(crate) status: &'static str,
    pub(crate) version: &'a str,
    pub(crate) env: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<&'static str>,
}

/// A service that can do its work, and what was checked to say so.
#[derive(Serialize)]
pub(crate) struct ReadyDto {
    pub(crate) status: &'static str,
    pub(crate) checks: Vec<&'static str>,
}
