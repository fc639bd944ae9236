//! How chat fails.

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
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
