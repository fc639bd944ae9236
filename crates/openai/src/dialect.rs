//! What the two APIs have in common: what a model is told, and what it says.

use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::files::Image;

/// One thing that was said so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    User {
        text: String,
        images: Vec<Image>,
    },
    Assistant(String),
    /// A note that the user does not see.
    Note(String),
    Call(Call),
    Output {
        id: String,
        output: String,
    },
}

/// The model wants a tool to be called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// A tool on offer.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    /// As a model may write it: letters, digits, `_` and `-`.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) schema: Map<String, Value>,
}

/// A whole question.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) model: &'a str,
    pub(crate) instructions: &'a str,
    pub(crate) said: &'a [Said],
    pub(crate) offers: &'a [Offer],
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Citation {
        url: String,
        title: String,
    },
    Call(Call),
    /// What question and answer were worth, in tokens.
    Usage {
        input: u64,
        output: u64,
    },
    /// The answer is whole.
    End,
}

/// One of the two APIs.
pub(crate) trait Dialect: Send {
    /// What the body of a question is.
    fn body(&self, question: &Question<'_>) -> Value;

    /// What the data of one event says.
    fn read(&mut self, data: &str) -> Result<Vec<Piece>, Fault>;
}

/// The data of an event as JSON.
pub(crate) fn json(data: &str) -> Result<Value, Fault> {
    serde_json::from_str(data).map_err(|_| Fault::Unknown("it is not JSON"))
}

/// What a server says of the tokens of question and answer; the two APIs name them differently.
pub(crate) fn usage(usage: Option<&Value>, [input, output]: [&str; 2]) -> Option<Piece> {
    let usage = usage?;
    let count = |name| usage.get(name).and_then(Value::as_u64);
    Some(Piece::Usage { input: count(input)?, output: count(output)? })
}

/// A member that is text; empty when there is none.
pub(crate) fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}
