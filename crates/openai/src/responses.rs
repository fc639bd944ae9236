//! The Responses API: <https://platform.openai.com/docs/api-reference/responses>.

use serde_json::{Value, json};

use crate::dialect::{self, Call, Dialect, Piece, Question, Said};
use crate::fault::Fault;

/// The Responses API, for one answer.
#[derive(Default)]
pub(crate) struct Responses;

impl Dialect for Responses {
    fn body(&self, question: &Question<'_>) -> Value {
        let mut body = json!({
            "model": question.model,
            "input": question.said.iter().map(said).collect::<Vec<_>>(),
            "stream": true,
            // What is said is kept in our tables and nowhere else.
            "store": false,
        });
        if !question.instructions.is_empty() {
            body["instructions"] = question.instructions.into();
        }
        if !question.offers.is_empty() {
            let tool = |offer: &dialect::Offer| {
                json!({
                    "type": "function", "name": offer.name, "description": offer.description,
                    "parameters": offer.schema, "strict": false,
                })
            };
            body["tools"] = question.offers.iter().map(tool).collect();
        }
        body
    }

    fn read(&mut self, data: &str) -> Result<Vec<Piece>, Fault> {
        let event = dialect::json(data)?;
        Ok(match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "response.output_text.delta" | "response.refusal.delta" => {
                vec![Piece::Text(dialect::text(&event, "delta"))]
            }
            "response.output_text.annotation.added" => {
                let annotation = event.get("annotation").cloned().unwrap_or_default();
                let url = dialect::text(&annotation, "url");
                let title = dialect::text(&annotation, "title");
                if url.is_empty() { Vec::new() } else { vec![Piece::Citation { url, title }] }
            }
            "response.output_item.done" => {
                let item = event.get("item").cloned().unwrap_or_default();
                if item.get("type").and_then(Value::as_str) == Some("function_call") {
                    vec![Piece::Call(Call {
                        id: dialect::text(&item, "call_id"),
                        name: dialect::text(&item, "name"),
                        arguments: dialect::text(&item, "arguments"),
                    })]
                } else {
                    Vec::new()
                }
            }
            "response.completed" | "response.incomplete" => {
                let names = ["input_tokens", "output_tokens"];
                let usage = dialect::usage(event.pointer("/response/usage"), names);
                usage.into_iter().chain([Piece::End]).collect()
            }
            "response.failed" | "error" => return Err(Fault::Reported),
            // Later versions add events.
            _ => Vec::new(),
        })
    }
}

fn said(said: &Said) -> Value {
    match said {
        Said::User { text, images } if images.is_empty() => json!({"role": "user", "content": text}),
        Said::User { text, images } => {
            let shown = images
                .iter()
                .map(|image| json!({"type": "input_image", "detail": "auto", "image_url": image.data_url()}));
            let content: Vec<Value> =
                [json!({"type": "input_text", "text": text})].into_iter().chain(shown).collect();
            json!({"role": "user", "content": content})
        }
        Said::Assistant(text) => json!({"role": "assistant", "content": text}),
        Said::Note(text) => json!({"role": "developer", "content": text}),
        Said::Call(call) => json!({
            "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments,
        }),
        Said::Output { id, output } => {
            json!({"type": "function_call_output", "call_id": id, "output": output})
        }
    }
}
