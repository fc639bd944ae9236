//! The order of a stream, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use crate::{AssistantContent, Event, Item, ItemKind, Update};

/// An event that may not come now. It says which rule it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutOfOrder(&'static str);

impl OutOfOrder {
    /// The rule that the event breaks.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        self.0
    }
}

/// What a stream has come to so far.
///
/// An item is either added, updated and done, or done at once. Only an open item is updated, by an
/// update of its kind. What is streamed of a text is what the finished text says. Options come once,
/// and after an error comes nothing but a change of the thread.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    open: BTreeMap<String, Open>,
    done: BTreeSet<String>,
    begun: bool,
    has_options: bool,
    failed: bool,
}

#[derive(Debug, Clone)]
struct Open {
    item: Item,
    /// Whether the last part of a message is still under way.
    in_part: bool,
    /// The place among the open ones.
    order: usize,
}

impl Fold {
    /// Takes the next event. One that may not come now changes nothing.
    ///
    /// # Errors
    ///
    /// When the event may not come now.
    pub fn apply(&mut self, event: &Event) -> Result<(), OutOfOrder> {
        if self.failed && !matches!(event, Event::ThreadUpdated { .. }) {
            return Err(OutOfOrder("nothing but a change of the thread comes after an error"));
        }
        match event {
            Event::ThreadCreated { .. } if self.begun => {
                return Err(OutOfOrder("the making of the thread comes first"));
            }
            Event::StreamOptions { .. } if self.has_options => {
                return Err(OutOfOrder("the options of a stream come once"));
            }
            Event::StreamOptions { .. } => self.has_options = true,
            Event::Error(_) => self.failed = true,
            Event::ItemAdded { item } => self.begin(item)?,
            Event::ItemUpdated { item_id, update } => self.grow(item_id, update)?,
            Event::ItemDone { item } => self.finish(item)?,
            Event::ItemReplaced { item } => {
                if self.open.contains_key(&item.id) {
                    return Err(OutOfOrder("an item that is open is updated, not replaced"));
                }
                self.done.insert(item.id.clone());
            }
            Event::ItemRemoved { item_id } => {
                self.open.remove(item_id);
            }
            _ => {}
        }
        self.begun = true;
        Ok(())
    }

    /// The items that are under way, as they are so far, in the order in which they began.
    #[must_use]
    pub fn open_items(&self) -> Vec<&Item> {
        let mut open: Vec<&Open> = self.open.values().collect();
        open.sort_by_key(|open| open.order);
        open.into_iter().map(|open| &open.item).collect()
    }

    /// Whether an error has ended the stream.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    fn begin(&mut self, item: &Item) -> Result<(), OutOfOrder> {
        if self.open.contains_key(&item.id) || self.done.contains(&item.id) {
            return Err(OutOfOrder("the id of an item stands for one item"));
        }
        if matches!(item.kind, ItemKind::UserMessage { .. }) || item.kind.is_hidden() {
            return Err(OutOfOrder("such an item is done at once"));
        }
        let order = self.open.values().map(|open| open.order + 1).max().unwrap_or(0);
        self.open.insert(item.id.clone(), Open { item: item.clone(), in_part: false, order });
        Ok(())
    }

    fn grow(&mut self, id: &str, update: &Update) -> Result<(), OutOfOrder> {
        let open = self.open.get_mut(id).ok_or(OutOfOrder("only an open item is updated"))?;
        match (&mut open.item.kind, update) {
            (ItemKind::AssistantMessage { content }, update) => {
                grow_message(content, &mut open.in_part, update)
            }
            (ItemKind::Widget { widget, .. }, Update::WidgetTextDelta { component_id, delta, .. }) => {
                held(widget.append(component_id, delta), "a widget streams into its own texts")
            }
            (ItemKind::Widget { widget, .. }, Update::WidgetComponentUpdated { component_id, component }) => {
                held(widget.replace(component_id, component.clone()), "a widget changes its own components")
            }
            (ItemKind::Widget { widget, .. }, Update::WidgetRootUpdated { widget: new }) => {
                *widget = new.clone();
                Ok(())
            }
            (ItemKind::Workflow { workflow }, Update::WorkflowTaskAdded { task_index, task }) => {
                held(*task_index == workflow.tasks.len(), "a task is added at the end")?;
                workflow.tasks.push(task.clone());
                Ok(())
            }
            (ItemKind::Workflow { workflow }, Update::WorkflowTaskUpdated { task_index, task }) => {
                let place = workflow.tasks.get_mut(*task_index);
                *place.ok_or(OutOfOrder("only a task that is there changes"))? = task.clone();
                Ok(())
            }
            (ItemKind::GeneratedImage { image }, Update::GeneratedImageUpdated { image: new, .. }) => {
                *image = Some(new.clone());
                Ok(())
            }
            _ => Err(OutOfOrder("an item is updated by updates of its kind")),
        }
    }

    fn finish(&mut self, item: &Item) -> Result<(), OutOfOrder> {
        held(!self.done.contains(&item.id), "an item is done once")?;
        if let Some(open) = self.open.get(&item.id) {
            held(
                std::mem::discriminant(&open.item.kind) == std::mem::discriminant(&item.kind),
                "an item stays of its kind",
            )?;
            if let (
                ItemKind::AssistantMessage { content: streamed },
                ItemKind::AssistantMessage { content: finished },
            ) = (&open.item.kind, &item.kind)
            {
                held(!open.in_part, "a part of a message ends before the message")?;
                held(streamed == finished, "a message says what was streamed of it")?;
            }
            self.open.remove(&item.id);
        }
        self.done.insert(item.id.clone());
        Ok(())
    }
}

fn grow_message(
    content: &mut Vec<AssistantContent>,
    part_is_open: &mut bool,
    update: &Update,
) -> Result<(), OutOfOrder> {
    let last = content.len().wrapping_sub(1);
    let open_part = |index: usize, is_open: bool| {
        held(is_open && index == last, "text goes to the part that is under way")
    };
    match update {
        Update::ContentPartAdded { content_index, content: part } => {
            held(!*part_is_open && *content_index == content.len(), "parts come one after the other")?;
            content.push(part.clone());
            *part_is_open = true;
        }
        Update::TextDelta { content_index, delta } => {
            open_part(*content_index, *part_is_open)?;
            content[last].text.push_str(delta);
        }
        Update::AnnotationAdded { content_index, annotation_index, annotation } => {
            open_part(*content_index, *part_is_open)?;
            let annotations = &mut content[last].annotations;
            held(*annotation_index == annotations.len(), "references come one after the other")?;
            annotations.push(annotation.clone());
        }
        Update::ContentPartDone { content_index, content: part } => {
            open_part(*content_index, *part_is_open)?;
            held(content[last].text == part.text, "a part says what was streamed of it")?;
            *part_is_open = false;
        }
        _ => return Err(OutOfOrder("an item is updated by updates of its kind")),
    }
    Ok(())
}

const fn held(holds: bool, rule: &'static str) -> Result<(), OutOfOrder> {
    if holds { Ok(()) } else { Err(OutOfOrder(rule)) }
}
