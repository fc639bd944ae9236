//! Conversations: the operations of the protocol for one user.
//!
//! `reading.rs` holds what is answered at once, `turns.rs` what begins an answer, `answering.rs`
//! what an answer does until its end, and `tools.rs` what tools are called for.

mod answering;
mod input;
mod pipeline;
mod reading;
mod tools;
mod turns;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use autorisen_chatkit::Event;

use crate::auth::{SessionId, SessionRepository, UserId};
use crate::chat::{
    AnswerOver, AttachmentRepository, ChatError, FileLinks, ItemRepository, Placement, PlacementName,
    Placements, Quotas, Responder, Thread, ThreadDirectory, ThreadId, ThreadRepository, Tools, UsageLedger,
};
use crate::clock::Timer;
use crate::events::EventSink;
use crate::id::IdSource;

pub use self::answering::AnswerReport;
pub use self::tools::{ToolAnswer, ToolCall};
pub use self::turns::{NewMessage, Prepared};

/// Who makes a call, and where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session that everything ends with.
    pub session: SessionId,
    /// The placement that the caller is held to; any when there is none.
    pub placement: Option<PlacementName>,
}

/// Reads an answer along.
#[async_trait]
pub trait AnswerReader: Send + Sync {
    /// Takes an event, and waits while there is no room for it. An error when nobody reads any more,
    /// or has for too long read nothing.
    async fn take(&self, event: Event) -> Result<(), AnswerOver>;

    /// Returns when nobody reads any more.
    async fn gone(&self);
}

/// What [`ConversationService`] needs from outside.
pub struct ConversationPorts {
    /// Finds threads.
    pub threads: Arc<dyn ThreadRepository>,
    /// Lists and changes threads, and says who may answer.
    pub directory: Arc<dyn ThreadDirectory>,
    /// The items.
    pub items: Arc<dyn ItemRepository>,
    /// The files of messages.
    pub attachments: Arc<dyn AttachmentRepository>,
    /// What is used.
    pub ledger: Arc<dyn UsageLedger>,
    /// The sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Gives answers.
    pub responder: Arc<dyn Responder>,
    /// What of the outside world is no store.
    pub surroundings: Surroundings,
}

/// Time, chance, addresses and the log.
pub struct Surroundings {
    /// The addresses of files.
    pub links: Arc<FileLinks>,
    /// Waits.
    pub timer: Arc<dyn Timer>,
    /// Tells the time and gives ids.
    pub ids: IdSource,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Settings of conversations.
#[derive(Clone)]
pub struct ConversationSettings {
    /// The placements.
    pub placements: Placements,
    /// What the server does for models and front ends.
    pub tools: Tools,
    /// How many threads a user may have.
    pub max_threads: u32,
    /// How many characters a message may have.
    pub max_message: usize,
    /// How many of the newest items a responder is given.
    pub history: usize,
    /// How much may be used.
    pub quotas: Quotas,
}

/// The operations of the protocol.
pub struct ConversationService {
    ports: ConversationPorts,
    settings: ConversationSettings,
}

impl ConversationService {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: ConversationPorts, settings: ConversationSettings) -> Self {
        Self { ports, settings }
    }

    /// The caller's thread. One of another placement does not exist for a caller who is held to one.
    async fn thread(&self, caller: &Caller, id: &str) -> Result<Thread, ChatError> {
        let id = ThreadId::parse(id).map_err(|_| ChatError::ThreadNotFound)?;
        let found = self.ports.threads.find(caller.user, id).await?;
        found
            .filter(|thread| caller.placement.as_ref().is_none_or(|name| *name == thread.placement))
            .ok_or(ChatError::ThreadNotFound)
    }

    /// What is set up for a placement.
    fn placement(&self, name: &PlacementName) -> Result<Placement, ChatError> {
        self.settings.placements.find(name).cloned().ok_or(ChatError::UnknownPlacement)
    }
}
