//! A value of every kind, small and full. Tests read them as well.
#![expect(clippy::unwrap_used, reason = "what is written here is valid")]

use autorisen_chatkit::widget::{Basic, Card, Component, Text};
use autorisen_chatkit::{
    Annotation, Answer, AssistantContent, Attachment, AttachmentKind, ErrorCode, ErrorEvent, Event,
    GeneratedImage, IconName, InferenceOptions, Item, ItemKind, NoticeLevel, Page, Source, SourceKind,
    StatusIndicator, StreamOptions, StructuredInput, StructuredInputKind, StructuredInputStatus,
    StructuredOption, Task, TaskKind, Thread, ThreadStatus, Time, ToolCallStatus, ToolChoice, Update,
    UploadDescriptor, UploadMethod, UserContent, Widget, Workflow, WorkflowKind, WorkflowSummary,
};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

/// A member that is there.
#[expect(clippy::unnecessary_wraps, reason = "that it may be absent is what is tried")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn item(kind: ItemKind) -> Item {
    let created_at = Time::from_micros(1_767_225_600_123_456);
    Item { id: format!("{}_1", kind.id_prefix()), thread_id: "thr_1".into(), created_at, kind }
}

fn sources() -> Vec<Source> {
    let full = |kind| Source {
        title: "Title".into(),
        description: text("what it is"),
        timestamp: text("2026-01-01"),
        group: text("group"),
        kind,
    };
    let small =
        |kind| Source { title: "Title".into(), description: None, timestamp: None, group: None, kind };
    vec![
        small(SourceKind::Url { url: "https://example.org/".into(), attribution: None }),
        full(SourceKind::Url { url: "https://example.org/a".into(), attribution: text("them") }),
        small(SourceKind::File { filename: "a.txt".into() }),
        full(SourceKind::File { filename: "b.txt".into() }),
        small(SourceKind::Entity {
            id: "e1".into(),
            icon: None,
            label: None,
            inline_label: None,
            interactive: false,
            data: Map::new(),
        }),
        full(SourceKind::Entity {
            id: "e2".into(),
            icon: Some(IconName::SEARCH),
            label: text("label"),
            inline_label: text("inline"),
            interactive: true,
            data: object(json!({"k": "v"})),
        }),
    ]
}

pub(crate) fn tasks() -> Vec<Task> {
    let task = |status_indicator, kind| Task { status_indicator, kind };
    let of_kind = |is_url: bool| {
        let kind = move |source: &Source| matches!(source.kind, SourceKind::Url { .. }) == is_url;
        let not_entity = |source: &Source| !matches!(source.kind, SourceKind::Entity { .. });
        sources().into_iter().filter(move |source| kind(source) && not_entity(source)).collect::<Vec<_>>()
    };
    vec![
        task(StatusIndicator::None, TaskKind::Custom { title: None, icon: None, content: None }),
        task(
            StatusIndicator::Complete,
            TaskKind::Custom { title: text("t"), icon: Some(IconName::lucide("rocket")), content: text("c") },
        ),
        task(
            StatusIndicator::Loading,
            TaskKind::WebSearch {
                title: text("t"),
                title_query: text("q"),
                queries: vec!["a".into()],
                sources: of_kind(true),
            },
        ),
        task(
            StatusIndicator::None,
            TaskKind::WebSearch { title: None, title_query: None, queries: Vec::new(), sources: Vec::new() },
        ),
        task(StatusIndicator::None, TaskKind::Thought { title: text("t"), content: "hm".into() }),
        task(StatusIndicator::None, TaskKind::File { title: text("t"), sources: of_kind(false) }),
        task(StatusIndicator::None, TaskKind::File { title: None, sources: Vec::new() }),
        task(StatusIndicator::None, TaskKind::Image { title: text("t") }),
    ]
}

pub(crate) fn attachments() -> Vec<Attachment> {
    let file = Attachment {
        id: "atc_1".into(),
        name: "a.txt".into(),
        mime_type: "text/plain".into(),
        upload_descriptor: None,
        thread_id: None,
        kind: AttachmentKind::File,
    };
    let descriptor = UploadDescriptor {
        url: "https://example.org/upload".into(),
        method: UploadMethod::Put,
        headers: [("X-A".to_owned(), "b".to_owned())].into(),
    };
    let image = Attachment {
        upload_descriptor: Some(descriptor),
        thread_id: text("thr_1"),
        kind: AttachmentKind::Image { preview_url: "https://example.org/p".into() },
        ..file.clone()
    };
    let whole = Attachment { kind: AttachmentKind::File, ..image.clone() };
    vec![file, image, whole]
}

fn questions() -> Vec<StructuredInput> {
    let option = |value: &str| StructuredOption { value: value.into() };
    vec![
        StructuredInput {
            id: "a".into(),
            question: "A?".into(),
            answer: Some(Answer { values: vec!["x".into()], skipped: false }),
            kind: StructuredInputKind::MultipleChoice { options: vec![option("x")], multiple: true },
        },
        StructuredInput {
            id: "c".into(),
            question: "C?".into(),
            answer: Some(Answer { values: Vec::new(), skipped: true }),
            kind: StructuredInputKind::Freeform { description: None },
        },
        StructuredInput {
            id: "b".into(),
            question: "B?".into(),
            answer: None,
            kind: StructuredInputKind::Freeform { description: text("d") },
        },
    ]
}

fn parts() -> Vec<AssistantContent> {
    let annotations = sources()
        .into_iter()
        .enumerate()
        .map(|(place, source)| Annotation { source, index: (place > 0).then_some(place as u64) })
        .collect();
    vec![
        AssistantContent::default(),
        AssistantContent { text: "Ünî \u{1f600} \"quoted\"\n".into(), annotations },
    ]
}

fn workflows() -> Vec<Workflow> {
    vec![
        Workflow { kind: WorkflowKind::Reasoning, tasks: Vec::new(), summary: None, expanded: false },
        Workflow {
            kind: WorkflowKind::Custom,
            tasks: tasks(),
            summary: Some(WorkflowSummary::Custom {
                title: "done".into(),
                icon: Some(IconName::vendor("own")),
            }),
            expanded: true,
        },
        Workflow {
            kind: WorkflowKind::Reasoning,
            tasks: tasks(),
            summary: Some(WorkflowSummary::Duration { duration: 3 }),
            expanded: false,
        },
    ]
}

fn image() -> GeneratedImage {
    GeneratedImage { id: "img_1".into(), url: "https://example.org/i.png".into() }
}

/// Every component with as little as it needs, and with everything in each form that it may have.
pub(crate) fn components() -> Vec<Component> {
    of_widgets(|root| !root).map(|json| serde_json::from_value(json).unwrap()).collect()
}

/// The same for the roots.
pub(crate) fn widgets() -> Vec<Widget> {
    let small = of_widgets(|root| root).map(|json| Widget::from_json(json).unwrap());
    let all = Basic::new(components()).into();
    small.chain([all]).collect()
}

fn of_widgets(wanted: impl Fn(bool) -> bool) -> impl Iterator<Item = Value> {
    let lines = include_str!("../../tests/models/widgets.jsonl").lines();
    let is_root = |json: &Value| matches!(json["type"].as_str(), Some("Card" | "ListView" | "Basic"));
    lines.map(|line| serde_json::from_str(line).unwrap()).filter(move |json| wanted(is_root(json)))
}

fn card() -> Widget {
    Card::new([Text::new("Hello").with_id("t").into()]).into()
}

pub(crate) fn items() -> Vec<Item> {
    let call = |status, output| ItemKind::ClientToolCall {
        status,
        call_id: "call_1".into(),
        name: "pick".into(),
        arguments: object(json!({"a": null, "b": [1]})),
        output,
    };
    let kinds = [
        ItemKind::UserMessage {
            content: vec![UserContent::InputText { text: "hi".into() }],
            attachments: Vec::new(),
            quoted_text: None,
            inference_options: InferenceOptions::default(),
        },
        ItemKind::UserMessage {
            content: vec![UserContent::InputTag {
                id: "u1".into(),
                text: "Ada".into(),
                data: object(json!({"k": 1})),
                group: text("people"),
                interactive: true,
            }],
            attachments: attachments(),
            quoted_text: text("quoted"),
            inference_options: InferenceOptions {
                tool_choice: Some(ToolChoice { id: "search".into() }),
                model: text("fast"),
            },
        },
        ItemKind::AssistantMessage { content: Vec::new() },
        ItemKind::AssistantMessage { content: parts() },
        call(ToolCallStatus::Pending, None),
        call(ToolCallStatus::Completed, Some(json!({"x": [1, "y"]}))),
        ItemKind::Widget { widget: card(), copy_text: None },
        ItemKind::Widget { widget: card(), copy_text: text("copy") },
        ItemKind::GeneratedImage { image: None },
        ItemKind::GeneratedImage { image: Some(image()) },
        ItemKind::StructuredInput { status: StructuredInputStatus::Pending, inputs: questions() },
        ItemKind::StructuredInput { status: StructuredInputStatus::Skipped, inputs: questions() },
        ItemKind::EndOfTurn,
        ItemKind::HiddenContextItem { content: json!("secret") },
        ItemKind::SdkHiddenContext { content: "note".into() },
    ];
    let workflows = workflows().into_iter().map(|workflow| ItemKind::Workflow { workflow });
    let tasks = tasks().into_iter().map(|task| ItemKind::Task { task });
    let widgets = widgets().into_iter().map(|widget| ItemKind::Widget { widget, copy_text: None });
    kinds.into_iter().chain(workflows).chain(tasks).chain(widgets).map(item).collect()
}

pub(crate) fn threads() -> Vec<Thread> {
    let small = Thread {
        id: "thr_1".into(),
        title: None,
        created_at: Time::from_micros(1_767_225_600_000_000),
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Map::new(),
        items: Page::default(),
    };
    let full = Thread {
        title: text("Title"),
        status: ThreadStatus::Locked { reason: text("held") },
        allowed_image_domains: Some(vec!["example.org".into()]),
        items: Page { data: items(), has_more: true, after: text("msg_1") },
        ..small.clone()
    };
    let closed = Thread { status: ThreadStatus::Closed { reason: text("over") }, ..small.clone() };
    vec![small, full, closed]
}

pub(crate) fn updates() -> Vec<Update> {
    let [_, part] = <[AssistantContent; 2]>::try_from(parts()).unwrap();
    let [task, ..] = <[Task; 8]>::try_from(tasks()).unwrap();
    vec![
        Update::ContentPartAdded { content_index: 0, content: AssistantContent::default() },
        Update::TextDelta { content_index: 0, delta: "Hel".into() },
        Update::AnnotationAdded {
            content_index: 0,
            annotation_index: 0,
            annotation: part.annotations[0].clone(),
        },
        Update::ContentPartDone { content_index: 0, content: part },
        Update::WidgetTextDelta { component_id: "t".into(), delta: "x".into(), done: false },
        Update::WidgetComponentUpdated {
            component_id: "t".into(),
            component: Text::new("x").with_id("t").into(),
        },
        Update::WidgetRootUpdated { widget: card() },
        Update::WorkflowTaskAdded { task_index: 0, task: task.clone() },
        Update::WorkflowTaskUpdated { task_index: 0, task },
        Update::GeneratedImageUpdated { image: image(), progress: Some(0.5) },
        Update::GeneratedImageUpdated { image: image(), progress: None },
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let [thread, ..] = <[Thread; 3]>::try_from(threads()).unwrap();
    let done = items().into_iter().map(|item| Event::ItemDone { item });
    let updated = updates().into_iter().map(|update| Event::ItemUpdated { item_id: "msg_1".into(), update });
    let message = item(ItemKind::AssistantMessage { content: Vec::new() });
    let others = [
        Event::ThreadCreated { thread: thread.clone() },
        Event::ThreadUpdated { thread },
        Event::ItemAdded { item: message.clone() },
        Event::ItemReplaced { item: message },
        Event::ItemRemoved { item_id: "msg_1".into() },
        Event::StreamOptions { stream_options: StreamOptions { allow_cancel: true } },
        Event::ProgressUpdate { text: "Searching".into(), icon: None },
        Event::ProgressUpdate { text: "Searching".into(), icon: Some(IconName::SEARCH) },
        Event::ClientEffect { name: "toast".into(), data: object(json!({"a": 1})) },
        Event::Error(ErrorEvent { code: ErrorCode::StreamError, message: None, allow_retry: true }),
        Event::Error(ErrorEvent { code: ErrorCode::Custom, message: text("no"), allow_retry: false }),
        Event::Notice { level: NoticeLevel::Info, message: "m".into(), title: None },
        Event::Notice { level: NoticeLevel::Danger, message: "m".into(), title: text("t") },
    ];
    done.chain(updated).chain(others).collect()
}
