//! Writing simple answers.

use autorisen_chatkit::Annotation;
use autorisen_chatkit::answer::OpenMessage;

use crate::chat::{AnswerSink, ResponderError};

/// Streams a message, a word at a time, and gives its id.
pub(super) async fn say(out: &mut dyn AnswerSink, text: &str) -> Result<String, ResponderError> {
    say_with(out, text, None).await
}

/// Streams a message, a word at a time and with a reference at its end, and gives its id.
pub(super) async fn say_with(
    out: &mut dyn AnswerSink,
    text: &str,
    annotation: Option<Annotation>,
) -> Result<String, ResponderError> {
    let head = out.head("msg")?;
    let id = head.id.clone();
    let (message, event) = OpenMessage::begin(head);
    out.send(event).await?;
    let (mut part, event) = message.part();
    out.send(event).await?;
    for word in text.split_inclusive(' ') {
        out.send(part.text(word)).await?;
    }
    if let Some(annotation) = annotation {
        out.send(part.annotation(annotation)).await?;
    }
    let (message, event) = part.finish();
    out.send(event).await?;
    out.send(message.finish()).await?;
    Ok(id)
}
