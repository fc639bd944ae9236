//! Chat completions: <https://platform.openai.com/docs/api-reference/chat>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::dialect::{self, Call, Dialect, Piece, Question, Said};
use crate::fault::Fault;

/// How many calls one answer may hold.
const MAX_CALLS: u64 = 64;
/// How long the arguments of one call may be, in bytes.
const MAX_ARGUMENTS: usize = 256 * 1024;

/// Chat completions, for one answer: calls come in pieces.
#[derive(Default)]
pub(crate) struct Completions {
    calls: BTreeMap<u64, Call>,
}

impl Dialect for Completions {
    fn body(&self, question: &Question<'_>) -> Value {
        let instructions = Some(question.instructions).filter(|text| !text.is_empty());
        let first = instructions.map(|text| json!({"role": "system", "content": text}));
        let messages: Vec<Value> = first.into_iter().chain(question.said.iter().map(said)).collect();
        let mut body = json!({"model": question.model, "messages": messages, "stream": true});
        if !question.offers.is_empty() {
            let tool = |offer: &dialect::Offer| {
                json!({"type": "function", "function": {
                    "name": offer.name, "description": offer.description, "parameters": offer.schema,
                }})
            };
            body["tools"] = question.offers.iter().map(tool).collect();
        }
        body
    }

    fn read(&mut self, data: &str) -> Result<Vec<Piece>, Fault> {
        if data == "[DONE]" {
            let calls = std::mem::take(&mut self.calls).into_values().map(Piece::Call);
            return Ok(calls.chain([Piece::End]).collect());
        }
        let chunk = dialect::json(data)?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(Fault::Reported);
        }
        // Told with the last chunk by servers that tell it unasked; asking would be refused by some.
        let usage = dialect::usage(chunk.get("usage"), ["prompt_tokens", "completion_tokens"]);
        let Some(delta) = chunk.pointer("/choices/0/delta") else { return Ok(usage.into_iter().collect()) };
        for piece in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.add(piece)?;
        }
        let text = dialect::text(delta, "content");
        let refusal = dialect::text(delta, "refusal");
        let texts = [text, refusal].into_iter().filter(|text| !text.is_empty());
        Ok(texts.map(Piece::Text).chain(usage).collect())
    }
}

impl Completions {
    fn add(&mut self, piece: &Value) -> Result<(), Fault> {
        let index = piece.get("index").and_then(Value::as_u64).unwrap_or(0);
        if index >= MAX_CALLS {
            return Err(Fault::TooMuch);
        }
        let call = self.calls.entry(index).or_insert_with(|| Call {
            id: String::new(),
            name: String::new(),
            arguments: String::new(),
        });
        let function = piece.get("function").cloned().unwrap_or_default();
        if call.id.is_empty() {
            call.id = dialect::text(piece, "id");
        }
        if call.name.is_empty() {
            call.name = dialect::text(&function, "name");
        }
        call.arguments.push_str(&dialect::text(&function, "arguments"));
        if call.arguments.len() > MAX_ARGUMENTS { Err(Fault::TooMuch) } else { Ok(()) }
    }
}

fn said(said: &Said) -> Value {
    match said {
        Said::User { text, images } if images.is_empty() => json!({"role": "user", "content": text}),
        Said::User { text, images } => {
            let shown = images
                .iter()
                .map(|image| json!({"type": "image_url", "image_url": {"url": image.data_url()}}));
            let content: Vec<Value> =
                [json!({"type": "text", "text": text})].into_iter().chain(shown).collect();
            json!({"role": "user", "content": content})
        }
        Said::Assistant(text) => json!({"role": "assistant", "content": text}),
        Said::Note(text) => json!({"role": "system", "content": text}),
        Said::Call(call) => json!({"role": "assistant", "content": null, "tool_calls": [{
            "id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }]}),
        Said::Output { id, output } => json!({"role": "tool", "tool_call_id": id, "content": output}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_where_they_are_told_and_missed_nowhere() {
        let mut completions = Completions::default();
        let told = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}"#;
        assert_eq!(completions.read(told).unwrap(), [Piece::Usage { input: 9, output: 12 }]);
        let with_text =
            r#"{"choices":[{"delta":{"content":"hi"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
        let expected = [Piece::Text("hi".to_owned()), Piece::Usage { input: 1, output: 2 }];
        assert_eq!(completions.read(with_text).unwrap(), expected);
        for odd in ["null", "{}", "7", r#"{"prompt_tokens":-1,"completion_tokens":"2"}"#] {
            let chunk = format!(r#"{{"choices":[{{"delta":{{"content":"hi"}}}}],"usage":{odd}}}"#);
            assert_eq!(completions.read(&chunk).unwrap(), [Piece::Text("hi".to_owned())], "{odd}");
        }
    }
}
