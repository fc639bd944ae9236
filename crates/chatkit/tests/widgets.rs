//! Widgets: what is known is typed, what is not is passed through, and changes are told in small.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

use autorisen_chatkit::answer::{ItemHead, OpenWidget};
use autorisen_chatkit::widget::{
    ActionConfig, Basic, Button, Card, Col, Component, ListView, ListViewItem, Markdown, Row, Text, TextSize,
    Transition,
};
use autorisen_chatkit::{Event, Fold, IconName, Item, ItemKind, Task, TaskKind, Time, Update, Widget};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The same file is read by the models of the Python package.
const WIDGETS: &str = include_str!("models/widgets.jsonl");

fn read(json: Value) -> Widget {
    serde_json::from_value(json).unwrap()
}

fn written(widget: &Widget) -> Value {
    serde_json::to_value(widget).unwrap()
}

#[test]
fn every_component_of_the_models_is_known_with_every_member() {
    let mut kinds = std::collections::BTreeSet::new();
    for line in WIDGETS.lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        kinds.insert(json["type"].as_str().unwrap().to_owned());
        if let Ok(widget) = Widget::from_json(json.clone()) {
            let (Widget::Card(_) | Widget::ListView(_) | Widget::Basic(_)) = &widget else {
                panic!("{line}")
            };
            assert_eq!(written(&widget), json);
            let unknown = format!("{widget:?}").matches("Later").count();
            assert_eq!(unknown, line.matches("Later").count(), "{line}");
            continue;
        }
        let component: Component = serde_json::from_value(json.clone()).unwrap();
        let Some(common) = component.common() else { panic!("{line}") };
        assert!(common.other.is_empty(), "{line}: {:?}", common.other);
        assert_eq!(serde_json::to_value(&component).unwrap(), json);
    }
    assert_eq!(kinds.len(), 27, "{kinds:?}");
}

#[test]
fn what_is_not_known_is_written_as_it_came() {
    let table = json!({"type": "Table", "id": "x", "rows": [[1, null, 2.5]], "children": {"type": "Text"}});
    let odd = json!({"type": "Text", "value": "a", "size": "enormous", "later": null});
    let newer = json!({"type": "Text", "value": "a", "size": "lg", "later": {"a": [null]}});
    let json = json!({"type": "Card", "later": [1], "children": [table, odd, newer]});
    let widget = read(json.clone());
    assert_eq!(written(&widget), json);
    let Widget::Card(card) = &widget else { panic!("{widget:?}") };
    assert!(matches!(
        &card.children[..],
        [Component::Other(_), Component::Other(_), Component::Text(text)]
            if text.size == Some(TextSize::Lg) && text.common.other["later"] == json!({"a": [null]})
    ));
    for root in [json!({"type": "Stage", "children": [odd]}), json!({"a": 1}), json!({"type": "Card"})] {
        assert_eq!(written(&read(root.clone())), root, "whatever was stored is read");
    }
    assert!(Widget::from_json(json!({"type": "Stage"})).is_err(), "no client draws it");
    assert!(serde_json::from_value::<Widget>(json!([])).is_err());
}

#[test]
fn an_action_is_sent_with_its_defaults_and_nulls_are_left_out() {
    let json = json!({"type": "Card", "children": [
        {"type": "Button", "label": null, "onClickAction": {"type": "go", "payload": null}}]});
    assert_eq!(
        written(&read(json)),
        json!({"type": "Card", "children": [{"type": "Button", "onClickAction": {
            "type": "go", "handler": "server", "loadingBehavior": "auto", "streaming": true}}]}),
    );
}

#[test]
fn the_deepest_json_that_is_read_fits_the_stack() {
    let mut text = String::from(r#"{"type":"Text","id":"deep","value":""}"#);
    for _ in 0..62 {
        text = format!(r#"{{"type":"Box","border":1,"children":[{text}]}}"#);
    }
    let mut widget: Widget = serde_json::from_str(&text.replacen("Box", "Card", 1)).unwrap();
    assert!(widget.append("deep", "x"));
    let mut changed = widget.clone();
    assert!(changed.append("deep", "y"));
    assert!(matches!(&widget.updates_to(&changed)[..], [Update::WidgetTextDelta { .. }]));
}

#[test]
fn a_component_is_found_wherever_it_stands() {
    let text = |id: &str| Component::from(Text::new("a").with_id(id));
    let other: Component = serde_json::from_value(
        json!({"type": "Later", "children": [{"type": "Later", "children": {"type": "Text", "id": "e", "value": "a"}}]}),
    )
    .unwrap();
    let mut widget: Widget = ListView::new([ListViewItem::new([
        Row::new([text("a")]).into(),
        Col::new([Transition::new(text("b")).into()]).into(),
        Markdown::new("a").with_id("c").into(),
        serde_json::from_value(json!({"type": "Text", "id": "d", "value": "a", "size": "odd"})).unwrap(),
        other,
    ])])
    .into();
    for id in ["a", "b", "c", "d", "e"] {
        assert!(widget.append(id, "!"), "{id}");
    }
    assert_eq!(written(&widget).to_string().matches("\"a!\"").count(), 5, "{widget:?}");
    for id in ["a", "b", "c", "d", "e"] {
        assert!(widget.replace(id, Button::new(id).with_id(id).into()), "{id}");
        assert!(!widget.append(id, "!"), "a button has no text that grows");
    }
    assert_eq!(written(&widget).to_string().matches("\"Button\"").count(), 5);
    assert!(!widget.replace("nothing", text("x")));
}

#[test]
fn a_change_is_told_in_as_little_as_can_be() {
    let state = |value: &str, label: &str| -> Widget {
        let text = Text { streaming: Some(true), ..Text::new(value) }.with_id("t");
        let row = Row::new([text.into(), Button::new(label).into()]).with_id("r");
        Basic::new([row.into(), Button::new("stays").with_id("b").into()]).into()
    };
    assert_eq!(state("a", "x").updates_to(&state("a", "x")), []);
    assert_eq!(
        state("a", "x").updates_to(&state("ab", "x")),
        [Update::WidgetTextDelta { component_id: "t".into(), delta: "b".into(), done: false }],
    );
    let shorter = state("ab", "x").updates_to(&state("a", "x"));
    assert!(
        matches!(&shorter[..], [Update::WidgetComponentUpdated { component_id, .. }] if component_id == "t")
    );
    let around = state("a", "x").updates_to(&state("ab", "y"));
    assert!(
        matches!(&around[..], [Update::WidgetComponentUpdated { component_id, .. }] if component_id == "r")
    );
    let more: Widget = Basic::new([]).into();
    assert_eq!(state("a", "x").updates_to(&more), [Update::WidgetRootUpdated { widget: more.clone() }]);
    let done = Widget::from(Card::new([Text::new("a").with_id("t").into()]));
    let whole = Widget::from(Card::new([Text::new("ab").with_id("t").into()]));
    assert!(matches!(&done.updates_to(&whole)[..], [Update::WidgetTextDelta { done: true, .. }]));
}

#[test]
fn an_id_that_stands_for_two_is_not_trusted() {
    let state = |value: &str| -> Widget {
        let first = Text::new("a").with_id("t");
        Card::new([first.into(), Text::new(value).with_id("t").into()]).into()
    };
    assert!(matches!(&state("a").updates_to(&state("ab"))[..], [Update::WidgetRootUpdated { .. }]));
}

#[test]
fn icons_are_those_that_clients_have() {
    for name in IconName::NAMES {
        assert_eq!(IconName::parse(name).unwrap().as_str(), *name);
    }
    assert_eq!(IconName::NAMES.len(), 64);
    assert_eq!("vendor:own".parse(), Ok(IconName::vendor("own")));
    for name in ["", "Search", "rocket", "lucide", "search ", "other:search"] {
        assert!(IconName::parse(name).is_err(), "{name:?}");
        assert!(serde_json::from_value::<IconName>(json!(name)).is_err(), "{name:?}");
    }
}

#[test]
fn an_icon_of_an_earlier_version_is_read_as_none() {
    let stored = json!({"type": "custom", "title": "t", "icon": "rocket", "status_indicator": "none"});
    let task: Task = serde_json::from_value(stored).unwrap();
    assert_eq!(task.kind, TaskKind::Custom { title: Some("t".into()), icon: None, content: None });
    let event: Event =
        serde_json::from_value(json!({"type": "progress_update", "text": "t", "icon": "bolt"})).unwrap();
    assert_eq!(event, Event::ProgressUpdate { text: "t".into(), icon: Some(IconName::BOLT) });
}

/// A tree of components, some with ids and some of them with the same.
fn tree() -> impl Strategy<Value = Component> {
    let id = prop_oneof![Just(None), "[a-d]".prop_map(Some)];
    let leaf = (id, "[ab]{0,3}", any::<bool>(), 0..4).prop_map(|(id, value, streaming, kind)| {
        let component: Component = match kind {
            0 => Markdown { streaming: Some(streaming), ..Markdown::new(value) }.into(),
            1 => Text::new(value).into(),
            2 => Button { on_click_action: Some(ActionConfig::new("go")), ..Button::new(value) }.into(),
            _ => serde_json::from_value(json!({"type": "Later", "value": value})).unwrap(),
        };
        named(component, id)
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let id = prop_oneof![Just(None), "[a-d]".prop_map(Some)];
        (id, prop::collection::vec(inner, 0..3), 0..3).prop_map(|(id, children, kind)| {
            let component: Component = match kind {
                0 => Row::new(children).into(),
                1 => ListViewItem::new(children).into(),
                _ => serde_json::from_value(json!({"type": "Later", "children": children})).unwrap(),
            };
            named(component, id)
        })
    })
}

fn named(component: Component, id: Option<String>) -> Component {
    let mut json = serde_json::to_value(component).unwrap();
    if let Some(id) = id {
        json["id"] = id.into();
    }
    serde_json::from_value(json).unwrap()
}

proptest! {
    #[test]
    fn the_updates_make_the_other_widget(
        before in prop::collection::vec(tree(), 0..3), after in prop::collection::vec(tree(), 0..3),
    ) {
        changes_into(Card::new(before).into(), &Card::new(after).into())?;
    }

    #[test]
    fn the_updates_make_the_other_widget_when_little_changed(
        tree in tree(), from in "a{0,2}", to in "a{0,4}", id in "[a-e]"
    ) {
        let state = |value: String| -> Widget {
            Card::new([tree.clone(), Row::new([Text::new(value).with_id(&id).into()]).into()]).into()
        };
        changes_into(state(from), &state(to))?;
    }
}

fn changes_into(before: Widget, after: &Widget) -> Result<(), TestCaseError> {
    let head = ItemHead { id: "msg_1".into(), thread_id: "thr_1".into(), created_at: Time::from_micros(0) };
    let (mut open, added) = OpenWidget::begin(head, before, None);
    let mut fold = Fold::default();
    fold.apply(&added).unwrap();
    for event in open.change(after.clone()) {
        fold.apply(&event).unwrap();
    }
    let [Item { kind: ItemKind::Widget { widget, .. }, .. }] = fold.open_items()[..] else { panic!() };
    prop_assert_eq!(written(widget), written(after));
    Ok(())
}
