//! Checklists: rows of `onboarding_checklists`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::onboarding::{Checklist, Task, TaskId, TaskLabel, ThreadName};

use super::finding::{Fate, Finding, Kind};
use super::row::{Reading, SourceRow};

/// A list, and when it was last changed.
pub type DatedChecklist = (Checklist, Timestamp);

/// Reads the rows of one user, of which the last changed counts. What is left out has findings of its own.
#[must_use]
pub fn checklist(rows: &[SourceRow], now: Timestamp) -> Option<(DatedChecklist, Vec<Finding>)> {
    let mut read: Vec<_> = rows.iter().map(|row| one(row, now)).collect();
    let last = read.iter().enumerate().max_by_key(|(_, list)| list.rank()).map(|(index, _)| index)?;
    let counts = read.swap_remove(last);
    let mut findings = counts.findings;
    for (_, row) in rows.iter().enumerate().filter(|(index, _)| *index != last) {
        let mut reading = Reading::new("onboarding_checklists", "id", row);
        let other = Some(counts.id.clone());
        reading.note_with(Some("user_id"), Kind::Superseded, Fate::LeftOut, other);
        findings.extend(reading.into_findings());
    }
    Some(((counts.list, counts.updated_at), findings))
}

/// One row.
struct Read {
    list: Checklist,
    updated_at: Timestamp,
    id: String,
    findings: Vec<Finding>,
}

impl Read {
    /// A time that was made up must not win.
    fn rank(&self) -> (bool, Timestamp, &str) {
        let is_sure = !self.findings.iter().any(|found| found.field == Some("updated_at"));
        (is_sure, self.updated_at, &self.id)
    }
}

fn one(row: &SourceRow, now: Timestamp) -> Read {
    let mut reading = Reading::new("onboarding_checklists", "id", row);
    let thread = reading.line("thread_id", ThreadName::MAX_CHARS);
    let updated_at = reading.time_or("updated_at", now);
    let tasks = match reading.json("tasks") {
        None => Map::new(),
        Some(Value::Object(tasks)) => tasks,
        Some(_) => {
            reading.note(Some("tasks"), Kind::BadJson, Fate::FieldLeftOut);
            Map::new()
        }
    };
    let mut list = Checklist { tasks: tasks_of(&mut reading, tasks), thread: None };
    if list.tasks.is_empty() {
        // The old system filled an empty list when it was first looked at.
        list = Checklist::default();
    }
    list.thread = thread.and_then(|name| ThreadName::parse(&name).ok());
    Read { list, updated_at, id: row.shown("id"), findings: reading.into_findings() }
}

fn tasks_of(reading: &mut Reading<'_>, tasks: Map<String, Value>) -> BTreeMap<TaskId, Task> {
    let (mut read, mut is_whole) = (BTreeMap::new(), true);
    let count = tasks.len();
    for (id, task) in tasks {
        let label = task.get("label").and_then(Value::as_str);
        match (TaskId::parse(&id), label.map(TaskLabel::parse).transpose()) {
            (Ok(id), Ok(label)) if read.len() < Checklist::MAX_TASKS => {
                let done = task.get("done").and_then(Value::as_bool).unwrap_or(false);
                let label = label.unwrap_or_else(|| id.to_label());
                read.insert(id, Task { label, done });
            }
            _ => is_whole = false,
        }
    }
    if !is_whole {
        let kind = if count > Checklist::MAX_TASKS { Kind::TooLong } else { Kind::BadJson };
        reading.note(Some("tasks"), kind, Fate::Cut);
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn row(id: &str, tasks: &str, at: &str) -> SourceRow {
        let values = [("id", id), ("thread_id", "ui-onboarding"), ("tasks", tasks), ("updated_at", at)];
        SourceRow { values: values.map(|(name, value)| (name, Some(value.as_bytes().to_vec()))).into() }
    }

    fn kinds(findings: &[Finding]) -> Vec<(Kind, Fate)> {
        findings.iter().map(|found| (found.kind, found.fate)).collect()
    }

    #[test]
    fn of_several_the_last_changed_counts_and_the_others_are_told() {
        let rows = [
            row("a", "{}", "2025-01-02 00:00:00"),
            row("b", "{}", "2025-01-03 00:00:00"),
            row("c", "{}", "soon"),
        ];
        let ((_, at), found) = checklist(&rows, NOW).unwrap();
        assert_eq!(at, Timestamp::from_secs(1_735_862_400));
        assert_eq!(kinds(&found), [(Kind::Superseded, Fate::LeftOut); 2]);
        assert!(found.iter().all(|found| found.other.as_deref() == Some("b")));
        let nameless = rows.map(|mut row| {
            row.values.remove(0);
            row
        });
        assert_eq!(kinds(&checklist(&nameless, NOW).unwrap().1), [(Kind::Superseded, Fate::LeftOut); 2]);
        assert_eq!(checklist(&[], NOW), None);
    }

    #[test]
    fn tasks_that_can_be_read_are_kept_and_others_are_told() {
        let tasks = r#"{"invite_team":{"label":"Invite","done":true},"call_us":{},"x":{"label":"y"}}"#;
        let ((list, _), found) = checklist(&[row("a", tasks, "2025-01-02 00:00:00")], NOW).unwrap();
        let read: Vec<_> =
            list.tasks.iter().map(|(id, task)| (id.as_str(), task.label.as_str(), task.done)).collect();
        assert_eq!(read, [("call_us", "Call Us", false), ("invite_team", "Invite", true)]);
        assert_eq!(list.thread.unwrap().as_str(), "ui-onboarding");
        assert_eq!(kinds(&found), [(Kind::BadJson, Fate::Cut)]);
    }

    #[test]
    fn a_list_without_tasks_is_the_first_one() {
        for (tasks, told) in [("{}", 0), ("null", 0), ("[1]", 1), ("{", 1)] {
            let ((list, _), found) = checklist(&[row("a", tasks, "2025-01-02 00:00:00")], NOW).unwrap();
            assert_eq!((list.tasks, found.len()), (Checklist::default().tasks, told), "{tasks}");
        }
    }
}
