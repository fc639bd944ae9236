//! How each operation is read.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::params::{
    Action, AnswerStatus, AttachmentParams, FeedbackKind, FeedbackParams, ItemsListParams, ListParams, Order,
    PageSize, QuestionAnswer, StructuredAnswers, ThreadActionParams, TranscribeParams, UserMessageInput,
};
use super::reader::{Members, Read, text};
use super::{Request, RequestError};
use crate::{InferenceOptions, ToolChoice, UserContent};

pub(super) fn read(body: &[u8]) -> Result<Request, RequestError> {
    #[derive(Deserialize)]
    struct Envelope {
        r#type: String,
        #[serde(default)]
        params: Value,
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| RequestError::NoEnvelope)?;
    let read = operation(&envelope.r#type).ok_or(RequestError::UnknownType)?;
    // A list may be asked for without parameters.
    let params = match envelope.params {
        Value::Null if envelope.r#type == "threads.list" => Value::Object(Map::new()),
        params => params,
    };
    Ok(read(&mut Members::of("params".to_owned(), params)?)?)
}

fn operation(kind: &str) -> Option<fn(&mut Members) -> Read<Request>> {
    Some(match kind {
        "threads.create" => |params| Ok(Request::ThreadsCreate { input: message(params)? }),
        "threads.add_user_message" => |params| {
            Ok(Request::AddUserMessage { thread_id: params.text("thread_id")?, input: message(params)? })
        },
        "threads.add_client_tool_output" => |params| {
            Ok(Request::AddClientToolOutput {
                thread_id: params.text("thread_id")?,
                result: params.anything("result")?,
            })
        },
        "threads.add_structured_input" => |params| {
            Ok(Request::AddStructuredInput {
                thread_id: params.text("thread_id")?,
                item_id: params.text("item_id")?,
                input: answers(params.object("input")?)?,
            })
        },
        "threads.retry_after_item" => |params| {
            Ok(Request::RetryAfterItem {
                thread_id: params.text("thread_id")?,
                item_id: params.text("item_id")?,
            })
        },
        "threads.custom_action" => |params| Ok(Request::CustomAction(action(params)?)),
        "threads.sync_custom_action" => |params| Ok(Request::SyncCustomAction(action(params)?)),
        "threads.get_by_id" => |params| Ok(Request::ThreadsGetById { thread_id: params.text("thread_id")? }),
        "threads.list" => |params| Ok(Request::ThreadsList(list(params)?)),
        "items.list" => |params| {
            Ok(Request::ItemsList(ItemsListParams {
                thread_id: params.text("thread_id")?,
                list: list(params)?,
            }))
        },
        "threads.update" => |params| {
            Ok(Request::ThreadsUpdate { thread_id: params.text("thread_id")?, title: params.text("title")? })
        },
        "threads.delete" => |params| Ok(Request::ThreadsDelete { thread_id: params.text("thread_id")? }),
        "items.feedback" => |params| Ok(Request::ItemsFeedback(feedback(params)?)),
        "attachments.create" => |params| {
            Ok(Request::AttachmentsCreate(AttachmentParams {
                name: params.text("name")?,
                size: params.count("size")?,
                mime_type: params.text("mime_type")?,
            }))
        },
        "attachments.delete" => {
            |params| Ok(Request::AttachmentsDelete { attachment_id: params.text("attachment_id")? })
        }
        "input.transcribe" => |params| {
            Ok(Request::InputTranscribe(TranscribeParams {
                audio_base64: params.text("audio_base64")?,
                mime_type: params.text("mime_type")?,
            }))
        },
        _ => return None,
    })
}

fn message(params: &mut Members) -> Read<UserMessageInput> {
    let mut input = params.object("input")?;
    Ok(UserMessageInput {
        content: input.list("content", part)?,
        attachments: input.list("attachments", text)?,
        quoted_text: input.maybe_text("quoted_text")?,
        inference_options: options(input.object("inference_options")?)?,
    })
}

fn part(place: String, value: Value) -> Read<UserContent> {
    let mut part = Members::of(place, value)?;
    let kind = part.text("type")?;
    match kind.as_str() {
        "input_text" => Ok(UserContent::InputText { text: part.text("text")? }),
        "input_tag" => Ok(UserContent::InputTag {
            id: part.text("id")?,
            text: part.text("text")?,
            data: part.data("data")?,
            group: part.maybe_text("group")?,
            interactive: part.flag("interactive")?,
        }),
        _ => Err(part.expected("type", "input_text or input_tag")),
    }
}

fn options(mut options: Members) -> Read<InferenceOptions> {
    let choice = options.maybe_object("tool_choice")?;
    let tool_choice = choice.map(|mut choice| Ok(ToolChoice { id: choice.text("id")? })).transpose()?;
    Ok(InferenceOptions { tool_choice, model: options.maybe_text("model")? })
}

fn answers(mut input: Members) -> Read<StructuredAnswers> {
    let words = [("answered", AnswerStatus::Answered), ("skipped", AnswerStatus::Skipped)];
    let status = input.word("status", words, "answered or skipped")?;
    let answers = input.table("answers", |mut answer| {
        Ok(QuestionAnswer { values: answer.maybe_list("values", text)?, skipped: answer.flag("skipped")? })
    })?;
    Ok(StructuredAnswers { status: status.unwrap_or_default(), answers: answers.collect() })
}

fn action(params: &mut Members) -> Read<ThreadActionParams> {
    let thread_id = params.text("thread_id")?;
    let item_id = params.maybe_text("item_id")?;
    let mut action = params.object("action")?;
    let action = Action { kind: action.text("type")?, payload: action.maybe_anything("payload") };
    Ok(ThreadActionParams { thread_id, item_id, action })
}

/// Null, zero and nothing mean 20 rows; the rest is brought into the bounds.
fn list(params: &mut Members) -> Read<ListParams> {
    let limit = match params.maybe_number("limit")? {
        None | Some(0) => PageSize::default(),
        Some(limit) => PageSize::new(u8::try_from(limit.clamp(1, 100)).unwrap_or(100)),
    };
    let order = params.word("order", [("asc", Order::Asc), ("desc", Order::Desc)], "asc or desc")?;
    Ok(ListParams { limit, order: order.unwrap_or_default(), after: params.maybe_text("after")? })
}

fn feedback(params: &mut Members) -> Read<FeedbackParams> {
    let words = [("positive", FeedbackKind::Positive), ("negative", FeedbackKind::Negative)];
    Ok(FeedbackParams {
        thread_id: params.text("thread_id")?,
        item_ids: params.list("item_ids", text)?,
        kind: params.word("kind", words, "positive or negative")?.ok_or_else(|| params.missing("kind"))?,
    })
}
