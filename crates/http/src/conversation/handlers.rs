//! One request of the protocol: read, done, answered.

use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use autorisen_chatkit::{Request, TranscribeParams};
use autorisen_domain::chat::{Audio, Caller, ChatError};
use autorisen_domain::context::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

use crate::conversation::stream;
use crate::extract::{Ctx, Speaker};
use crate::problem::Problem;
use crate::trace::Followed;
use crate::{Services, body};

/// The largest request, in bytes: speech is the largest thing that comes in one.
const MAX_LENGTH: usize = 8 * 1024 * 1024;

/// `POST /api/chatkit`.
pub(crate) async fn protocol(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    Speaker(caller): Speaker,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read(&request, payload, MAX_LENGTH).await?;
    let asked = Request::parse(&body)?;
    drop(body);
    let followed = request.extensions().get::<Followed>().cloned();
    answer(&services, (ctx, followed), &caller, asked).await
}

async fn answer(
    services: &Services,
    (ctx, followed): (Context, Option<Followed>),
    caller: &Caller,
    asked: Request,
) -> Result<HttpResponse, Problem> {
    let chat = &services.conversations;
    let prepared = match asked {
        Request::ThreadsCreate { input } => chat.create(caller, input).await?,
        Request::AddUserMessage { thread_id, input } => chat.add_message(caller, &thread_id, input).await?,
        Request::AddClientToolOutput { thread_id, result } => {
            chat.add_tool_output(caller, &thread_id, result).await?
        }
        Request::AddStructuredInput { thread_id, item_id, input } => {
            chat.add_structured_input(caller, &thread_id, &item_id, input).await?
        }
        Request::RetryAfterItem { thread_id, item_id } => chat.retry(caller, &thread_id, &item_id).await?,
        Request::CustomAction(params) => chat.custom_action(caller, params).await?,
        Request::SyncCustomAction(params) => {
            let updated = chat.act(caller, params).await?;
            return Ok(match updated {
                Some(item) => ok(&json!({ "updated_item": item })),
                None => ok(&json!({})),
            });
        }
        Request::ThreadsGetById { thread_id } => return Ok(ok(&chat.get(caller, &thread_id).await?)),
        Request::ThreadsList(list) => return Ok(ok(&chat.list(caller, list).await?)),
        Request::ItemsList(params) => return Ok(ok(&chat.items(caller, params).await?)),
        Request::ThreadsUpdate { thread_id, title } => {
            return Ok(ok(&chat.rename(caller, &thread_id, &title).await?));
        }
        Request::ThreadsDelete { thread_id } => {
            chat.delete(&ctx, caller, &thread_id).await?;
            return Ok(ok(&json!({})));
        }
        Request::ItemsFeedback(feedback) => {
            chat.rate(caller, feedback).await?;
            return Ok(ok(&json!({})));
        }
        Request::AttachmentsCreate(params) => {
            return Ok(ok(&services.files.announce(caller.user, params).await?));
        }
        Request::AttachmentsDelete { attachment_id } => {
            services.files.delete(caller.user, &attachment_id).await?;
            return Ok(ok(&json!({})));
        }
        Request::InputTranscribe(params) => {
            let text = chat.transcribe(caller, &audio(&params)?).await?;
            return Ok(ok(&json!({ "text": text })));
        }
    };
    Ok(stream::respond(services, ctx, followed, prepared))
}

fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

fn audio(params: &TranscribeParams) -> Result<Audio, ChatError> {
    let fault = |field, fault| Err(ChatError::Input { field, fault });
    let Ok(bytes) = STANDARD.decode(&params.audio_base64) else {
        return fault("audio_base64", "must be base64");
    };
    if bytes.is_empty() {
        return fault("audio_base64", "must not be empty");
    }
    if !params.mime_type.trim_start().to_ascii_lowercase().starts_with("audio/") {
        return fault("mime_type", "must be that of a sound");
    }
    Ok(Audio { bytes, mime_type: params.mime_type.clone() })
}
