//! What answers while no model is set up.

use async_trait::async_trait;

use super::writing::say;
use crate::chat::{AnswerSink, Responder, ResponderError, Trigger, Turn};

/// What it says.
const TEXT: &str = "No model is configured on this server, so I cannot answer yet. \
    Whoever runs it sets `OPENAI_API_KEY` (and `OPENAI_BASE_URL` for another server that speaks the same \
    protocol) and starts it again. Your message is stored.";

/// Says that no model is set up, and how to set one up, so that everything else can be tried.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineResponder;

#[async_trait]
impl Responder for OfflineResponder {
    async fn respond(&self, turn: &Turn, out: &mut dyn AnswerSink) -> Result<(), ResponderError> {
        if matches!(turn.trigger, Trigger::Action { .. }) {
            return Err(ResponderError::told("No model is configured on this server.", false));
        }
        say(out, TEXT).await.map(|_| ())
    }
}
