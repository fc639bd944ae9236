//! How chat fails.

use crate::chat::{BeginThreadError, HostedFailure, QuotaExceeded, ToolError};
use crate::error::PortError;

/// Why no chat token was given.
#[derive(Debug, thiserror::Error)]
pub enum ChatTokenError {
    /// No such placement is set up.
    #[error("the placement is unknown")]
    UnknownPlacement,
    /// The thread is in another placement.
    #[error("the thread is in another placement")]
    OtherPlacement,
    /// The user has no such thread.
    #[error("the thread does not exist")]
    ThreadNotFound,
    /// The user was given as many as anybody may have.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The session ends too soon for a hosted session to be worth opening.
    #[error("the session ends too soon")]
    SessionEnding,
    /// The session ended while a hosted session was being opened.
    #[error("the session has ended")]
    SessionEnded,
    /// No hosted session could be opened.
    #[error(transparent)]
    Hosted(#[from] HostedFailure),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why an operation of the protocol was not done. Nothing of it has happened then.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The user has no such thread.
    #[error("the thread does not exist")]
    ThreadNotFound,
    /// The thread has no such item.
    #[error("the item does not exist")]
    ItemNotFound,
    /// The user has no such file, or it cannot be used now.
    #[error("the attachment does not exist")]
    AttachmentNotFound,
    /// The page begins after something that is not there.
    #[error("the cursor does not exist")]
    UnknownCursor,
    /// No such placement is set up.
    #[error("the placement is unknown")]
    UnknownPlacement,
    /// The item is of another kind, or in another state, than the operation wants.
    #[error("the item must be {0}")]
    WrongItem(&'static str),
    /// No call of a client tool waits for its output.
    #[error("no call waits for an output")]
    NoPendingCall,
    /// The thread is locked or closed.
    #[error("the thread takes no messages")]
    ThreadNotActive,
    /// An answer is being given in the thread.
    #[error("the thread is being answered in")]
    Busy,
    /// The user has as many threads as anybody may have.
    #[error("the user has too many threads")]
    TooManyThreads,
    /// A member is too long, empty or otherwise not to be taken.
    #[error("{field} {fault}")]
    Input {
        /// The member.
        field: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A quota is used up.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The user is to be told this.
    #[error("the responder refused: {message}")]
    Told {
        /// What, fit to show.
        message: String,
        /// Whether trying again may help.
        allow_retry: bool,
        /// What happened outside, for the log.
        #[source]
        cause: Option<PortError>,
    },
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a tool was not called, or did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallToolError {
    /// There is no such tool, or not in this placement.
    #[error("the tool is not available for the placement")]
    NotAvailable,
    /// The input does not fit; the text says how.
    #[error("the input does not fit: {0}")]
    Payload(String),
    /// As with any other operation.
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl From<ToolError> for CallToolError {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::Input(fault) => Self::Payload(fault),
            ToolError::Port(cause) => Self::Chat(cause.into()),
        }
    }
}

impl From<BeginThreadError> for ChatError {
    fn from(error: BeginThreadError) -> Self {
        match error {
            BeginThreadError::TooMany => Self::TooManyThreads,
            BeginThreadError::Port(cause) => cause.into(),
        }
    }
}
