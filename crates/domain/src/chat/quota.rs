//! How much a user, and all users together, may use.

use std::time::Duration;

use crate::auth::UserId;
use crate::clock::Timestamp;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Usage {
    /// Messages of users.
    Messages,
    /// Characters that models wrote.
    Output,
    /// Chat tokens that were given.
    Tokens,
}

impl Usage {
    /// Its name in tables and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Output => "output",
            Self::Tokens => "tokens",
        }
    }
}

/// How much may be used; `None` for as much as is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// By one user within a day.
    pub user_day: Option<u64>,
    /// By one user ever.
    pub user_total: Option<u64>,
    /// By all users together within a day.
    pub all_day: Option<u64>,
}

/// A quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the quota of {} is used up", usage.as_str())]
pub struct QuotaExceeded {
    /// What is used up.
    pub usage: Usage,
    /// After how long there is some again; `None` when there never is.
    pub retry_after: Option<Duration>,
}

/// The quotas of everything that is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Of messages.
    pub messages: Quota,
    /// Of characters that models write.
    pub output: Quota,
    /// Of chat tokens.
    pub tokens: Quota,
}

impl Quotas {
    /// The quota of this.
    #[must_use]
    pub const fn of(&self, usage: Usage) -> Quota {
        match usage {
            Usage::Messages => self.messages,
            Usage::Output => self.output,
            Usage::Tokens => self.tokens,
        }
    }
}

/// One use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// By whom.
    pub user: UserId,
    /// Of what.
    pub usage: Usage,
    /// How much.
    pub amount: u64,
    /// When.
    pub at: Timestamp,
}
