//! What a model is told of a thread.

use autorisen_chatkit::{AssistantContent, Item, ItemKind, ToolCallStatus, UserContent};
use serde_json::Value;

use crate::dialect::{Call, Said};
use crate::files::{Shown, ShownFiles};

/// What was said in the thread, the oldest first. Calls that wait for their output are left out.
pub(crate) fn said(history: &[Item], files: &ShownFiles) -> Vec<Said> {
    history.iter().flat_map(|item| of(&item.kind, files)).collect()
}

fn of(kind: &ItemKind, files: &ShownFiles) -> Vec<Said> {
    match kind {
        ItemKind::UserMessage { content, attachments, quoted_text, .. } => {
            let mut text: String = content.iter().map(part).collect();
            if let Some(quoted) = quoted_text.as_deref().filter(|quoted| !quoted.trim().is_empty()) {
                text = format!("In answer to this:\n> {}\n\n{text}", quoted.replace('\n', "\n> "));
            }
            let mut images = Vec::new();
            for file in attachments {
                text.extend(["\n[attached file: ", &file.name, " (", &file.mime_type, ")]"]);
                match files.get(&file.id) {
                    Some(Shown::Text(content)) => {
                        text.extend(["\n", content, "\n[end of the attached file]"]);
                    }
                    Some(Shown::Image(image)) => images.push(image.clone()),
                    None => {}
                }
            }
            vec![Said::User { text, images }]
        }
        ItemKind::AssistantMessage { content } => {
            let text: String = content.iter().map(|AssistantContent { text, .. }| text.as_str()).collect();
            if text.trim().is_empty() { Vec::new() } else { vec![Said::Assistant(text)] }
        }
        ItemKind::ClientToolCall { status: ToolCallStatus::Completed, call_id, name, arguments, output } => {
            let arguments = Value::Object(arguments.clone()).to_string();
            let output = output.as_ref().unwrap_or(&Value::Null).to_string();
            vec![
                Said::Call(Call { id: call_id.clone(), name: name.clone(), arguments }),
                Said::Output { id: call_id.clone(), output },
            ]
        }
        ItemKind::Widget { copy_text: Some(text), .. } => vec![Said::Assistant(text.clone())],
        ItemKind::StructuredInput { inputs, .. } => {
            let lines = inputs.iter().map(|input| {
                let values = input.answer.as_ref().map(|answer| answer.values.join(", "));
                let answer =
                    values.filter(|values| !values.is_empty()).unwrap_or_else(|| "(none)".to_owned());
                format!("{}: {answer}", input.question)
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            vec![Said::User { text, images: Vec::new() }]
        }
        ItemKind::HiddenContextItem { content } => {
            vec![Said::Note(content.as_str().map_or_else(|| content.to_string(), ToOwned::to_owned))]
        }
        ItemKind::SdkHiddenContext { content } => vec![Said::Note(content.clone())],
        ItemKind::ClientToolCall { status: ToolCallStatus::Pending, .. }
        | ItemKind::Widget { copy_text: None, .. }
        | ItemKind::GeneratedImage { .. }
        | ItemKind::Workflow { .. }
        | ItemKind::Task { .. }
        | ItemKind::EndOfTurn => Vec::new(),
    }
}

fn part(part: &UserContent) -> String {
    match part {
        UserContent::InputText { text } => text.clone(),
        UserContent::InputTag { text, id, .. } => format!("@{text} (id: {id})"),
    }
}
