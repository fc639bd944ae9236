//! The order of a stream: what the steps write is accepted, and every other order is refused.

use autorisen_chatkit::answer::{ItemHead, OpenMessage, OpenWidget, OpenWorkflow};
use autorisen_chatkit::widget::{Button, Card, Row, Text};
use autorisen_chatkit::{
    AssistantContent, ErrorEvent, Event, Fold, Item, ItemKind, StatusIndicator, StreamOptions, Task,
    TaskKind, Thread, ThreadStatus, Time, Update, WorkflowKind,
};
use proptest::prelude::*;
use serde_json::Map;

fn head(id: &str) -> ItemHead {
    ItemHead { id: id.to_owned(), thread_id: "thr_1".to_owned(), created_at: Time::from_micros(0) }
}

/// A message with these parts, each in these bits.
fn message(id: &str, parts: &[Vec<String>]) -> Vec<Event> {
    let (mut message, added) = OpenMessage::begin(head(id));
    let mut events = vec![added];
    for bits in parts {
        let (mut part, added) = message.part();
        events.push(added);
        events.extend(bits.iter().map(|bit| part.text(bit)));
        let (whole, done) = part.finish();
        events.push(done);
        message = whole;
    }
    events.push(message.finish());
    events
}

fn hello() -> Vec<Event> {
    message("msg_1", &[vec!["Hel".to_owned(), "lo".to_owned()]])
}

fn fold(events: &[Event]) -> Result<Fold, String> {
    let mut fold = Fold::default();
    for event in events {
        fold.apply(event).map_err(|error| error.to_string())?;
    }
    Ok(fold)
}

#[track_caller]
fn refused(events: &[Event], rule: &str) {
    assert_eq!(fold(events).err().as_deref(), Some(rule));
}

fn task(content: &str) -> Task {
    let kind = TaskKind::Thought { title: None, content: content.to_owned() };
    Task { status_indicator: StatusIndicator::None, kind }
}

proptest! {
    #[test]
    fn whatever_the_steps_write_is_accepted_and_says_what_was_streamed(
        parts in prop::collection::vec(prop::collection::vec("\\PC{0,8}", 0..5), 0..4)
    ) {
        let events = message("msg_1", &parts);
        let folded = fold(&events).unwrap();
        prop_assert!(folded.open_items().is_empty());
        let Some(Event::ItemDone { item: Item { kind: ItemKind::AssistantMessage { content }, .. } }) =
            events.last() else { panic!("{events:?}") };
        let texts: Vec<String> = content.iter().map(|part| part.text.clone()).collect();
        let streamed: Vec<String> = parts.iter().map(|bits| bits.concat()).collect();
        prop_assert_eq!(texts, streamed);
    }

    #[test]
    fn an_event_that_is_left_out_or_comes_twice_is_noticed(place in 0_usize..6, twice: bool) {
        let mut events = hello();
        if twice {
            events.insert(place, events[place].clone());
        } else {
            events.remove(place);
        }
        // The last event alone may be missing: then the message is still open.
        match fold(&events) {
            Ok(folded) => prop_assert!(!twice && place == 5 && folded.open_items().len() == 1),
            Err(_) => prop_assert!(twice || place < 5),
        }
    }
}

#[test]
fn what_is_open_is_known_at_every_moment() {
    let events = hello();
    let folded = fold(&events[..4]).unwrap();
    let [item] = folded.open_items()[..] else { panic!() };
    let ItemKind::AssistantMessage { content } = &item.kind else { panic!() };
    assert_eq!(content[0].text, "Hello");
}

#[test]
fn a_stream_has_one_beginning_one_set_of_options_and_nothing_after_an_error() {
    let thread = Thread {
        id: "thr_1".to_owned(),
        title: None,
        created_at: Time::from_micros(0),
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Map::new(),
        items: autorisen_chatkit::Page::default(),
    };
    let options = Event::StreamOptions { stream_options: StreamOptions { allow_cancel: true } };
    let created = Event::ThreadCreated { thread: thread.clone() };
    refused(&[options.clone(), options.clone()], "the options of a stream come once");
    refused(&[options, created], "the making of the thread comes first");
    let error = Event::Error(ErrorEvent::default());
    let late = [error.clone(), Event::ThreadUpdated { thread }];
    assert!(fold(&late).unwrap().has_failed(), "a change of the thread may come late");
    refused(&[error.clone(), error], "nothing but a change of the thread comes after an error");
}

#[test]
fn an_item_is_open_before_it_grows_and_done_once() {
    let events = hello();
    refused(&events[1..2], "only an open item is updated");
    refused(&[&events[..], &events[2..3]].concat(), "only an open item is updated");
    refused(&[&events[..], &events[5..]].concat(), "an item is done once");
    refused(&[&events[..1], &events[..1]].concat(), "the id of an item stands for one item");
    refused(&[&events[..], &events[..1]].concat(), "the id of an item stands for one item");
    let user = head("msg_2").with(ItemKind::SdkHiddenContext { content: "x".to_owned() });
    refused(&[Event::ItemAdded { item: user }], "such an item is done at once");
}

#[test]
fn the_end_says_what_was_streamed() {
    let other = || vec![AssistantContent { text: "other".to_owned(), ..AssistantContent::default() }];
    let mut events = hello();
    events[5] = Event::ItemDone { item: head("msg_1").with(ItemKind::AssistantMessage { content: other() }) };
    refused(&events, "a message says what was streamed of it");
    let mut events = hello();
    let Event::ItemUpdated { update: Update::ContentPartDone { content, .. }, .. } = &mut events[4] else {
        panic!("{events:?}")
    };
    content.text.push('!');
    refused(&events, "a part says what was streamed of it");
    let mut events = hello();
    events[5] = Event::ItemDone { item: head("msg_1").with(ItemKind::EndOfTurn) };
    refused(&events, "an item stays of its kind");
}

#[test]
fn widgets_and_workflows_grow_by_updates_of_their_kind() {
    let row = Row::new([Text::new("a").with_id("t").into()]);
    let card = Card::new([row.into(), Button::new("x").with_id("b").into()]);
    let (mut widget, added) = OpenWidget::begin(head("msg_1"), card.into(), None);
    assert_eq!(widget.text("b", "x", false), None, "a button has no text to stream");
    assert_eq!(widget.text("nothing", "x", false), None);
    let delta = widget.text("t", "b", true).unwrap();
    let done = widget.finish();
    let Event::ItemDone { item: Item { kind: ItemKind::Widget { widget, .. }, .. } } = &done else {
        panic!()
    };
    let widget = serde_json::to_value(widget).unwrap();
    assert_eq!(widget["children"][0]["children"][0]["value"], "ab");
    fold(&[added.clone(), delta, done]).unwrap();
    let foreign = Event::ItemUpdated {
        item_id: "msg_1".to_owned(),
        update: Update::TextDelta { content_index: 0, delta: "x".to_owned() },
    };
    refused(&[added, foreign], "an item is updated by updates of its kind");

    let (mut workflow, added) = OpenWorkflow::begin(head("wf_1"), WorkflowKind::Reasoning);
    let (place, first) = workflow.add(task("one"));
    let changed = workflow.change(place, task("two"));
    let done = workflow.finish(None);
    fold(&[added.clone(), first, changed.clone(), done]).unwrap();
    refused(&[added, changed], "only a task that is there changes");
}
