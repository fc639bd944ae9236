//! The CSRF pair of the existing client: one token, sent in a cookie and in a header.

use crate::clock::Timestamp;
use crate::error::PortError;

/// Makes and checks the tokens of the pair.
pub trait CsrfTokens: Send + Sync {
    /// A new token.
    fn issue(&self, now: Timestamp) -> Result<String, PortError>;

    /// Whether this server made `token`, and how old it is.
    fn check(&self, token: &str, now: Timestamp) -> CsrfCheck;
}

/// What a look at a CSRF token found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsrfCheck {
    /// It is good for this much longer.
    Valid {
        /// Until when it is good.
        until: Timestamp,
    },
    /// It is forged, malformed or too old.
    Invalid,
}
