//! What the health routes answer.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The heartbeat.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Heartbeat", example = json!({
    "status": "ok", "service": "autorisen", "version": "0.1.0", "health": "/api/health",
}))]
pub(crate) struct HeartbeatDto<'a> {
    pub(crate) status: &'static str,
    pub(crate) service: &'static str,
    pub(crate) version: &'a str,
    pub(crate) health: &'static str,
}

/// The state of the process.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health", example = json!({"status": "ok", "version": "0.1.0", "env": "production"}))]
pub(crate) struct HealthDto<'a> {
    pub(crate) status: &'static str,
    pub(crate) version: &'a str,
    pub(crate) env: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// What the program was built from, where its build knew that.
    pub(crate) commit: Option<&'static str>,
}

/// That the process lives.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Alive", example = json!({"alive": true}))]
pub(crate) struct AliveDto {
    pub(crate) alive: bool,
}

/// The answer to a ping.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Pong", example = json!({"ping": "pong", "version": "0.1.0"}))]
pub(crate) struct PongDto<'a> {
    #[schemars(extend("const" = "pong"))]
    pub(crate) ping: &'static str,
    pub(crate) version: &'a str,
}

/// A service that can do its work, and what was checked to say so.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ready", example = json!({"status": "ready", "checks": ["database", "migrations", "keys"]}))]
pub(crate) struct ReadyDto {
    pub(crate) status: &'static str,
    pub(crate) checks: Vec<&'static str>,
}
