//! What begins an answer: everything is checked and stored before the stream starts.

use autorisen_chatkit::{
    Action, Event, InferenceOptions, Item, ItemKind, Order, Page, PageSize, StreamOptions, StructuredAnswers,
    StructuredInputStatus, ThreadActionParams, ToolCallStatus, UserContent, UserMessageInput,
};
use serde_json::Value;

use super::wire::{kept, time};
use super::{Caller, ConversationService, input};
use crate::auth::SessionId;
use crate::chat::{
    AnswerId, AttachmentId, CLAIM_TTL, ChatError, Claim, Claimed, Hidden, PageRequest, StoredAttachment,
    Thread, ThreadId, ThreadKey, ThreadStatus, Trigger, Turn, Usage, Used,
};

/// How many of the newest items are searched for calls that wait for their output.
const PENDING_WITHIN: u8 = 20;

/// What a user says.
pub type NewMessage = UserMessageInput;

/// An answer that may begin: it is claimed for, and what led to it is stored.
#[must_use = "an answer that was claimed for is to be given, or the thread stays busy for a while"]
pub struct Prepared {
    pub(super) turn: Turn,
    pub(super) session: SessionId,
    pub(super) answer: AnswerId,
    pub(super) opening: Vec<Event>,
}

impl Prepared {
    /// The thread that is answered in.
    #[must_use]
    pub const fn thread(&self) -> &Thread {
        &self.turn.thread
    }
}

impl ConversationService {
    /// Begins a thread with a message.
    pub async fn create(&self, caller: &Caller, message: NewMessage) -> Result<Prepared, ChatError> {
        let ids = &self.ports.surroundings.ids;
        let placement =
            caller.placement.as_ref().unwrap_or_else(|| self.settings.placements.default_name()).clone();
        self.placement(&placement)?;
        let files = self.files_for(caller, &message).await?;
        self.charge_message(caller).await?;

        let thread = Thread::new(ThreadId::generate(ids)?, caller.user, placement, self.now());
        let (key, claim) = (thread.key(), self.new_claim()?);
        let item = self.message(&thread, message, &files)?;
        self.ports.directory.begin(&thread, &item, claim, self.settings.max_threads).await?;
        if let Err(error) = self.bind_files(key, &files).await {
            self.ports.directory.delete(key).await?;
            return Err(error);
        }

        let opening = vec![
            Event::ThreadCreated { thread: self.shown_thread(&thread, Page::default()) },
            Event::ItemDone { item: self.shown_item(caller.user, item.clone()) },
            options(),
        ];
        let turn = Turn {
            user: caller.user,
            placement: self.placement(&thread.placement)?,
            thread,
            history: vec![item],
            trigger: Trigger::Message,
        };
        Ok(Prepared { turn, session: caller.session, answer: claim.answer, opening })
    }

    /// Adds a message to a thread.
    pub async fn add_message(
        &self,
        caller: &Caller,
        thread_id: &str,
        message: NewMessage,
    ) -> Result<Prepared, ChatError> {
        let thread = self.active_thread(caller, thread_id).await?;
        let files = self.files_for(caller, &message).await?;
        let key = thread.key();
        self.claimed(caller, thread, Trigger::Message, async |thread| {
            self.charge_message(caller).await?;
            self.bind_files(key, &files).await?;
            let item = self.message(thread, message, &files)?;
            self.store(key, std::slice::from_ref(&item)).await?;
            Ok(vec![Event::ItemDone { item: self.shown_item(caller.user, item) }, options()])
        })
        .await
    }

    /// Gives the output of the newest call of a client tool that waits for one. Older calls that still
    /// wait are dropped: nothing will ever come of them.
    pub async fn add_tool_output(
        &self,
        caller: &Caller,
        thread_id: &str,
        output: Value,
    ) -> Result<Prepared, ChatError> {
        let thread = self.active_thread(caller, thread_id).await?;
        let key = thread.key();
        self.claimed(caller, thread, Trigger::ToolOutput, async |_| {
            let mut pending = self.newest(key, PENDING_WITHIN).await?.into_iter().filter(is_pending);
            let mut call = pending.next().ok_or(ChatError::NoPendingCall)?;
            let others: Vec<String> = pending.map(|item| item.id).collect();
            if let ItemKind::ClientToolCall { status, output: place, .. } = &mut call.kind {
                *status = ToolCallStatus::Completed;
                *place = Some(output);
            }
            self.store(key, &[call]).await?;
            self.ports.items.remove(key, &others).await?;
            Ok(vec![options()])
        })
        .await
    }

    /// Answers the questions of an item.
    pub async fn add_structured_input(
        &self,
        caller: &Caller,
        thread_id: &str,
        item_id: &str,
        answers: StructuredAnswers,
    ) -> Result<Prepared, ChatError> {
        let thread = self.active_thread(caller, thread_id).await?;
        let key = thread.key();
        self.claimed(caller, thread, Trigger::StructuredInput, async |_| {
            let mut item = self.item(key, item_id).await?;
            let ItemKind::StructuredInput { status, inputs } = &mut item.kind else {
                return Err(ChatError::WrongItem("a structured input"));
            };
            if *status != StructuredInputStatus::Pending {
                return Err(ChatError::WrongItem("a structured input that is pending"));
            }
            (*status, *inputs) = input::answered(std::mem::take(inputs), answers)?;
            self.store(key, std::slice::from_ref(&item)).await?;
            Ok(vec![options(), Event::ItemReplaced { item }])
        })
        .await
    }

    /// Forgets everything after a message and answers it again.
    pub async fn retry(
        &self,
        caller: &Caller,
        thread_id: &str,
        item_id: &str,
    ) -> Result<Prepared, ChatError> {
        let thread = self.active_thread(caller, thread_id).await?;
        let key = thread.key();
        self.claimed(caller, thread, Trigger::Retry, async |_| {
            let item = self.item(key, item_id).await?;
            if !matches!(item.kind, ItemKind::UserMessage { .. }) {
                return Err(ChatError::WrongItem("a user message"));
            }
            self.charge_message(caller).await?;
            if !self.ports.items.remove_after(key, item_id).await? {
                return Err(ChatError::ItemNotFound);
            }
            Ok(vec![options()])
        })
        .await
    }

    /// Answers an action of a widget, or of the thread when no item is named.
    pub async fn custom_action(
        &self,
        caller: &Caller,
        params: ThreadActionParams,
    ) -> Result<Prepared, ChatError> {
        let thread = self.active_thread(caller, &params.thread_id).await?;
        let item = self.widget(thread.key(), params.item_id.as_deref()).await?;
        let action: Action = params.action;
        let trigger = Trigger::Action { action, item: item.map(Box::new) };
        self.claimed(caller, thread, trigger, async |_| Ok(vec![options()])).await
    }

    /// Claims the thread, does what comes before the answer, and gives the claim back if that fails.
    async fn claimed(
        &self,
        caller: &Caller,
        thread: Thread,
        trigger: Trigger,
        begin: impl AsyncFnOnce(&Thread) -> Result<Vec<Event>, ChatError>,
    ) -> Result<Prepared, ChatError> {
        let (key, claim) = (thread.key(), self.new_claim()?);
        match self.ports.directory.claim(key, claim).await? {
            Claimed::Yes => {}
            Claimed::Busy => return Err(ChatError::Busy),
            Claimed::NotFound => return Err(ChatError::ThreadNotFound),
        }
        let begun = async {
            let opening = begin(&thread).await?;
            let turn = self.turn(thread, trigger).await?;
            Ok(Prepared { turn, session: caller.session, answer: claim.answer, opening })
        };
        let prepared = begun.await;
        if prepared.is_err() {
            self.ports.directory.release(key, claim.answer).await?;
        }
        prepared
    }

    /// What a responder is given.
    pub(super) async fn turn(&self, thread: Thread, trigger: Trigger) -> Result<Turn, ChatError> {
        let size = u8::try_from(self.settings.history).unwrap_or(u8::MAX);
        let mut history = self.newest(thread.key(), size).await?;
        history.retain(|item| !is_pending(item));
        history.reverse();
        let placement = self.placement(&thread.placement)?;
        Ok(Turn { user: thread.user, placement, thread, history, trigger })
    }

    /// The widget of this id, when an item is named.
    pub(super) async fn widget(&self, key: ThreadKey, id: Option<&str>) -> Result<Option<Item>, ChatError> {
        let Some(id) = id else { return Ok(None) };
        let item = self.item(key, id).await?;
        match item.kind {
            ItemKind::Widget { .. } => Ok(Some(item)),
            _ => Err(ChatError::WrongItem("a widget")),
        }
    }

    /// An item that a client may see.
    async fn item(&self, key: ThreadKey, id: &str) -> Result<Item, ChatError> {
        if !input::may_be_id(id) {
            return Err(ChatError::ItemNotFound);
        }
        let found = self.ports.items.find(key, id).await?;
        found.filter(|item| !item.kind.is_hidden()).ok_or(ChatError::ItemNotFound)
    }

    pub(super) async fn active_thread(&self, caller: &Caller, id: &str) -> Result<Thread, ChatError> {
        let thread = self.thread(caller, id).await?;
        match thread.status {
            ThreadStatus::Active => Ok(thread),
            ThreadStatus::Locked { .. } | ThreadStatus::Closed { .. } => Err(ChatError::ThreadNotActive),
        }
    }

    /// The newest items, the newest first, with hidden ones.
    async fn newest(&self, key: ThreadKey, count: u8) -> Result<Vec<Item>, ChatError> {
        let page = PageRequest { size: PageSize::new(count), order: Order::Desc, after: None };
        let found = self.ports.items.list(key, Hidden::Included, &page).await?;
        Ok(found.unwrap_or_default().data)
    }

    pub(super) async fn store(&self, key: ThreadKey, items: &[Item]) -> Result<(), ChatError> {
        let stored = self.ports.items.put(key, items, self.now()).await?;
        if stored { Ok(()) } else { Err(ChatError::ThreadNotFound) }
    }

    /// The files that a message names, which must be the caller's, whole, and free.
    async fn files_for(
        &self,
        caller: &Caller,
        message: &NewMessage,
    ) -> Result<Vec<StoredAttachment>, ChatError> {
        let NewMessage { content, attachments, quoted_text, .. } = message;
        input::check_message(content, quoted_text.as_deref(), attachments.len(), self.settings.max_message)?;
        let mut files = Vec::with_capacity(attachments.len());
        for id in attachments {
            let id = AttachmentId::parse(id).map_err(|_| ChatError::AttachmentNotFound)?;
            let found = self.ports.attachments.find(caller.user, id).await?;
            let free = found.filter(|file| file.is_uploaded && file.thread.is_none());
            files.push(free.ok_or(ChatError::AttachmentNotFound)?);
        }
        Ok(files)
    }

    async fn bind_files(&self, key: ThreadKey, files: &[StoredAttachment]) -> Result<(), ChatError> {
        if files.is_empty() {
            return Ok(());
        }
        let ids: Vec<AttachmentId> = files.iter().map(|file| file.id).collect();
        let bound = self.ports.attachments.attach(key, &ids).await?;
        if bound { Ok(()) } else { Err(ChatError::AttachmentNotFound) }
    }

    /// The item that a message becomes.
    fn message(
        &self,
        thread: &Thread,
        message: NewMessage,
        files: &[StoredAttachment],
    ) -> Result<Item, ChatError> {
        let NewMessage { content, quoted_text, inference_options, .. } = message;
        let content: Vec<UserContent> = content;
        let inference_options: InferenceOptions = inference_options;
        let bound =
            |file: &StoredAttachment| kept(&StoredAttachment { thread: Some(thread.id), ..file.clone() });
        let attachments = files.iter().map(bound).collect();
        let kind = ItemKind::UserMessage { content, attachments, quoted_text, inference_options };
        Ok(Item {
            id: super::pipeline::new_item_id(&self.ports.surroundings.ids, kind.id_prefix())?,
            thread_id: thread.id.to_string(),
            created_at: time(self.now()),
            kind,
        })
    }

    fn new_claim(&self) -> Result<Claim, ChatError> {
        let now = self.now();
        let answer = AnswerId::generate(&self.ports.surroundings.ids)?;
        Ok(Claim { answer, now, until: now.plus(CLAIM_TTL) })
    }

    /// Charges one message, and refuses when models have written as much as they may.
    pub(super) async fn charge_message(&self, caller: &Caller) -> Result<(), ChatError> {
        let quotas = &self.settings.quotas;
        let used = |usage, amount| Used { user: caller.user, usage, amount, at: self.now() };
        let ledger = &self.ports.ledger;
        ledger.charge(used(Usage::Output, 1), quotas.output).await??;
        ledger.charge(used(Usage::Messages, 1), quotas.messages).await??;
        Ok(())
    }
}

const fn options() -> Event {
    Event::StreamOptions { stream_options: StreamOptions { allow_cancel: true } }
}

const fn is_pending(item: &Item) -> bool {
    matches!(item.kind, ItemKind::ClientToolCall { status: ToolCallStatus::Pending, .. })
}
