//! Conversations: rows of `app_chat_threads` and `app_chat_events`.

use autorisen_chatkit::{AssistantContent, InferenceOptions, Item, ItemKind, Time, UserContent};
use serde_json::{Map, Value, json};

use crate::auth::UserId;
use crate::chat::{PlacementName, Thread, ThreadId};
use crate::clock::Timestamp;

use super::finding::{Fate, Finding, Kind};
use super::ids::{account_id, made_from};
use super::row::{Reading, SourceRow};

/// A thread that is to be brought.
#[derive(Debug, Clone)]
pub struct Talk {
    /// It.
    pub thread: Thread,
    /// When it was last used.
    pub updated_at: Timestamp,
    /// Whether something was said in it.
    pub is_started: bool,
}

/// Reads a row of `app_chat_threads`; the source says in `started` whether it has events. `Err` says why
/// it cannot be brought.
pub fn talk(row: &SourceRow, now: Timestamp) -> Result<(Talk, Vec<Finding>), Vec<Finding>> {
    let mut reading = Reading::new("app_chat_threads", "id", row);
    let Some(old) = reading.text("id").filter(|id| !id.trim().is_empty()) else {
        reading.note(Some("id"), Kind::MissingId, Fate::LeftOut);
        return Err(reading.into_findings());
    };
    let (id, is_new) = thread_id(&old);
    if is_new {
        reading.note_with(Some("id"), Kind::BadId, Fate::GivenNewId, Some(id.to_string()));
    }
    let created_at = reading.time_or("created_at", now);
    let mut thread = Thread::new(id, owner(row), placement(&mut reading), created_at);
    if let Some(context) = reading.json("context") {
        thread.metadata = Map::from_iter([("context".to_owned(), context)]);
    }
    let updated_at = reading.time("updated_at").unwrap_or(created_at);
    let talk = Talk { thread, updated_at, is_started: row.shown("started") == "1" };
    Ok((talk, reading.into_findings()))
}

/// The id of the thread that had this one, and whether it is a new one.
fn thread_id(old: &str) -> (ThreadId, bool) {
    match ThreadId::parse(old.trim()) {
        Ok(id) => (id, false),
        Err(_) => (ThreadId::from_bytes(made_from("thread", old)), true),
    }
}

fn owner(row: &SourceRow) -> UserId {
    account_id(&row.shown("user_id")).0
}

/// A placement of the same name, as far as names go here.
fn placement(reading: &mut Reading<'_>) -> PlacementName {
    let text = reading.text("placement").unwrap_or_default();
    PlacementName::parse(&text).unwrap_or_else(|_| {
        reading.note(Some("placement"), Kind::BadPlacement, Fate::Replaced);
        let plain: String = text
            .trim()
            .to_lowercase()
            .chars()
            .take(64)
            .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
            .collect();
        PlacementName::parse(&plain).unwrap_or_else(|_| PlacementName::of_old_threads())
    })
}

/// What was said in one thread, in its order.
#[derive(Debug, Clone)]
pub struct Said {
    /// The thread.
    pub thread: ThreadId,
    /// Its items, the oldest first.
    pub items: Vec<Item>,
    /// What could not be kept, and what was left out.
    pub findings: Vec<Finding>,
    /// How many of the rows were left out.
    pub left_out: u64,
}

/// Reads the rows of `app_chat_events` of one thread. They are put in the order of their times, and of
/// their ids where those are the same; what has no time comes first.
#[must_use]
pub fn said(rows: &[SourceRow], now: Timestamp) -> Option<Said> {
    let (thread, _) = thread_id(&rows.first()?.shown("thread_id"));
    let mut said = Said { thread, items: Vec::new(), findings: Vec::new(), left_out: 0 };
    let mut read: Vec<(Option<Timestamp>, Item)> = Vec::new();
    for row in rows {
        let mut reading = Reading::new("app_chat_events", "id", row);
        match event(&mut reading, row, thread) {
            Some(item) => read.push(item),
            None => said.left_out += 1,
        }
        said.findings.extend(reading.into_findings());
    }
    read.sort_by(|(at, item), (other_at, other)| (at, &item.id).cmp(&(other_at, &other.id)));
    let first = read.iter().find_map(|(at, _)| *at).unwrap_or(now);
    said.items = read
        .into_iter()
        .map(|(at, item)| Item { created_at: Time::from_micros(at.unwrap_or(first).micros()), ..item })
        .collect();
    Some(said)
}

/// Reads one event; `None` when it cannot be brought.
fn event(reading: &mut Reading<'_>, row: &SourceRow, thread: ThreadId) -> Option<(Option<Timestamp>, Item)> {
    let Some(old) = reading.text("id").filter(|id| !id.trim().is_empty()) else {
        reading.note(Some("id"), Kind::MissingId, Fate::LeftOut);
        return None;
    };
    let id = item_id(reading, old);
    let at = reading.time("created_at");
    if at.is_none() && row.get("created_at").is_none() {
        reading.note(Some("created_at"), Kind::Missing, Fate::Replaced);
    }
    let kind = kind(reading, row);
    Some((at, Item { id, thread_id: thread.to_string(), created_at: Time::from_micros(0), kind }))
}

fn item_id(reading: &mut Reading<'_>, old: String) -> String {
    if old.len() <= 80 && old.bytes().all(|byte| byte.is_ascii_graphic()) {
        return old;
    }
    let id = uuid::Uuid::from_bytes(made_from("event", &old)).to_string();
    reading.note_with(Some("id"), Kind::BadId, Fate::GivenNewId, Some(id.clone()));
    id
}

fn kind(reading: &mut Reading<'_>, row: &SourceRow) -> ItemKind {
    let text = reading.text("content").unwrap_or_default();
    let note = reading.json("event_metadata").filter(|note| note.as_object().is_none_or(|it| !it.is_empty()));
    let speaker = row.shown("role").trim().to_ascii_lowercase();
    if note.is_some() && ["user", "assistant", "system"].contains(&speaker.as_str()) {
        reading.note(Some("event_metadata"), Kind::Note, Fate::FieldLeftOut);
    }
    match speaker.as_str() {
        "user" => ItemKind::UserMessage {
            content: vec![UserContent::InputText { text }],
            attachments: Vec::new(),
            quoted_text: None,
            inference_options: InferenceOptions::default(),
        },
        "assistant" => {
            ItemKind::AssistantMessage { content: vec![AssistantContent { annotations: Vec::new(), text }] }
        }
        "system" => ItemKind::HiddenContextItem { content: Value::String(text) },
        "tool" => called(reading, &text, note.unwrap_or_default()),
        _ => {
            reading.note(Some("role"), Kind::UnknownSpeaker, Fate::Hidden);
            let role = reading.text("role");
            ItemKind::HiddenContextItem {
                content: json!({ "role": role, "text": text, "event_metadata": note }),
            }
        }
    }
}

/// A call of a tool, as our server keeps those: hidden from the user, for models to read.
fn called(reading: &mut Reading<'_>, text: &str, mut note: Value) -> ItemKind {
    let tool = reading.text("tool_name").unwrap_or_default();
    let mut content = Map::new();
    content.insert("tool".to_owned(), Value::String(tool.clone()));
    if let Some(members) = note.as_object_mut() {
        content.insert("input".to_owned(), members.remove("payload").unwrap_or_else(|| json!({})));
        content.insert("result".to_owned(), members.remove("result").unwrap_or(Value::Null));
    }
    if note.as_object().is_none_or(|rest| !rest.is_empty()) && !note.is_null() {
        content.insert("event_metadata".to_owned(), note);
    }
    // The old server wrote no more than the name of the tool there.
    if !text.is_empty() && text != format!("tool:{tool}") {
        content.insert("text".to_owned(), Value::String(text.to_owned()));
    }
    ItemKind::HiddenContextItem { content: Value::Object(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const ID: &str = "0190a0b0-0000-7000-8000-000000000001";

    fn row(values: &[(&'static str, &str)]) -> SourceRow {
        let own = |(name, value): &(&'static str, &str)| (*name, Some(value.as_bytes().to_vec()));
        SourceRow { values: values.iter().map(own).collect() }
    }

    fn event(id: &str, role: &str, text: &str, at: &str) -> SourceRow {
        row(&[("id", id), ("thread_id", ID), ("role", role), ("content", text), ("created_at", at)])
    }

    #[test]
    fn a_thread_keeps_its_id_owner_context_and_times() {
        let values = [
            ("id", ID),
            ("user_id", ID),
            ("placement", "support"),
            ("context", r#"{"page":"start"}"#),
            ("created_at", "2025-01-02 00:00:00"),
            ("updated_at", "2025-01-03 00:00:00"),
            ("started", "1"),
        ];
        let (talk, found) = talk(&row(&values), NOW).unwrap();
        assert_eq!(found, []);
        assert_eq!(talk.thread.id, ThreadId::parse(ID).unwrap());
        assert_eq!((talk.thread.user.to_string().as_str(), talk.is_started), (ID, true));
        assert_eq!(talk.thread.metadata["context"]["page"], "start");
        assert_eq!(talk.updated_at, Timestamp::from_secs(1_735_862_400));
    }

    #[test]
    fn a_placement_that_is_no_name_becomes_the_nearest_one() {
        for (text, expected) in [("Money Talk!", "money-talk-"), ("", "imported"), ("é", "imported")] {
            let values = [("id", ID), ("placement", text), ("created_at", "2025-01-02 00:00:00")];
            let (talk, found) = talk(&row(&values), NOW).unwrap();
            assert_eq!(talk.thread.placement.as_str(), expected, "{text}");
            assert_eq!((found.len(), found[0].kind), (1, Kind::BadPlacement), "{text}");
        }
    }

    #[test]
    fn what_was_said_is_in_order_and_each_speaker_keeps_their_part() {
        let said = said(
            &[
                event("c", "assistant", "Hello", "2025-01-02 00:00:02"),
                event("b", "system", "Be kind", "2025-01-02 00:00:01"),
                event("a", "User", "Hi", "2025-01-02 00:00:01"),
                event("d", "robot", "beep", "2025-01-02 00:00:03"),
            ],
            NOW,
        )
        .unwrap();
        let order: Vec<_> = said.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
        assert!(
            matches!(&said.items[0].kind, ItemKind::UserMessage { content, .. } if content[0].text() == "Hi")
        );
        assert!(
            matches!(&said.items[2].kind, ItemKind::AssistantMessage { content } if content[0].text == "Hello")
        );
        assert!(said.items[1].kind.is_hidden() && said.items[3].kind.is_hidden());
        assert_eq!(said.items[0].created_at, Time::from_micros(1_735_776_001_000_000));
        let found: Vec<_> = said.findings.iter().map(|found| (found.row.as_str(), found.kind)).collect();
        assert_eq!((found, said.left_out), (vec![("d", Kind::UnknownSpeaker)], 0));
    }

    #[test]
    fn a_call_of_a_tool_is_kept_as_ours_are() {
        let mut called = event("t", "tool", "tool:support.ticket", "2025-01-02 00:00:01");
        let note = r#"{"payload":{"subject":"x"},"result":{"ticket":7},"audit_event_id":"9"}"#;
        called.values.push(("tool_name", Some(b"support.ticket".to_vec())));
        called.values.push(("event_metadata", Some(note.as_bytes().to_vec())));
        let said = said(&[called], NOW).unwrap();
        assert_eq!(said.findings, []);
        let ItemKind::HiddenContextItem { content } = &said.items[0].kind else { panic!("{said:?}") };
        let expected = json!({
            "tool": "support.ticket", "input": {"subject": "x"}, "result": {"ticket": 7},
            "event_metadata": {"audit_event_id": "9"},
        });
        assert_eq!(*content, expected);
    }

    #[test]
    fn an_event_without_a_time_has_that_of_the_first_and_one_without_an_id_is_left_out() {
        let rows = [event("b", "user", "x", "2025-01-02 00:00:01"), event("a", "user", "y", "later")];
        let said = super::said(&rows, NOW).unwrap();
        assert_eq!(said.items[0].id, "a");
        assert_eq!(said.items[0].created_at, said.items[1].created_at);
        assert_eq!(said.findings[0].kind, Kind::BadTime);
        let said = super::said(&[row(&[("thread_id", ID)])], NOW).unwrap();
        assert_eq!((said.items.len(), said.left_out), (0, 1));
        assert_eq!(said.findings[0].kind, Kind::MissingId);
    }
}
