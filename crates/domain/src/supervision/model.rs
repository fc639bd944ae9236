//! Who supervises, and what they are shown.

use crate::audit::AuditRow;
use crate::auth::{Principal, SessionId, UserId};
use crate::supervision::NotAdministrator;

/// Whoever asks, by a session that is alive, from an account that was an administrator's when it was read
/// with that session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    id: UserId,
    session: SessionId,
}

impl Administrator {
    /// Lets in whose account is an administrator's.
    pub const fn of(principal: &Principal) -> Result<Self, NotAdministrator> {
        if principal.user.is_administrator {
            Ok(Self { id: principal.user.id, session: principal.session })
        } else {
            Err(NotAdministrator)
        }
    }

    /// Their account.
    #[must_use]
    pub const fn id(&self) -> UserId {
        self.id
    }

    /// The session that they ask by.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }
}

/// A page of the audit, the newest rows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Where the next page begins: before this row. `None` on the last page.
    pub next: Option<i64>,
}
