//! Placements, and what a chat token says.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use crate::auth::{SessionId, UserId};
use crate::chat::ThreadId;
use crate::clock::Timestamp;

/// Where in the front end a chat is: the name of a placement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlacementName(String);

/// The text names no placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 2 to 64 characters out of a-z, 0-9, - and _")]
pub struct InvalidPlacement;

impl PlacementName {
    /// Reads a name: trimmed.
    pub fn parse(input: &str) -> Result<Self, InvalidPlacement> {
        let name = input.trim();
        let fits = (2..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if fits { Ok(Self(name.to_owned())) } else { Err(InvalidPlacement) }
    }

    /// The placement of threads that an older system kept under no name.
    #[must_use]
    pub fn of_old_threads() -> Self {
        Self("imported".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a tool, such as `support.ticket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolName(String);

impl ToolName {
    /// Reads a name: 1 to 64 characters out of a-z, 0-9, `.`, `-` and `_`; `None` otherwise.
    #[must_use]
    pub fn parse(input: &str) -> Option<Self> {
        let name = input.trim();
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        fits.then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place for chats, and what is on offer there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Its name.
    pub name: PlacementName,
    /// The tools that may be called there.
    pub tools: Vec<ToolName>,
}

/// All placements, and the one that is meant when none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placements {
    known: BTreeMap<PlacementName, Placement>,
    default: PlacementName,
}

impl Placements {
    /// These placements; the first is the default. `None` when there are none or a name stands twice.
    #[must_use]
    pub fn new(placements: Vec<Placement>) -> Option<Self> {
        let default = placements.first()?.name.clone();
        let count = placements.len();
        let known: BTreeMap<_, _> =
            placements.into_iter().map(|placement| (placement.name.clone(), placement)).collect();
        (known.len() == count).then_some(Self { known, default })
    }

    /// The placement of this name.
    #[must_use]
    pub fn find(&self, name: &PlacementName) -> Option<&Placement> {
        self.known.get(name)
    }

    /// The names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &PlacementName> {
        self.known.keys()
    }

    /// The name that is meant when none is given.
    #[must_use]
    pub const fn default_name(&self) -> &PlacementName {
        &self.default
    }
}

/// What a chat token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatClaims {
    /// Whose it is (`sub`).
    pub user: UserId,
    /// The session it hangs on (`sid`).
    pub session: SessionId,
    /// The thread it is for.
    pub thread: ThreadId,
    /// The placement it is for.
    pub placement: PlacementName,
    /// When it was made (`iat`); whole seconds.
    pub issued_at: Timestamp,
    /// When it ends (`exp`); whole seconds.
    pub expires_at: Timestamp,
}

/// What a ChatKit component gets.
#[derive(Clone)]
pub struct ChatGrant {
    /// The token.
    pub token: SecretString,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// How long it is good, where it is the secret of a hosted session: clients of those ask for that.
    pub hosted_life: Option<Duration>,
    /// The thread it is for; where chats are hosted, the one that tools are called in.
    pub thread: ThreadId,
    /// The placement it is for.
    pub placement: PlacementName,
    /// The tools that may be called there.
    pub tools: Vec<ToolName>,
}

impl fmt::Debug for ChatGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatGrant").field("thread", &self.thread).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement(name: &str) -> Placement {
        Placement { name: PlacementName::parse(name).unwrap(), tools: Vec::new() }
    }

    #[test]
    fn a_placement_name_is_short_and_plain() {
        assert_eq!(PlacementName::parse(" support ").unwrap().as_str(), "support");
        for text in ["", "a", "Support", "a b", "a/b", "\u{0}\u{0}", &"a".repeat(65)] {
            assert_eq!(PlacementName::parse(text), Err(InvalidPlacement), "{text:?}");
        }
    }

    #[test]
    fn the_first_placement_is_meant_when_none_is_named() {
        let placements = Placements::new(vec![placement("support"), placement("admin")]).unwrap();
        assert_eq!(placements.default_name().as_str(), "support");
        assert!(placements.find(&PlacementName::parse("admin").unwrap()).is_some());
        assert!(placements.find(&PlacementName::parse("money").unwrap()).is_none());
    }

    #[test]
    fn no_placements_or_one_twice_are_refused() {
        assert_eq!(Placements::new(Vec::new()), None);
        assert_eq!(Placements::new(vec![placement("aa"), placement("aa")]), None);
    }
}
