//! A checklist and its tasks.

use std::collections::BTreeMap;

/// A text is too short or too long, or holds a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have {min} to {max} characters, none of them a control character")]
pub struct InvalidText {
    min: usize,
    max: usize,
}

fn parse(input: &str, min: usize, max: usize) -> Result<String, InvalidText> {
    let text = input.trim();
    let fits = (min..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(InvalidText { min, max }) }
}

/// The name of a task for programs, such as `invite_team`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(String);

impl TaskId {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 2;
    /// The most.
    pub const MAX_CHARS: usize = 100;

    /// Reads an id: trimmed.
    pub fn parse(input: &str) -> Result<Self, InvalidText> {
        parse(input, Self::MIN_CHARS, Self::MAX_CHARS).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the task is called when nobody says: the words of its id with capitals.
    #[must_use]
    pub fn to_label(&self) -> TaskLabel {
        let words: Vec<String> = self
            .0
            .split(['_', '-', ' '])
            .filter(|word| !word.is_empty())
            .map(|word| {
                let mut letters = word.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            })
            .collect();
        TaskLabel(if words.is_empty() { self.0.clone() } else { words.join(" ") })
    }
}

/// What a task is called, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskLabel(String);

impl TaskLabel {
    /// The most characters.
    pub const MAX_CHARS: usize = 160;

    /// Reads a label: trimmed.
    pub fn parse(input: &str) -> Result<Self, InvalidText> {
        parse(input, 1, Self::MAX_CHARS).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The thread of a chat in which the list was made, as the front end names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadName(String);

impl ThreadName {
    /// The most characters.
    pub const MAX_CHARS: usize = 64;

    /// Reads a name: trimmed.
    pub fn parse(input: &str) -> Result<Self, InvalidText> {
        parse(input, 1, Self::MAX_CHARS).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What it is called.
    pub label: TaskLabel,
    /// Whether it is done.
    pub done: bool,
}

/// What a user has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// The tasks.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Where it was made or changed last.
    pub thread: Option<ThreadName>,
}

/// A task that is done, is not done any more, or is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskChange {
    /// Which. One that the list does not have is added.
    pub task: TaskId,
    /// What it is called from now on, if anything is said.
    pub label: Option<TaskLabel>,
    /// Whether it is done.
    pub done: bool,
    /// Where this was said, if anywhere.
    pub thread: Option<ThreadName>,
}

/// A list takes no more tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list has at most {} tasks", Checklist::MAX_TASKS)]
pub struct TooManyTasks;

/// What everybody begins with; the existing front end knows these ids.
const FIRST_TASKS: [(&str, &str); 4] = [
    ("invite_team", "Invite core teammates"),
    ("connect_data_sources", "Connect your data sources"),
    ("configure_notifications", "Configure notifications"),
    ("launch_first_run", "Launch your first CapeAI run"),
];

impl Default for Checklist {
    fn default() -> Self {
        let task = |(id, label): (&str, &str)| {
            (TaskId(id.to_owned()), Task { label: TaskLabel(label.to_owned()), done: false })
        };
        Self { tasks: FIRST_TASKS.map(task).into(), thread: None }
    }
}

impl Checklist {
    /// The most tasks of one list.
    pub const MAX_TASKS: usize = 100;

    /// Does a change, or nothing.
    pub fn apply(&mut self, change: &TaskChange) -> Result<(), TooManyTasks> {
        let TaskChange { task, label, done, thread } = change;
        let before = self.tasks.get(task);
        if before.is_none() && self.tasks.len() >= Self::MAX_TASKS {
            return Err(TooManyTasks);
        }
        let label = label.as_ref().or(before.map(|task| &task.label));
        let label = label.cloned().unwrap_or_else(|| task.to_label());
        self.tasks.insert(task.clone(), Task { label, done: *done });
        if thread.is_some() {
            self.thread.clone_from(thread);
        }
        Ok(())
    }

    /// How many tasks are done.
    #[must_use]
    pub fn completed(&self) -> usize {
        self.tasks.values().filter(|task| task.done).count()
    }
}
