//! What is open on the other side, and how it fails.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use crate::auth::{SessionId, UserId};
use crate::clock::Timestamp;
use crate::digest::{Digest, Digests};
use crate::error::PortError;

/// What the other side calls a session. It gives no access, and may stand in an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostedSessionId(String);

/// The text is no id of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a hosted session")]
pub struct InvalidHostedSessionId;

impl HostedSessionId {
    /// Reads 1 to 200 letters, digits, `_` and `-`: nothing that could lead an address elsewhere.
    pub fn parse(text: &str) -> Result<Self, InvalidHostedSessionId> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let fits = (1..=200).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidHostedSessionId) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who a user is on the other side: always the same for one account in one environment, and nothing
/// that tells who it is. Whoever is the same user there sees the same threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedUser(String);

impl HostedUser {
    const PURPOSE: &str = "user of hosted chats";

    /// The user that this account is in this environment.
    #[must_use]
    pub fn of(user: UserId, environment: &str, digests: &dyn Digests) -> Self {
        let bound = [environment.as_bytes(), b"\0", user.as_bytes().as_slice()].concat();
        let digest: Digest = digests.digest(Self::PURPOSE, &bound);
        let start = format!("{environment}:");
        Self(digest.as_bytes().iter().fold(start, |text, byte| text + &format!("{byte:02x}")))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the other side calls one of our requests; for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamRequestId(String);

impl UpstreamRequestId {
    /// Reads 1 to 64 letters, digits, `_`, `-` and `.`; `None` for what should not be in a log.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for UpstreamRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One request to the other side; for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedCall {
    /// For whom it was.
    pub user: UserId,
    /// The login that it was for.
    pub session: SessionId,
    /// What the other side calls it, if it said.
    pub request: Option<UpstreamRequestId>,
}

/// A session that was just opened on the other side.
#[derive(Debug, Clone)]
pub struct HostedSession {
    /// What it is called there.
    pub id: HostedSessionId,
    /// What opens it, for the user's browser. It is kept nowhere.
    pub secret: SecretString,
    /// When it ends by itself, as the other side says.
    pub expires_at: Timestamp,
    /// The request that opened it.
    pub request: Option<UpstreamRequestId>,
}

/// What is kept of a session on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHostedSession {
    /// What it is called there.
    pub id: HostedSessionId,
    /// Whose it is.
    pub user: UserId,
    /// The login that it hangs on.
    pub session: SessionId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it has ended by itself, at the latest.
    pub expires_at: Timestamp,
}

/// A session whose login is over, and which somebody is to cancel now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueHostedSession {
    /// What it is called on the other side.
    pub id: HostedSessionId,
    /// Whose it was.
    pub user: UserId,
    /// The login that it hung on.
    pub session: SessionId,
    /// Which try this is, from 1 on.
    pub tries: u32,
}

/// What is wrong with the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostedFault {
    /// It does not take our key, our workflow or our request: somebody must look at the settings.
    Misconfigured,
    /// It has too much to do, or we asked too often.
    Busy,
    /// It takes too long.
    TimedOut,
    /// It cannot be reached, or does not show that it is who it says.
    Unreachable,
    /// It answers that it failed, or nothing that can be understood.
    Failed,
    /// It failed so often that it is left alone for a while.
    Resting,
}

impl HostedFault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Misconfigured, Self::Busy, Self::TimedOut, Self::Unreachable, Self::Failed, Self::Resting];

    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Misconfigured => "misconfigured",
            Self::Busy => "busy",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Resting => "resting",
        }
    }
}

/// The other side did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the hosted side is {}", fault.as_str())]
pub struct HostedFailure {
    /// What is wrong.
    pub fault: HostedFault,
    /// When it is worth asking again, if that is known.
    pub retry_after: Option<Duration>,
    /// The request that failed, as the other side calls it.
    pub request: Option<UpstreamRequestId>,
    /// For the log.
    #[source]
    pub cause: PortError,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_no_address_elsewhere() {
        let id = "cksess_68f19e2651108190a002588d0fa17544";
        assert_eq!(HostedSessionId::parse(id).unwrap().as_str(), id);
        for text in ["", "a/b", "..", "a?b", "a#b", "a b", "a%2fb", "ä", "a\r\n", &"a".repeat(201)] {
            assert_eq!(HostedSessionId::parse(text), Err(InvalidHostedSessionId), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_id_of_a_request_is_not_logged() {
        assert_eq!(UpstreamRequestId::parse("req_0f").unwrap().to_string(), "req_0f");
        for text in ["", "a b", "ek_secret\n", &"a".repeat(65)] {
            assert_eq!(UpstreamRequestId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_user_is_one_per_account_and_environment_and_tells_nothing() {
        struct Plain;
        impl Digests for Plain {
            fn digest(&self, _: &'static str, bytes: &[u8]) -> Digest {
                let mut sum = [0; Digest::LENGTH];
                bytes.iter().enumerate().for_each(|(at, byte)| sum[at % Digest::LENGTH] ^= byte);
                Digest::new(sum)
            }
        }
        let (ada, eve) = (UserId::from_bytes([7; 16]), UserId::from_bytes([8; 16]));
        let user = HostedUser::of(ada, "production", &Plain);
        assert_eq!(user, HostedUser::of(ada, "production", &Plain));
        assert_ne!(user, HostedUser::of(eve, "production", &Plain));
        assert_ne!(
            HostedUser::of(ada, "staging", &Plain).as_str().split(':').nth(1),
            user.as_str().split(':').nth(1)
        );
        assert!(user.as_str().starts_with("production:") && user.as_str().len() <= 512, "{user:?}");
    }
}
