//! The tokens that clients hold, and the ports that make and read them.

use secrecy::SecretString;

use crate::auth::{SessionId, UserId};
use crate::clock::Timestamp;
use crate::digest::Digest;
use crate::error::PortError;

/// The kinds of opaque tokens. None passes as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpaqueKind {
    /// Renews a session; names the session.
    Refresh,
    /// Carries a browser's session; names the session.
    Cookie,
    /// Finishes a registration; names the registration.
    Registration,
}

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct Minted {
    /// What the client gets.
    pub token: SecretString,
    /// What is stored.
    pub digest: Digest,
}

/// A token that was read: of the right kind, and made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpaqueRead {
    /// The 16 bytes of the id that the token names.
    pub names: [u8; 16],
    /// What is stored of the token.
    pub digest: Digest,
}

/// Makes and reads opaque tokens: 128 random bits each, the id of what they are for, and a seal
/// that tells a token of this deployment, however old, from rubbish. Only the digest compared with
/// the stored one gives access; the seal alone gives none.
pub trait OpaqueTokens: Send + Sync {
    /// Makes a token of this kind that names `id`.
    fn mint(&self, kind: OpaqueKind, id: &[u8; 16]) -> Result<Minted, PortError>;

    /// Reads a token; `None` for any text that this deployment did not make as this kind.
    fn read(&self, kind: OpaqueKind, token: &str) -> Option<OpaqueRead>;

    /// Hides `successor`, a refresh token, so that only who holds `parent` can recover it. Both are
    /// tokens of this server.
    fn seal_successor(&self, parent: &str, successor: &SecretString) -> Vec<u8>;

    /// Recovers what [`OpaqueTokens::seal_successor`] hid; `None` when it was not hidden for `parent`.
    fn open_successor(&self, parent: &str, sealed: &[u8]) -> Option<SecretString>;
}

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is (`sub`).
    pub user: UserId,
    /// The session it hangs on (`sid`).
    pub session: SessionId,
    /// When it was made (`iat`); whole seconds.
    pub issued_at: Timestamp,
    /// When it ends (`exp`); whole seconds.
    pub expires_at: Timestamp,
}

/// Why an access token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Genuine, but its time is over. What it said is kept: it may still end its own session.
    #[error("the token is expired")]
    Expired(AccessClaims),
    /// Not a token of this kind made by this server.
    #[error("the token is invalid")]
    Invalid,
}

/// Signs and verifies access tokens (RFC 9068: JWT with `typ` `at+jwt`).
pub trait AccessTokens: Send + Sync {
    /// Signs a token with a new `jti`.
    fn sign(&self, claims: &AccessClaims) -> Result<SecretString, PortError>;

    /// Verifies signature, kind, issuer, audience and times of a token. No text makes it panic.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRefusal>;
}
