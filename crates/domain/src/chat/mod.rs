//! Chat: the short-lived token that a ChatKit component shows, the threads of users, and the answers
//! in them.
//!
//! Items and events are those of the protocol crate, `autorisen-chatkit`: they are what chat is about,
//! and a second set of the same types would only be converted back and forth (ADR 7).

mod access;
mod advance;
mod attachment;
mod byte_sweep;
mod conversation;
mod error;
mod files;
mod hosted;
mod links;
mod message_files;
mod model;
mod ports;
mod quota;
mod responder;
pub mod responders;
mod service;
mod thread;
mod tool;

pub use access::{ChatAccess, ChatAccessPorts};
pub use advance::LedgerInAdvance;
pub use attachment::{AttachmentId, StoredAttachment};
pub use autorisen_chatkit::ThreadStatus;
pub use byte_sweep::ByteSweep;
pub use conversation::{
    AnswerReader, AnswerReport, Caller, ConversationPorts, ConversationService, ConversationSettings,
    NewMessage, Prepared, Surroundings, ToolAnswer, ToolCall,
};
pub use error::{CallToolError, ChatError, ChatTokenError};
pub use files::{FilePorts, FileService, FileSettings, StoredFile, Upload};
pub use hosted::{
    DueHostedSession, HostedApi, HostedCall, HostedCancellation, HostedCancellationPorts, HostedFailure,
    HostedFault, HostedPorts, HostedSession, HostedSessionId, HostedSessionRepository, HostedSessions,
    HostedUser, InvalidHostedSessionId, KeptHostedSession, UpstreamRequestId,
};
pub use links::{FileLinks, LinkGrant, LinkUse};
pub use message_files::MessageFiles;
pub use model::{ChatClaims, ChatGrant, InvalidPlacement, Placement, PlacementName, Placements, ToolName};
pub use ports::{
    AttachmentBytes, AttachmentRepository, BeginThreadError, ChatTokens, Claimed, Hidden, ItemRepository,
    ThreadDirectory, ThreadRepository, UsageLedger,
};
pub use quota::{Quota, QuotaExceeded, Quotas, Usage, Used};
pub use responder::{AnswerOver, AnswerSink, Audio, Responder, ResponderError, Trigger, Turn};
pub use service::{ChatTokenPorts, ChatTokenRequest, ChatTokenService};
pub use thread::{AnswerId, CLAIM_TTL, Claim, PageRequest, Thread, ThreadChange, ThreadId, ThreadKey};
pub use tool::{Tool, ToolError, Tools};
