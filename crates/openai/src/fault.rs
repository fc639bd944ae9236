//! What can be wrong with a server, and what a user is told of it.

use std::time::Duration;

use autorisen_domain::chat::{HostedFault, ResponderError, UpstreamRequestId};
use autorisen_domain::error::PortError;
use reqwest::StatusCode;

/// What went wrong. Nothing of it repeats the key, the question or the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the server cannot be reached")]
    Reach(#[source] reqwest::Error),
    #[error("the server answers {status}{}", said(request.as_ref()))]
    Status {
        status: StatusCode,
        /// When it asks to be asked again.
        retry_after: Option<Duration>,
        /// What it calls the request.
        request: Option<UpstreamRequestId>,
        /// Whether the API itself says that there is no such thing. A 404 without its words comes from
        /// something on the way, and says nothing of what there is.
        is_missing: bool,
    },
    #[error("the server was silent for too long")]
    Silent,
    #[error("the model took too long")]
    TooLong,
    #[error("the model wrote too much")]
    TooMuch,
    #[error("the answer broke off")]
    Cut(#[source] Option<reqwest::Error>),
    #[error("the answer is not understood: {0}")]
    Unknown(&'static str),
    #[error("the server reports a failure")]
    Reported,
    #[error("the model asked for tools too often")]
    TooManyRounds,
    #[error("the server failed too often just now")]
    Resting(
        /// For how long it is left alone.
        Duration,
    ),
    #[error("a file of the thread cannot be read")]
    File(#[source] PortError),
}

/// The request, as the server calls it, for who has to ask about it.
fn said(request: Option<&UpstreamRequestId>) -> String {
    request.map_or_else(String::new, |request| format!(" to its request {request}"))
}

impl Fault {
    /// Whether the same call may do better in a moment, as the servers' documents say.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Reach(_) => true,
            Self::Status { status, .. } => {
                matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error()
            }
            _ => false,
        }
    }

    /// Whether it says that the server is not well, rather than that the question was wrong.
    pub(crate) fn counts_against_server(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_server_error(),
            Self::Reach(_) | Self::Silent | Self::Cut(_) | Self::Unknown(_) | Self::Reported => true,
            Self::TooLong | Self::TooMuch | Self::TooManyRounds | Self::Resting(_) | Self::File(_) => false,
        }
    }

    /// The word for it, one of [`FAULTS`](crate::FAULTS).
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Reach(_) => "unreachable",
            Self::Status { status, .. } => match status.as_u16() {
                429 => "rate_limited",
                401 | 403 => "unauthorized",
                _ if status.is_server_error() => "server_error",
                _ => "refused",
            },
            Self::Silent => "silent",
            Self::TooLong => "too_long",
            Self::TooMuch => "too_much",
            Self::Cut(_) => "cut",
            Self::Unknown(_) => "not_understood",
            Self::Reported => "reported",
            Self::TooManyRounds => "too_many_rounds",
            Self::Resting(_) => "resting",
            Self::File(_) => "file",
        }
    }

    /// When the server wants to be asked again, or may be.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Resting(rest) => Some(*rest),
            _ => None,
        }
    }

    /// What the server calls the request that failed.
    pub(crate) const fn request(&self) -> Option<&UpstreamRequestId> {
        match self {
            Self::Status { request, .. } => request.as_ref(),
            _ => None,
        }
    }

    /// What it means for hosted sessions. What the server refuses was asked by our settings alone, so a
    /// refusal says that they do not fit.
    pub(crate) fn of_hosted(&self) -> HostedFault {
        match self {
            Self::Status { status, .. } => match status.as_u16() {
                429 => HostedFault::Busy,
                408 => HostedFault::TimedOut,
                409 => HostedFault::Failed,
                _ if status.is_server_error() => HostedFault::Failed,
                _ => HostedFault::Misconfigured,
            },
            Self::Silent | Self::TooLong => HostedFault::TimedOut,
            Self::Reach(_) => HostedFault::Unreachable,
            Self::Resting(_) => HostedFault::Resting,
            Self::TooMuch
            | Self::Cut(_)
            | Self::Unknown(_)
            | Self::Reported
            | Self::TooManyRounds
            | Self::File(_) => HostedFault::Failed,
        }
    }

    /// What the user is told, and whether trying again may help.
    fn told(&self) -> (&'static str, bool) {
        match self {
            Self::Status { status, .. } => match status.as_u16() {
                401 | 403 => {
                    ("The assistant is not set up correctly. Please tell whoever runs this site.", false)
                }
                404 => ("The assistant's model does not exist. Please tell whoever runs this site.", false),
                429 => ("The assistant has too much to do right now. Please try again later.", true),
                400 | 413 | 422 => ("The assistant cannot answer this.", false),
                _ => ("The assistant is not available right now. Please try again.", true),
            },
            Self::TooMuch => ("The answer became too long and was ended.", false),
            Self::TooManyRounds => ("The assistant could not finish this.", true),
            Self::Silent | Self::TooLong => ("The assistant took too long. Please try again.", true),
            Self::Reach(_)
            | Self::Cut(_)
            | Self::Unknown(_)
            | Self::Reported
            | Self::Resting(_)
            | Self::File(_) => ("The assistant is not available right now. Please try again.", true),
        }
    }
}

impl From<Fault> for ResponderError {
    fn from(fault: Fault) -> Self {
        if let Fault::File(cause) = fault {
            // It is ours, and no matter of the model's server.
            return Self::Failed(cause);
        }
        let (message, allow_retry) = fault.told();
        Self::told_because(message, allow_retry, PortError::new("ask the model", fault))
    }
}
