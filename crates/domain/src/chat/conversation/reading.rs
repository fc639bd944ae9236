//! What is answered at once.

use autorisen_chatkit::{
    FeedbackParams, Item, ItemsListParams, ListParams, Order, Page, PageSize, ThreadActionParams,
};

use super::{Caller, ConversationService, input};
use crate::chat::{
    Audio, ChatError, Hidden, PageRequest, ResponderError, ThreadChange, ThreadStatus, Trigger,
};
use crate::context::Context;
use crate::events::Event;

impl ConversationService {
    /// A thread with its first items, the oldest first.
    pub async fn get(
        &self,
        caller: &Caller,
        thread_id: &str,
    ) -> Result<autorisen_chatkit::Thread, ChatError> {
        let thread = self.thread(caller, thread_id).await?;
        let page = PageRequest { size: PageSize::default(), order: Order::Asc, after: None };
        let items = self.ports.items.list(thread.key(), Hidden::Left, &page).await?;
        Ok(self.shown_thread(&thread, items.unwrap_or_default()))
    }

    /// The caller's threads.
    pub async fn list(
        &self,
        caller: &Caller,
        list: ListParams,
    ) -> Result<Page<autorisen_chatkit::Thread>, ChatError> {
        let page = page(list)?;
        let found = self.ports.directory.list(caller.user, caller.placement.as_ref(), &page).await?;
        let threads = found.ok_or(ChatError::UnknownCursor)?;
        Ok(threads.map(|thread| self.shown_thread(&thread, Page::default())))
    }

    /// The items of a thread that a client may see.
    pub async fn items(&self, caller: &Caller, params: ItemsListParams) -> Result<Page<Item>, ChatError> {
        let thread = self.thread(caller, &params.thread_id).await?;
        let page = page(params.list)?;
        let found = self.ports.items.list(thread.key(), Hidden::Left, &page).await?;
        let items = found.ok_or(ChatError::UnknownCursor)?;
        Ok(items.map(|item| self.shown_item(caller.user, item)))
    }

    /// Gives a thread another title.
    pub async fn rename(
        &self,
        caller: &Caller,
        thread_id: &str,
        title: &str,
    ) -> Result<autorisen_chatkit::Thread, ChatError> {
        let title = input::title(title)?;
        let thread = self.thread(caller, thread_id).await?;
        let change = ThreadChange { title: Some(title), ..ThreadChange::default() };
        let changed = self.ports.directory.change(thread.key(), &change, self.now()).await?;
        let thread = changed.ok_or(ChatError::ThreadNotFound)?;
        Ok(self.shown_thread(&thread, Page::default()))
    }

    /// Deletes a thread with everything in it.
    pub async fn delete(&self, ctx: &Context, caller: &Caller, thread_id: &str) -> Result<(), ChatError> {
        let thread = self.thread(caller, thread_id).await?;
        if !self.ports.directory.delete(thread.key()).await? {
            return Err(ChatError::ThreadNotFound);
        }
        let event = Event::ChatThreadDeleted { user: caller.user, thread: thread.id };
        self.ports.surroundings.events.record(ctx, &event);
        Ok(())
    }

    /// Keeps what the caller thinks of items.
    pub async fn rate(&self, caller: &Caller, feedback: FeedbackParams) -> Result<(), ChatError> {
        let thread = self.thread(caller, &feedback.thread_id).await?;
        input::check_rated(&feedback.item_ids)?;
        let kept = self.ports.items.rate(thread.key(), &feedback.item_ids, feedback.kind).await?;
        if kept { Ok(()) } else { Err(ChatError::ItemNotFound) }
    }

    /// An action of a widget that is answered at once: the item as it is afterwards, if it changed.
    pub async fn act(&self, caller: &Caller, params: ThreadActionParams) -> Result<Option<Item>, ChatError> {
        let thread = self.thread(caller, &params.thread_id).await?;
        if thread.status != ThreadStatus::Active {
            return Err(ChatError::ThreadNotActive);
        }
        let key = thread.key();
        let item = self.widget(key, params.item_id.as_deref()).await?;
        let action = params.action.clone();
        let trigger = Trigger::Action { action: params.action, item: item.map(Box::new) };
        let turn = self.turn(thread, trigger).await?;
        let updated = self.ports.responder.act(&turn, &action).await.map_err(refused)?;
        let Some(updated) = updated else { return Ok(None) };
        if !self.ports.items.put(key, std::slice::from_ref(&updated), self.now()).await? {
            return Err(ChatError::ThreadNotFound);
        }
        Ok(Some(self.shown_item(caller.user, updated)))
    }

    /// Turns speech into text. It counts as a message: a model has to listen to it.
    pub async fn transcribe(&self, caller: &Caller, audio: &Audio) -> Result<String, ChatError> {
        self.charge_message(caller).await?;
        self.ports.responder.transcribe(audio).await.map_err(refused)
    }
}

fn page(list: ListParams) -> Result<PageRequest, ChatError> {
    if list.after.as_deref().is_some_and(|after| !input::may_be_id(after)) {
        return Err(ChatError::UnknownCursor);
    }
    Ok(PageRequest { size: list.limit, order: list.order, after: list.after })
}

fn refused(error: ResponderError) -> ChatError {
    match error {
        ResponderError::Told { message, allow_retry, cause } => {
            ChatError::Told { message, allow_retry, cause }
        }
        ResponderError::Failed(cause) => cause.into(),
        ResponderError::Over(_) => ChatError::Busy,
    }
}
