//! What every event of an answer passes: the order is checked, what is to be stored is stored, and
//! only then somebody sees it.

use std::time::Duration;

use async_trait::async_trait;
use autorisen_chatkit::answer::ItemHead;
use autorisen_chatkit::{Event, Fold, Item, ItemKind, Page, Update};
use serde_json::{Map, Value, json};

use super::tools::called;
use super::wire::time;
use super::{AnswerReader, ConversationService};
use crate::chat::{
    AnswerOver, AnswerSink, QuotaExceeded, Thread, ThreadChange, ToolError, ToolName, Turn, Usage, Used,
};
use crate::context::Context;
use crate::error::PortError;
use crate::events;
use crate::id::IdSource;

/// After this many characters it is asked whether models may go on.
const COUNT_EVERY: u64 = 2_000;
/// The pauses between tries to store something: they double, and come to about six seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_millis(3_200);

/// Why an answer ended before its end.
#[derive(Debug)]
pub(super) enum Broken {
    /// The reader has gone.
    ReaderGone,
    /// The thread has gone.
    ThreadGone,
    /// A quota is used up.
    Quota(QuotaExceeded),
    /// Something outside failed.
    Port(PortError),
    /// The responder broke the order of the protocol.
    Order(&'static str),
}

/// The sink that a responder writes into.
pub(super) struct Pipeline<'a> {
    service: &'a ConversationService,
    ctx: &'a Context,
    reader: &'a dyn AnswerReader,
    thread: Thread,
    tools: Vec<ToolName>,
    fold: Fold,
    /// What is being stored, or could not be: it is not known whether it was.
    storing: Option<Item>,
    broken: Option<Broken>,
    characters: u64,
    counted: u64,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(
        service: &'a ConversationService,
        ctx: &'a Context,
        reader: &'a dyn AnswerReader,
        turn: &Turn,
    ) -> Self {
        Self {
            service,
            ctx,
            reader,
            thread: turn.thread.clone(),
            tools: turn.placement.tools.clone(),
            fold: Fold::default(),
            storing: None,
            broken: None,
            characters: 0,
            counted: 0,
        }
    }

    /// Why it ended before its end, if it did.
    pub(super) const fn take_broken(&mut self) -> Option<Broken> {
        self.broken.take()
    }

    /// How many characters models wrote.
    pub(super) const fn characters(&self) -> u64 {
        self.characters
    }

    /// Stores what was shown of messages that were not finished, and says whether there was any. What
    /// else was under way is dropped.
    pub(super) async fn keep_partial(&mut self) -> Result<bool, PortError> {
        let mut items: Vec<Item> = self.storing.take().into_iter().collect();
        for item in self.fold.open_items() {
            if let ItemKind::AssistantMessage { content } = &item.kind
                && content.iter().any(|part| !part.text.trim().is_empty())
                && items.iter().all(|stored| stored.id != item.id)
            {
                items.push(item.clone());
            }
        }
        if items.is_empty() {
            return Ok(false);
        }
        self.put(&items).await
    }

    /// Stores an item that nobody sees.
    pub(super) async fn keep_hidden(&mut self, kind: ItemKind) -> Result<bool, PortError> {
        let item = self.head(kind.id_prefix())?.with(kind);
        self.put(&[item]).await
    }

    /// Counts what was not counted yet.
    pub(super) async fn count(&mut self) -> Result<Result<(), QuotaExceeded>, PortError> {
        let amount = self.characters - self.counted;
        if amount == 0 {
            return Ok(Ok(()));
        }
        self.counted = self.characters;
        let ports = &self.service.ports;
        let at = self.service.now();
        let used = Used { user: self.thread.user, usage: Usage::Output, amount, at };
        ports.ledger.note(used, self.service.settings.quotas.output).await
    }

    /// Stores items, and has patience with a database that is away for a moment.
    async fn put(&self, items: &[Item]) -> Result<bool, PortError> {
        let ports = &self.service.ports;
        let mut pause = FIRST_PAUSE;
        loop {
            match ports.items.put(self.thread.key(), items, self.service.now()).await {
                Err(_) if pause <= LAST_PAUSE => {
                    ports.surroundings.timer.sleep(pause).await;
                    pause *= 2;
                }
                result => return result,
            }
        }
    }

    /// Passes an event on that needs no look.
    pub(super) async fn show(&mut self, event: Event) -> Result<(), AnswerOver> {
        match self.reader.take(event).await {
            Ok(()) => Ok(()),
            Err(over) => {
                self.broken = Some(Broken::ReaderGone);
                Err(over)
            }
        }
    }

    fn fail<T>(&mut self, broken: Broken) -> Result<T, AnswerOver> {
        self.broken = Some(broken);
        Err(AnswerOver)
    }

    /// Does to the store what the event says.
    async fn keep(&mut self, event: &Event) -> Result<(), AnswerOver> {
        let kept = match event {
            Event::ItemDone { item } | Event::ItemReplaced { item } => {
                self.storing = Some(item.clone());
                let kept = self.put(std::slice::from_ref(item)).await;
                if kept.is_ok() {
                    self.storing = None;
                }
                kept
            }
            Event::ItemRemoved { item_id } => {
                let key = self.thread.key();
                self.service.ports.items.remove(key, std::slice::from_ref(item_id)).await.map(|()| true)
            }
            _ => Ok(true),
        };
        match kept {
            Ok(true) => Ok(()),
            Ok(false) => self.fail(Broken::ThreadGone),
            Err(cause) => self.fail(Broken::Port(cause)),
        }
    }

    async fn tool(&self, name: &str, arguments: Map<String, Value>) -> Result<Value, ToolError> {
        let unknown = || ToolError::Input("no such tool is on offer here".to_owned());
        let name = ToolName::parse(name).filter(|name| self.tools.contains(name)).ok_or_else(unknown)?;
        let tool = self.service.settings.tools.find(&name).ok_or_else(unknown)?;
        tool.call(self.thread.key(), arguments).await
    }
}

#[async_trait]
impl AnswerSink for Pipeline<'_> {
    async fn send(&mut self, event: Event) -> Result<(), AnswerOver> {
        if self.broken.is_some() {
            return Err(AnswerOver);
        }
        if matches!(
            event,
            Event::ThreadCreated { .. }
                | Event::ThreadUpdated { .. }
                | Event::StreamOptions { .. }
                | Event::Error(_)
        ) {
            return self.fail(Broken::Order("the server alone sends such an event"));
        }
        if let Event::ItemUpdated { update: Update::TextDelta { delta, .. }, .. } = &event {
            self.characters += delta.chars().count() as u64;
        }
        if let Err(error) = self.fold.apply(&event) {
            return self.fail(Broken::Order(error.rule()));
        }
        self.keep(&event).await?;

        let hidden = matches!(&event, Event::ItemDone { item } if item.kind.is_hidden());
        if !hidden {
            self.show(event).await?;
        }
        if self.characters - self.counted >= COUNT_EVERY {
            match self.count().await {
                Ok(Ok(())) => {}
                Ok(Err(exceeded)) => return self.fail(Broken::Quota(exceeded)),
                Err(cause) => return self.fail(Broken::Port(cause)),
            }
        }
        Ok(())
    }

    async fn change_thread(&mut self, change: ThreadChange) -> Result<(), AnswerOver> {
        let (key, now) = (self.thread.key(), self.service.now());
        match self.service.ports.directory.change(key, &change, now).await {
            Ok(Some(thread)) => self.thread = thread,
            Ok(None) => return self.fail(Broken::ThreadGone),
            Err(cause) => return self.fail(Broken::Port(cause)),
        }
        let thread = self.service.shown_thread(&self.thread, Page::default());
        self.show(Event::ThreadUpdated { thread }).await
    }

    async fn call_tool(&mut self, name: &str, arguments: Map<String, Value>) -> Result<Value, AnswerOver> {
        let result = self.tool(name, arguments.clone()).await;
        let event = events::Event::ChatToolCalled {
            user: self.thread.user,
            thread: self.thread.id,
            tool: ToolName::parse(name).map_or_else(String::new, |name| name.as_str().to_owned()),
            succeeded: result.is_ok(),
        };
        self.service.ports.surroundings.events.record(self.ctx, &event);
        if let (Ok(result), Some(name)) = (&result, ToolName::parse(name))
            && let Err(cause) = self.keep_hidden(called(&name, &arguments, result)).await
        {
            return self.fail(Broken::Port(cause));
        }
        Ok(match result {
            Ok(value) => value,
            Err(ToolError::Input(fault)) => json!({ "error": fault }),
            Err(ToolError::Port(_)) => json!({ "error": "the tool is not available now" }),
        })
    }

    fn head(&mut self, prefix: &'static str) -> Result<ItemHead, PortError> {
        Ok(ItemHead {
            id: new_item_id(&self.service.ports.surroundings.ids, prefix)?,
            thread_id: self.thread.id.to_string(),
            created_at: time(self.service.now()),
        })
    }
}

/// A new id of 128 bits behind its prefix.
pub(super) fn new_item_id(ids: &IdSource, prefix: &str) -> Result<String, PortError> {
    Ok(format!("{prefix}_{}", ids.next_uuid()?.simple()))
}
