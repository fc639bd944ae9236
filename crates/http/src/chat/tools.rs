//! `POST /api/chatkit/tools/{name}`: a front end has a tool called.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use autorisen_domain::chat::{CallToolError, PlacementName, ThreadId, ToolCall, ToolName};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Services;
use crate::api::object;
use crate::body::RawBody;
use crate::chat::dto;
use crate::extract::{Ctx, Speaker};
use crate::form::Form;
use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem};

/// What a call takes.
pub(super) fn call_body() -> Value {
    let payload = json!({"type": "object", "description": "What the tool is called with."});
    object(
        vec![
            ("placement", false, dto::placement()),
            ("thread_id", false, dto::thread_id()),
            ("payload", false, payload),
        ],
        &json!({"placement": "support", "payload": {"subject": "No answer", "body": "Nothing comes."}}),
    )
}

/// What a tool gave.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ToolCalled", example = json!({
    "thread_id": "0198c5a1-6c34-7000-8000-000000000003", "tool_name": "support.ticket",
    "result": {"ticket": "T-1"}, "event_id": "tc_1", "allowed_tools": ["support.ticket"],
}))]
pub(super) struct CalledDto<'a> {
    thread_id: String,
    tool_name: &'a str,
    /// Any JSON.
    result: Value,
    /// With what id the call is kept in the thread.
    event_id: String,
    /// What else may be called there.
    allowed_tools: Vec<&'a str>,
}

/// Calls the tool, and says with what id the call is kept.
pub(crate) async fn call(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    name: Path<String>,
    Speaker(caller): Speaker,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read(&body)?;
    let placement = form.optional("placement", |text| PlacementName::parse(&text));
    let thread = form.optional("thread_id", |text| ThreadId::parse(&text));
    let payload = form.object("payload");
    form.finish()?;
    let name = ToolName::parse(&name).ok_or(CallToolError::NotAvailable)?;

    let thread = thread.map(|thread| thread.to_string());
    let call = ToolCall { name: name.clone(), placement, thread, payload };
    let answer = services.conversations.call_tool(&ctx, &caller, call).await?;
    Ok(HttpResponse::Ok().json(CalledDto {
        thread_id: answer.thread.to_string(),
        tool_name: name.as_str(),
        result: answer.result,
        event_id: answer.event,
        allowed_tools: answer.allowed.iter().map(ToolName::as_str).collect(),
    }))
}

impl Failures for CallToolError {
    const ANSWERS: &'static [Failure] = &[(StatusCode::BAD_REQUEST, "tool_not_available"), INVALID_FIELDS];
}

impl From<CallToolError> for Problem {
    fn from(error: CallToolError) -> Self {
        match error {
            CallToolError::NotAvailable => {
                Self::new(StatusCode::BAD_REQUEST, "tool_not_available", "tool not available for placement")
            }
            CallToolError::Payload(message) => {
                Self::invalid_fields(vec![FieldFault { field: "payload", code: "invalid", message }])
            }
            CallToolError::Chat(cause) => cause.into(),
        }
    }
}
