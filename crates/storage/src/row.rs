//! Reading stored values back: a row is parsed like any input.

use autorisen_domain::clock::Timestamp;
use autorisen_domain::digest::Digest;

/// A stored value is none that this version could have written. It does not say which value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored {0} is invalid")]
pub struct BadRow(pub &'static str);

impl BadRow {
    /// Says that a value is a bad `what`, whatever the parser had to say of it.
    pub(crate) fn of<E>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |_| Self(what)
    }
}

/// Reads a digest.
pub(crate) fn digest(what: &'static str, bytes: &[u8]) -> Result<Digest, BadRow> {
    Digest::from_slice(bytes).ok_or(BadRow(what))
}

/// Reads a time that may be absent.
pub(crate) fn time(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}
