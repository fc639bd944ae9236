//! How a change of keys fails.

use std::time::Duration;

use crate::error::PortError;

/// Why keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The next key was announced too short a time ago for every verifier to have seen it.
    #[error("the next key is announced for too short a time; try again in {} s", .0.as_secs())]
    TooSoon(Duration),
    /// Another process changed the keys at the same moment.
    #[error("the keys were changed by another process at the same moment")]
    Concurrent,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a key was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// There is no key of this name.
    #[error("there is no such key")]
    Unknown,
    /// Another process changed the keys at the same moment.
    #[error("the keys were changed by another process at the same moment")]
    Concurrent,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
