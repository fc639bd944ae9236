//! What the scripted responder does at each text.

use std::time::Duration;

use autorisen_chatkit::answer::{OpenImage, OpenMessage, OpenWidget, OpenWorkflow};
use autorisen_chatkit::widget::{ActionConfig, Button, Card, Text};
use autorisen_chatkit::{
    Annotation, Event, GeneratedImage, IconName, ItemKind, NoticeLevel, Source, SourceKind, StatusIndicator,
    StructuredInput, StructuredInputKind, StructuredInputStatus, StructuredOption, Task, TaskKind,
    ThreadStatus, ToolCallStatus, WorkflowKind, WorkflowSummary,
};
use serde_json::{Map, Value, json};

use super::super::writing::{say, say_with};
use super::{ScriptedResponder, echo};
use crate::chat::{AnswerSink, ResponderError, ThreadChange};
use crate::error::PortError;

/// A PNG of one transparent pixel.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

type Said = Result<(), ResponderError>;

impl ScriptedResponder {
    pub(super) async fn play(&self, text: &str, out: &mut dyn AnswerSink) -> Said {
        match text {
            "!title" => title(out).await,
            "!lock" => lock(out).await,
            "!tool" => tool(out).await,
            "!widget" => widget(out).await,
            "!form" => form(out).await,
            "!workflow" => workflow(out).await,
            "!image" => image(out).await,
            "!hidden" => hidden(out).await,
            "!misc" => misc(out).await,
            "!boom" => Err(PortError::new("answer", "the script says so").into()),
            "!error" => Err(ResponderError::told("Quota exhausted", false)),
            "!slow" => self.slow(out).await,
            _ => echo(text, out).await,
        }
    }

    /// Four seconds in small deltas.
    async fn slow(&self, out: &mut dyn AnswerSink) -> Said {
        let (message, event) = OpenMessage::begin(out.head("msg")?);
        out.send(event).await?;
        let (mut part, event) = message.part();
        out.send(event).await?;
        for tick in 0..40 {
            out.send(part.text(&format!("{tick} "))).await?;
            self.timer.sleep(Duration::from_millis(100)).await;
        }
        let (message, event) = part.finish();
        out.send(event).await?;
        Ok(out.send(message.finish()).await?)
    }
}

async fn title(out: &mut dyn AnswerSink) -> Said {
    let private = Map::from_iter([("secret".to_owned(), json!("for the server alone"))]);
    out.change_thread(ThreadChange {
        title: Some("Renamed by server".to_owned()),
        metadata: Some(private),
        ..ThreadChange::default()
    })
    .await?;
    say(out, "title set").await.map(|_| ())
}

async fn lock(out: &mut dyn AnswerSink) -> Said {
    let status = ThreadStatus::Locked { reason: Some("held".to_owned()) };
    out.change_thread(ThreadChange { status: Some(status), ..ThreadChange::default() }).await?;
    say(out, "locked").await.map(|_| ())
}

async fn tool(out: &mut dyn AnswerSink) -> Said {
    let call = ItemKind::ClientToolCall {
        status: ToolCallStatus::Pending,
        call_id: "call_1".to_owned(),
        name: "get_selection".to_owned(),
        arguments: Map::from_iter([("kind".to_owned(), json!("node"))]),
        output: None,
    };
    done(out, call).await
}

async fn widget(out: &mut dyn AnswerSink) -> Said {
    let go = ActionConfig::new("go").with_payload(json!({ "n": 1 }));
    let card = Card::new([
        Text { streaming: Some(true), ..Text::new("") }.with_id("txt").into(),
        Button { on_click_action: Some(go), ..Button::new("Go") }.into(),
    ]);
    let (mut widget, event) =
        OpenWidget::begin(out.head("msg")?, card.with_id("w").into(), Some("copy me".to_owned()));
    out.send(event).await?;
    for (delta, is_last) in [("Hel", false), ("lo", true)] {
        if let Some(event) = widget.text("txt", delta, is_last) {
            out.send(event).await?;
        }
    }
    Ok(out.send(widget.finish()).await?)
}

async fn form(out: &mut dyn AnswerSink) -> Said {
    let option = |value: &str| StructuredOption { value: value.to_owned() };
    let prio = StructuredInput {
        id: "prio".to_owned(),
        question: "Priority?".to_owned(),
        answer: None,
        kind: StructuredInputKind::MultipleChoice {
            options: vec![option("Low"), option("High")],
            multiple: false,
        },
    };
    let note = StructuredInput {
        id: "note".to_owned(),
        question: "Notes?".to_owned(),
        answer: None,
        kind: StructuredInputKind::Freeform { description: Some("optional".to_owned()) },
    };
    let status = StructuredInputStatus::Pending;
    done(out, ItemKind::StructuredInput { status, inputs: vec![prio, note] }).await
}

async fn workflow(out: &mut dyn AnswerSink) -> Said {
    let thought = |content: &str, status_indicator| Task {
        status_indicator,
        kind: TaskKind::Thought { title: Some("Thinking".to_owned()), content: content.to_owned() },
    };
    let (mut workflow, event) = OpenWorkflow::begin(out.head("wf")?, WorkflowKind::Reasoning);
    out.send(event).await?;
    let (place, event) = workflow.add(thought("first", StatusIndicator::Loading));
    out.send(event).await?;
    out.send(workflow.change(place, thought("first, then second", StatusIndicator::Complete))).await?;
    out.send(workflow.finish(Some(WorkflowSummary::Duration { duration: 1 }))).await?;

    let custom =
        TaskKind::Custom { title: Some("One step".to_owned()), icon: None, content: Some("done".to_owned()) };
    done(out, ItemKind::Task { task: Task { status_indicator: StatusIndicator::Complete, kind: custom } })
        .await?;
    say(out, "done thinking").await?;
    done(out, ItemKind::EndOfTurn).await
}

async fn image(out: &mut dyn AnswerSink) -> Said {
    let pixel = GeneratedImage { id: "img_1".to_owned(), url: PIXEL.to_owned() };
    let (image, event) = OpenImage::begin(out.head("msg")?);
    out.send(event).await?;
    out.send(image.progress(pixel.clone(), Some(0.5))).await?;
    Ok(out.send(image.finish(pixel)).await?)
}

async fn hidden(out: &mut dyn AnswerSink) -> Said {
    done(out, ItemKind::HiddenContextItem { content: Value::from("TOPSECRET") }).await?;
    say(out, "visible").await.map(|_| ())
}

async fn misc(out: &mut dyn AnswerSink) -> Said {
    out.send(Event::ProgressUpdate { text: "Searching".to_owned(), icon: Some(IconName::SEARCH) }).await?;
    let data = Map::from_iter([("text".to_owned(), json!("hi"))]);
    out.send(Event::ClientEffect { name: "toast".to_owned(), data }).await?;
    out.send(Event::Notice {
        level: NoticeLevel::Warning,
        message: "Take **care**".to_owned(),
        title: Some("Careful".to_owned()),
    })
    .await?;
    let source = Source {
        title: "Example".to_owned(),
        description: None,
        timestamp: None,
        group: None,
        kind: SourceKind::Url { url: "https://example.org/".to_owned(), attribution: None },
    };
    say_with(out, "see the source", Some(Annotation { source, index: Some(3) })).await?;
    let item_id = say(out, "never mind").await?;
    Ok(out.send(Event::ItemRemoved { item_id }).await?)
}

/// An item that is done at once.
async fn done(out: &mut dyn AnswerSink, kind: ItemKind) -> Said {
    let item = out.head(kind.id_prefix())?.with(kind);
    Ok(out.send(Event::ItemDone { item }).await?)
}
