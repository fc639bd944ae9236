//! From one state of a widget to the next.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Widget;
use crate::Update;

impl Widget {
    /// The updates that make `after` of this widget, and as little of it new as can be said.
    ///
    /// Text that was added at the end of a `Text` or `Markdown` with an id is sent alone. What else
    /// changed is sent with the innermost component around it whose id stands for it in both; when there
    /// is none, the whole widget is sent.
    ///
    /// ```
    /// use autorisen_chatkit::{Update, Widget, widget::{Card, Text}};
    ///
    /// let state = |text: &str| Widget::from(Card::new([Text::new(text).with_id("t").into()]));
    /// let [Update::WidgetTextDelta { delta, .. }] = &state("Hel").updates_to(&state("Hello"))[..] else {
    ///     panic!()
    /// };
    /// assert_eq!(delta, "lo");
    /// ```
    #[must_use]
    pub fn updates_to(&self, after: &Self) -> Vec<Update> {
        if self == after {
            return Vec::new();
        }
        let whole = || vec![Update::WidgetRootUpdated { widget: after.clone() }];
        let (Ok(before), Ok(now)) = (serde_json::to_value(self), serde_json::to_value(after)) else {
            return whole();
        };
        let mut diff = Diff { before: BTreeMap::new(), after: BTreeMap::new(), updates: Vec::new() };
        count_ids(&before, &mut diff.before);
        count_ids(&now, &mut diff.after);
        let (Value::Object(before), Value::Object(now)) = (&before, &now) else { return whole() };
        if diff.covers_members(before, now) { diff.updates } else { whole() }
    }
}

struct Diff<'a> {
    /// How often each id stands in the widget as it was.
    before: BTreeMap<&'a str, usize>,
    /// How often each id stands in the widget as it is to be.
    after: BTreeMap<&'a str, usize>,
    updates: Vec<Update>,
}

impl Diff<'_> {
    /// Whether updates tell what changed in a component; if not, what is around it must be sent.
    fn covers(&mut self, before: &Value, after: &Value) -> bool {
        if before == after {
            return true;
        }
        let (Value::Object(was), Value::Object(is)) = (before, after) else { return false };
        let mark = self.updates.len();
        if self.grows(was, is) || self.covers_members(was, is) {
            return true;
        }
        self.updates.truncate(mark);
        let Some(component_id) = self.common_id(was, is) else { return false };
        let Ok(component) = serde_json::from_value(after.clone()) else { return false };
        self.updates
            .push(Update::WidgetComponentUpdated { component_id: component_id.to_owned(), component });
        true
    }

    /// Whether nothing changed but children, and updates tell what changed in those.
    fn covers_members(&mut self, before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
        if !same_but_for("children", before, after) {
            return false;
        }
        match (before.get("children"), after.get("children")) {
            (Some(Value::Array(before)), Some(Value::Array(after))) => {
                before.len() == after.len()
                    && before.iter().zip(after).all(|(before, after)| self.covers(before, after))
            }
            (Some(before), Some(after)) => self.covers(before, after),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether all that happened is that a text became longer.
    fn grows(&mut self, before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
        let is_text = matches!(before.get("type").and_then(Value::as_str), Some("Text" | "Markdown"));
        let text =
            |members: &Map<String, Value>| members.get("value").and_then(Value::as_str).map(str::to_owned);
        let (Some(was), Some(is), Some(id)) = (text(before), text(after), self.common_id(before, after))
        else {
            return false;
        };
        let Some(delta) = is.strip_prefix(&was) else { return false };
        if !is_text || !same_but_for("value", before, after) {
            return false;
        }
        let done = after.get("streaming") != Some(&Value::Bool(true));
        self.updates.push(Update::WidgetTextDelta {
            component_id: id.to_owned(),
            delta: delta.to_owned(),
            done,
        });
        true
    }

    /// The id of both, if it stands for nothing else.
    fn common_id<'m>(&self, before: &'m Map<String, Value>, after: &Map<String, Value>) -> Option<&'m str> {
        let id = before.get("id").and_then(Value::as_str)?;
        let is_unique = |ids: &BTreeMap<&str, usize>| ids.get(id) == Some(&1);
        (after.get("id") == before.get("id") && is_unique(&self.before) && is_unique(&self.after))
            .then_some(id)
    }
}

fn same_but_for(name: &str, before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
    before.len() == after.len()
        && before.iter().all(|(key, value)| after.get(key).is_some_and(|other| key == name || other == value))
}

fn count_ids<'a>(value: &'a Value, ids: &mut BTreeMap<&'a str, usize>) {
    match value {
        Value::Object(members) => {
            if let Some(id) = members.get("id").and_then(Value::as_str) {
                *ids.entry(id).or_default() += 1;
            }
            if let Some(children) = members.get("children") {
                count_ids(children, ids);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| count_ids(value, ids)),
        _ => {}
    }
}
