//! `POST /api/chatkit/tools/{name}`: a front end has a tool called.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use autorisen_domain::chat::{CallToolError, PlacementName, ThreadId, ToolCall, ToolName};
use serde_json::json;

use crate::body::RawBody;
use crate::extract::Ctx;
use crate::form::Form;
use crate::problem::{FieldFault, Problem};
use crate::{Services, conversation};

/// Calls the tool, and says with what id the call is kept.
pub(crate) async fn call(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    name: Path<String>,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let caller = conversation::caller(&services, &ctx, &request).await?;
    let mut form = Form::read(&body)?;
    let placement = form.optional("placement", |text| PlacementName::parse(&text));
    let thread = form.optional("thread_id", |text| ThreadId::parse(&text));
    let payload = form.object("payload");
    form.finish()?;
    let name = ToolName::parse(&name).ok_or(CallToolError::NotAvailable)?;

    let thread = thread.map(|thread| thread.to_string());
    let call = ToolCall { name: name.clone(), placement, thread, payload };
    let answer = services.conversations.call_tool(&ctx, &caller, call).await?;
    Ok(HttpResponse::Ok().json(json!({
        "thread_id": answer.thread.to_string(),
        "tool_name": name.as_str(),
        "result": answer.result,
        "event_id": answer.event,
        "allowed_tools": answer.allowed.iter().map(ToolName::as_str).collect::<Vec<_>>(),
    })))
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
