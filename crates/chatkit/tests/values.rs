//! Any value that is written is read back the same, and whatever is read breaks nothing.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

#[path = "../examples/corpus/values.rs"]
mod values;

use std::sync::LazyLock;

use autorisen_chatkit::{Event, Fold, Request, Widget, sse};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

/// The values of one type that the models of the Python package are given, as they are written.
struct Kind {
    values: Vec<Value>,
    /// Reads JSON and writes it again; none when it is no such value.
    through: fn(&[u8]) -> Option<Vec<u8>>,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    vec![
        kind(&values::items()),
        kind(&values::threads()),
        kind(&values::attachments()),
        kind(&values::tasks()),
        kind(&values::updates()),
        kind(&values::events()),
        kind(&values::components()),
        kind(&values::widgets()),
    ]
});

fn kind<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(values: &[T]) -> Kind {
    Kind {
        values: values.iter().map(|value| serde_json::to_value(value).unwrap()).collect(),
        through: through::<T>,
    }
}

fn through<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(json: &[u8]) -> Option<Vec<u8>> {
    let read: T = serde_json::from_slice(json).ok()?;
    let written = serde_json::to_vec(&read).unwrap();
    let again: T = serde_json::from_slice(&written).unwrap();
    assert_eq!(again, read, "{}", String::from_utf8_lossy(json));
    Some(written)
}

#[test]
fn every_value_is_read_back_the_same() {
    for Kind { values, through } in &*KINDS {
        for value in values {
            let written = through(value.to_string().as_bytes()).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), *value);
        }
    }
}

#[test]
fn every_event_is_one_frame_on_one_line() {
    for event in values::events() {
        let frame = String::from_utf8(sse::frame(&event).unwrap()).unwrap();
        let json = frame.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap();
        assert!(!json.contains(['\n', '\r']), "{json}");
        assert_eq!(serde_json::from_str::<Event>(json).unwrap(), event);
    }
}

/// Any JSON, not deep.
fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_map(|float| Number::from_f64(float).unwrap_or_else(|| 0.into())),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::Object(Map::new())),
        Just(Value::Array(Vec::new())),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = prop_oneof![any::<String>(), "type|id|children|value|payload|data|[a-z]{1,3}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A change at some place of a value.
#[derive(Debug, Clone)]
enum Change {
    Put(Value),
    Empty,
    Add(String, Value),
    Wrap,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        json().prop_map(Change::Put),
        Just(Change::Empty),
        (any::<String>(), json()).prop_map(|(name, value)| Change::Add(name, value)),
        Just(Change::Wrap),
    ]
}

/// Changes what stands at the place, counted from the root through all that is in it.
fn apply(value: &mut Value, place: &mut usize, change: &Change) -> bool {
    if *place == 0 {
        match change {
            Change::Put(other) => *value = other.clone(),
            Change::Empty => *value = Value::Null,
            Change::Wrap => *value = Value::Array(vec![value.take()]),
            Change::Add(name, other) => match value {
                Value::Object(members) => drop(members.insert(name.clone(), other.clone())),
                Value::Array(values) => values.push(other.clone()),
                _ => {}
            },
        }
        return true;
    }
    *place -= 1;
    match value {
        Value::Object(members) => members.values_mut().any(|member| apply(member, place, change)),
        Value::Array(values) => values.iter_mut().any(|value| apply(value, place, change)),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_read_of_a_changed_value_is_read_back_the_same(
        of in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0_usize..40, change()), 1..4),
    ) {
        let Kind { values, through } = of.get(&KINDS[..]);
        let mut value = which.get(values).clone();
        for (mut place, change) in changes {
            apply(&mut value, &mut place, &change);
        }
        if let Some(written) = through(value.to_string().as_bytes()) {
            prop_assert_eq!(through(&written), Some(written), "{}", value);
        }
    }

    #[test]
    fn a_widget_passes_anything_through(members in json(), root in "Card|ListView|Basic|Other") {
        let mut members = match members {
            Value::Object(members) => members,
            other => Map::from_iter([("children".to_owned(), other)]),
        };
        members.insert("type".to_owned(), root.into());
        let json = Value::Object(members);
        let widget: Widget = serde_json::from_str(&json.to_string()).unwrap();
        prop_assert_eq!(without_nulls(serde_json::to_value(&widget).unwrap()), without_nulls(json));
    }

    #[test]
    fn events_that_do_not_belong_together_are_refused_and_break_nothing(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(values::events);
        let mut fold = Fold::default();
        for pick in picks {
            let _ = fold.apply(pick.get(&EVENTS[..]));
        }
    }

    #[test]
    fn bytes_that_are_no_request_break_nothing(bytes in any::<Vec<u8>>(), params in json()) {
        prop_assert!(Request::parse(&bytes).is_err());
        for kind in ["threads.create", "threads.list", "threads.add_structured_input", "threads.custom_action"] {
            let body = serde_json::json!({"type": kind, "params": params});
            if let Ok(request) = Request::parse(body.to_string().as_bytes()) {
                let written = serde_json::to_vec(&request).unwrap();
                prop_assert_eq!(Request::parse(&written), Ok(request));
            }
        }
    }

    #[test]
    fn a_changed_request_breaks_nothing_and_is_not_repeated(
        which in any::<prop::sample::Index>(), mut place in 0_usize..20,
    ) {
        let lines: Vec<&str> = include_str!("models/requests.jsonl").lines().collect();
        let line: &&str = which.get(&lines);
        let mut body: Value = serde_json::from_str(line).unwrap();
        apply(&mut body, &mut place, &Change::Put("a marked text".into()));
        match Request::parse(body.to_string().as_bytes()) {
            Ok(request) => {
                let written = serde_json::to_vec(&request).unwrap();
                prop_assert_eq!(Request::parse(&written), Ok(request));
            }
            Err(error) => {
                let told = format!("{error} {error:?}");
                prop_assert!(!told.contains("marked"), "{}", told);
            }
        }
    }
}

/// A known member that is null is left out, and an action gets its defaults; the rest stays.
fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members
            .retain(|name, member| !(member.is_null() && ["id", "key", "children"].contains(&name.as_str())));
    }
    value
}
