//! What the onboarding routes take and answer.

use std::collections::BTreeMap;

use autorisen_domain::onboarding::{Checklist, Task, TaskChange, TaskId, TaskLabel, ThreadName};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::{flag, object, text};
use crate::form::Form;
use crate::problem::Problem;

/// What a change takes.
pub(super) fn change_body() -> Value {
    object(
        vec![
            ("task_id", true, text("The task.", TaskId::MIN_CHARS, TaskId::MAX_CHARS)),
            ("label", false, text("What it is called from now on.", 1, TaskLabel::MAX_CHARS)),
            ("done", false, flag("Whether it is done.", true)),
            ("thread_id", false, text("The thread where this was said.", 1, ThreadName::MAX_CHARS)),
        ],
        &json!({"task_id": "invite_team", "done": true}),
    )
}

/// Reads a change.
pub(super) fn read_change(body: &[u8]) -> Result<TaskChange, Problem> {
    let mut form = Form::read(body)?;
    let task = form.required("task_id", |text| TaskId::parse(&text));
    let label = form.optional("label", |text| TaskLabel::parse(&text));
    let done = form.flag_or("done", true);
    let thread = form.optional("thread_id", |text| ThreadName::parse(&text));
    match task {
        Some(task) => form.finish().map(|()| TaskChange { task, label, done, thread }),
        None => Err(form.refuse()),
    }
}

/// A checklist.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Checklist", example = json!({
    "tasks": {"invite_team": {"label": "Invite core teammates", "done": true}},
    "summary": {"completed": 1, "total": 1},
}))]
pub(super) struct ChecklistDto<'a> {
    /// The tasks, by their ids.
    tasks: BTreeMap<&'a str, TaskDto<'a>>,
    summary: SummaryDto,
}

/// A task.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChecklistTask")]
struct TaskDto<'a> {
    label: &'a str,
    done: bool,
}

/// How far it is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChecklistSummary")]
struct SummaryDto {
    completed: usize,
    total: usize,
}

impl<'a> From<&'a Checklist> for ChecklistDto<'a> {
    fn from(list: &'a Checklist) -> Self {
        let task = |(id, task): (&'a TaskId, &'a Task)| {
            (id.as_str(), TaskDto { label: task.label.as_str(), done: task.done })
        };
        Self {
            tasks: list.tasks.iter().map(task).collect(),
            summary: SummaryDto { completed: list.completed(), total: list.tasks.len() },
        }
    }
}
