//! What the one route of the protocol takes and answers, for the document of the interface.

use std::borrow::Cow;

use autorisen_chatkit::{Attachment, Event, Item, Page, Request, Thread};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::api::tidy;

/// A request, by its type. It has all in itself: what may be left out differs from what is answered.
pub(super) fn request() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        settings.transforms.push(Box::new(schemars::transform::RecursiveTransform(tidy)));
    });
    let mut schema = settings.into_generator().into_root_schema_for::<Request>();
    schema.insert("discriminator".to_owned(), json!({"propertyName": "type"}));
    schema.insert(
        "examples".to_owned(),
        json!([
            {
                "type": "threads.create",
                "params": {"input": {
                    "content": [{"type": "input_text", "text": "Hello"}], "attachments": [],
                    "inference_options": {},
                }},
            },
            {"type": "threads.list", "params": {"limit": 20, "order": "desc"}},
        ]),
    );
    schema.to_value()
}

/// What is answered at once.
#[derive(JsonSchema)]
#[schemars(rename = "ChatOutcome", untagged, example = json!({"data": [], "has_more": false}))]
#[expect(dead_code, reason = "it names what `handlers` answers in each case")]
pub(super) enum Outcome {
    /// `threads.get_by_id`, `threads.update`.
    Thread(Box<Thread>),
    /// `threads.list`.
    Threads(Page<Thread>),
    /// `items.list`.
    Items(Page<Item>),
    /// `attachments.create`.
    Attachment(Box<Attachment>),
    /// `input.transcribe`.
    Transcribed {
        /// What was said.
        text: String,
    },
    /// `threads.sync_custom_action`, where an item changed.
    Updated {
        /// As it is now.
        updated_item: Box<Item>,
    },
    /// `threads.delete`, `items.feedback`, `attachments.delete`, and an action that changed nothing.
    Done {},
}

/// A stream of events, by one of its frames, as OpenAPI 3.2 has it.
pub(super) struct EventStream;

impl JsonSchema for EventStream {
    fn schema_name() -> Cow<'static, str> {
        "StreamFrame".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let event = generator.subschema_for::<Event>();
        json_schema!({
            "type": "object",
            "description": "A frame of the stream: a line data: and an empty one.",
            "required": ["data"],
            "properties": {"data": {
                "type": "string",
                "description": "One event.",
                "contentMediaType": "application/json",
                "contentSchema": event,
            }},
            "examples": [{"data": "{\"type\":\"progress_update\",\"text\":\"Looking it up\"}"}],
        })
    }
}
