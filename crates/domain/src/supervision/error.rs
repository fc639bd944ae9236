//! How supervision fails.

use crate::error::PortError;

/// The account of who asks is no administrator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only administrators may do this")]
pub struct NotAdministrator;

/// Why an account was not shown.
#[derive(Debug, thiserror::Error)]
pub enum UnknownAccount {
    /// There is none.
    #[error("account not found")]
    NotFound,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// There is none.
    #[error("account not found")]
    NotFound,
    /// It is the administrator's own, who would be shut out.
    #[error("nobody shuts out the account that they ask from")]
    OwnAccount,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a session of an account was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndTheirSessionError {
    /// The account has no live session with this id.
    #[error("session not found")]
    NotFound,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
