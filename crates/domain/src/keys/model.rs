//! Signing keys.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;

/// The name of a key (`kid`): 1 to 64 characters out of letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Reads a name; `None` when it is not of the stated form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a key is for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that every verifier knows it before it signs.
    Next,
    /// Signs.
    Current,
    /// Only verifies what it signed.
    Retired,
}

impl KeyState {
    /// Every state there is.
    pub const ALL: [Self; 3] = [Self::Next, Self::Current, Self::Retired];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Retired => "retired",
        }
    }

    /// Reads the word for it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name.
    pub id: KeyId,
    /// What it is for.
    pub state: KeyState,
    /// The key pair, encrypted under the master key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub changed_at: Timestamp,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// The public half of an ES256 key: the coordinates of RFC 7518, section 6.2.1, in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's name.
    pub id: KeyId,
    /// The x coordinate.
    pub x: String,
    /// The y coordinate.
    pub y: String,
}

/// How keys age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPolicy {
    /// The current key is replaced once it has signed for this long.
    pub rotate_after: Duration,
    /// A key is published for at least this long before it signs, so that every replica and every
    /// verifier has seen it.
    pub announce_for: Duration,
    /// A retired key verifies for this long: the life of a token, and the leeway.
    pub retire_for: Duration,
}
