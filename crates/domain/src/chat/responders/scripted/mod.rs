//! A responder that answers by script, so that every part of the protocol can be driven by hand, by
//! tests and by a demonstration without a model. It is never for production.

mod script;

use std::sync::Arc;

use async_trait::async_trait;
use autorisen_chatkit::{Action, Event, Item, ItemKind};

use super::writing::say;
use crate::chat::{AnswerSink, Audio, Responder, ResponderError, Trigger, Turn};
use crate::clock::Timer;

/// Answers by script: see `docs/chatkit.md`.
pub struct ScriptedResponder {
    timer: Arc<dyn Timer>,
}

impl ScriptedResponder {
    /// A responder that waits by this timer where its script is slow.
    #[must_use]
    pub const fn new(timer: Arc<dyn Timer>) -> Self {
        Self { timer }
    }
}

#[async_trait]
impl Responder for ScriptedResponder {
    async fn respond(&self, turn: &Turn, out: &mut dyn AnswerSink) -> Result<(), ResponderError> {
        if let Trigger::Action { action, item } = &turn.trigger {
            return answer_action(action, item.as_deref(), out).await;
        }
        let text = turn.user_text();
        if turn.trigger == Trigger::Message { self.play(&text, out).await } else { echo(&text, out).await }
    }

    async fn act(&self, turn: &Turn, _action: &Action) -> Result<Option<Item>, ResponderError> {
        match &turn.trigger {
            Trigger::Action { item, .. } => Ok(item.as_deref().cloned()),
            _ => Ok(None),
        }
    }

    async fn transcribe(&self, audio: &Audio) -> Result<String, ResponderError> {
        Ok(format!("{} bytes of {}", audio.bytes.len(), audio.mime_type))
    }
}

async fn echo(text: &str, out: &mut dyn AnswerSink) -> Result<(), ResponderError> {
    let said = if text.is_empty() { "(nothing)" } else { text };
    say(out, &format!("You said: {said}")).await.map(|_| ())
}

async fn answer_action(
    action: &Action,
    item: Option<&Item>,
    out: &mut dyn AnswerSink,
) -> Result<(), ResponderError> {
    say(out, &format!("action {}", action.kind)).await?;
    if let Some(item) = item {
        let mut item = item.clone();
        if let ItemKind::Widget { copy_text, .. } = &mut item.kind {
            *copy_text = Some("used".to_owned());
        }
        out.send(Event::ItemReplaced { item }).await?;
    }
    Ok(())
}
