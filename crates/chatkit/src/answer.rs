//! Items that grow: each step gives the event to send, and a wrong order of steps does not compile.
//!
//! ```
//! use autorisen_chatkit::{Fold, ItemKind, Time, answer::{ItemHead, OpenMessage}};
//!
//! let head = ItemHead { id: "msg_1".into(), thread_id: "thr_1".into(), created_at: Time::from_micros(0) };
//! let (message, added) = OpenMessage::begin(head);
//! let (mut part, part_added) = message.part();
//! let delta = part.text("Hello");
//! let (message, part_done) = part.finish();
//! let done = message.finish();
//!
//! let mut fold = Fold::default();
//! for event in [added, part_added, delta, part_done, done] {
//!     fold.apply(&event).unwrap();
//! }
//! ```
//!
//! A message that has a part under way cannot be ended:
//!
//! ```compile_fail,E0382
//! # use autorisen_chatkit::{Time, answer::{ItemHead, OpenMessage}};
//! # let head = ItemHead { id: "msg_1".into(), thread_id: "thr_1".into(), created_at: Time::from_micros(0) };
//! let (message, added) = OpenMessage::begin(head);
//! let (part, part_added) = message.part();
//! let done = message.finish();
//! ```
//!
//! Nor can text be added to a part that has ended:
//!
//! ```compile_fail,E0382
//! # use autorisen_chatkit::{Time, answer::{ItemHead, OpenMessage}};
//! # let head = ItemHead { id: "msg_1".into(), thread_id: "thr_1".into(), created_at: Time::from_micros(0) };
//! # let (message, added) = OpenMessage::begin(head);
//! let (mut part, part_added) = message.part();
//! let (message, part_done) = part.finish();
//! let delta = part.text("late");
//! ```

use crate::{
    Annotation, AssistantContent, Event, GeneratedImage, Item, ItemKind, Task, Time, Update, Widget,
    Workflow, WorkflowKind, WorkflowSummary,
};

/// What every item has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemHead {
    /// Its id.
    pub id: String,
    /// The thread that it is in.
    pub thread_id: String,
    /// When it was made.
    pub created_at: Time,
}

impl ItemHead {
    /// An item with this head.
    #[must_use]
    pub fn with(self, kind: ItemKind) -> Item {
        Item { id: self.id, thread_id: self.thread_id, created_at: self.created_at, kind }
    }

    fn added(&self, kind: ItemKind) -> Event {
        Event::ItemAdded { item: self.clone().with(kind) }
    }

    fn updated(&self, update: Update) -> Event {
        Event::ItemUpdated { item_id: self.id.clone(), update }
    }

    fn done(self, kind: ItemKind) -> Event {
        Event::ItemDone { item: self.with(kind) }
    }
}

/// A message of the assistant with no part under way.
#[derive(Debug)]
#[must_use = "a message that was begun is to be finished"]
pub struct OpenMessage {
    head: ItemHead,
    content: Vec<AssistantContent>,
}

impl OpenMessage {
    /// Begins an empty message.
    pub fn begin(head: ItemHead) -> (Self, Event) {
        let event = head.added(ItemKind::AssistantMessage { content: Vec::new() });
        (Self { head, content: Vec::new() }, event)
    }

    /// Begins its next part.
    pub fn part(self) -> (OpenPart, Event) {
        let event = self.head.updated(Update::ContentPartAdded {
            content_index: self.content.len(),
            content: AssistantContent::default(),
        });
        (OpenPart { message: self, content: AssistantContent::default() }, event)
    }

    /// Ends it.
    #[must_use]
    pub fn finish(self) -> Event {
        self.head.done(ItemKind::AssistantMessage { content: self.content })
    }
}

/// A message of the assistant with a part under way.
#[derive(Debug)]
#[must_use = "a part that was begun is to be finished"]
pub struct OpenPart {
    message: OpenMessage,
    content: AssistantContent,
}

impl OpenPart {
    /// Adds text at the end.
    #[must_use]
    pub fn text(&mut self, delta: &str) -> Event {
        self.content.text.push_str(delta);
        self.message.head.updated(Update::TextDelta { content_index: self.index(), delta: delta.to_owned() })
    }

    /// Adds a reference.
    #[must_use]
    pub fn annotation(&mut self, annotation: Annotation) -> Event {
        let annotation_index = self.content.annotations.len();
        self.content.annotations.push(annotation.clone());
        self.message.head.updated(Update::AnnotationAdded {
            content_index: self.index(),
            annotation_index,
            annotation,
        })
    }

    /// The text so far.
    #[must_use]
    pub fn so_far(&self) -> &str {
        &self.content.text
    }

    /// Ends the part.
    pub fn finish(mut self) -> (OpenMessage, Event) {
        let event = self
            .message
            .head
            .updated(Update::ContentPartDone { content_index: self.index(), content: self.content.clone() });
        self.message.content.push(self.content);
        (self.message, event)
    }

    const fn index(&self) -> usize {
        self.message.content.len()
    }
}

/// A workflow that is under way.
#[derive(Debug)]
#[must_use = "a workflow that was begun is to be finished"]
pub struct OpenWorkflow {
    head: ItemHead,
    workflow: Workflow,
}

/// A task of the workflow that gave it.
#[derive(Debug, Clone, Copy)]
pub struct TaskPlace(usize);

impl OpenWorkflow {
    /// Begins a workflow without tasks.
    pub fn begin(head: ItemHead, kind: WorkflowKind) -> (Self, Event) {
        let workflow = Workflow { kind, tasks: Vec::new(), summary: None, expanded: false };
        let event = head.added(ItemKind::Workflow { workflow: workflow.clone() });
        (Self { head, workflow }, event)
    }

    /// Adds a task.
    #[must_use]
    pub fn add(&mut self, task: Task) -> (TaskPlace, Event) {
        let task_index = self.workflow.tasks.len();
        self.workflow.tasks.push(task.clone());
        (TaskPlace(task_index), self.head.updated(Update::WorkflowTaskAdded { task_index, task }))
    }

    /// Changes a task. A place of another workflow that has no task here changes nothing that is stored.
    #[must_use]
    pub fn change(&mut self, TaskPlace(task_index): TaskPlace, task: Task) -> Event {
        if let Some(place) = self.workflow.tasks.get_mut(task_index) {
            place.clone_from(&task);
        }
        self.head.updated(Update::WorkflowTaskUpdated { task_index, task })
    }

    /// Ends it.
    #[must_use]
    pub fn finish(self, summary: Option<WorkflowSummary>) -> Event {
        let workflow = Workflow { summary, ..self.workflow };
        self.head.done(ItemKind::Workflow { workflow })
    }
}

/// A widget that is under way.
#[derive(Debug)]
#[must_use = "a widget that was begun is to be finished"]
pub struct OpenWidget {
    head: ItemHead,
    widget: Widget,
    copy_text: Option<String>,
}

impl OpenWidget {
    /// Begins a widget.
    pub fn begin(head: ItemHead, widget: Widget, copy_text: Option<String>) -> (Self, Event) {
        let event = head.added(ItemKind::Widget { widget: widget.clone(), copy_text: copy_text.clone() });
        (Self { head, widget, copy_text }, event)
    }

    /// Adds text to the `Text` or `Markdown` with this id; `None` when there is none.
    #[must_use]
    pub fn text(&mut self, component_id: &str, delta: &str, done: bool) -> Option<Event> {
        self.widget.append(component_id, delta).then(|| {
            self.head.updated(Update::WidgetTextDelta {
                component_id: component_id.to_owned(),
                delta: delta.to_owned(),
                done,
            })
        })
    }

    /// Goes on to this state of the widget: gives the events that say what is new in it.
    #[must_use]
    pub fn change(&mut self, to: Widget) -> Vec<Event> {
        let updates = self.widget.updates_to(&to);
        self.widget = to;
        updates.into_iter().map(|update| self.head.updated(update)).collect()
    }

    /// Puts another tree in its place.
    #[must_use]
    pub fn replace(&mut self, widget: Widget) -> Event {
        self.widget = widget.clone();
        self.head.updated(Update::WidgetRootUpdated { widget })
    }

    /// Ends it.
    #[must_use]
    pub fn finish(self) -> Event {
        self.head.done(ItemKind::Widget { widget: self.widget, copy_text: self.copy_text })
    }
}

/// An image that is under way.
#[derive(Debug)]
#[must_use = "an image that was begun is to be finished"]
pub struct OpenImage {
    head: ItemHead,
}

impl OpenImage {
    /// Begins an image of which nothing is known yet.
    pub fn begin(head: ItemHead) -> (Self, Event) {
        let event = head.added(ItemKind::GeneratedImage { image: None });
        (Self { head }, event)
    }

    /// Shows it as it is so far; `progress` goes from 0 to 1.
    #[must_use]
    pub fn progress(&self, image: GeneratedImage, progress: Option<f64>) -> Event {
        self.head.updated(Update::GeneratedImageUpdated { image, progress })
    }

    /// Ends it.
    #[must_use]
    pub fn finish(self, image: GeneratedImage) -> Event {
        self.head.done(ItemKind::GeneratedImage { image: Some(image) })
    }
}
