//! Addresses of files that are good for a while and for one user.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::UserId;
use crate::chat::AttachmentId;
use crate::clock::Timestamp;
use crate::digest::{Digest, Digests};

/// What an address is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkUse {
    /// To send the bytes.
    Upload,
    /// To read them.
    Read,
}

impl LinkUse {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Upload => "chat attachment upload",
            Self::Read => "chat attachment read",
        }
    }
}

/// Makes and checks addresses of files. An address names user, file and end, under a key of this
/// deployment.
pub struct FileLinks {
    digests: Arc<dyn Digests>,
    base: String,
    ttl: Duration,
}

/// The part of an address that says for whom and until when it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkGrant {
    /// For whom.
    pub user: UserId,
    /// Until when, in whole seconds.
    pub expires: i64,
    /// That this is so, in hexadecimal digits.
    pub signature: String,
}

impl FileLinks {
    /// Addresses that begin with `base`, an origin or nothing, and are good for `ttl`.
    #[must_use]
    pub const fn new(digests: Arc<dyn Digests>, base: String, ttl: Duration) -> Self {
        Self { digests, base, ttl }
    }

    /// Where the bytes of a file are sent.
    #[must_use]
    pub fn uploading(&self, user: UserId, id: AttachmentId, now: Timestamp) -> String {
        self.address(LinkUse::Upload, user, id, now)
    }

    /// Where a file is read.
    #[must_use]
    pub fn reading(&self, user: UserId, id: AttachmentId, now: Timestamp) -> String {
        self.address(LinkUse::Read, user, id, now)
    }

    /// Whether an address is good for this at `now`.
    #[must_use]
    pub fn allows(&self, usage: LinkUse, id: AttachmentId, grant: &LinkGrant, now: Timestamp) -> bool {
        let expected = self.digest(usage, grant.user, id, grant.expires);
        digest(&grant.signature) == Some(expected) && now < Timestamp::from_secs(grant.expires)
    }

    fn address(&self, usage: LinkUse, user: UserId, id: AttachmentId, now: Timestamp) -> String {
        let expires = now.plus(self.ttl).secs();
        let signature = hex(&self.digest(usage, user, id, expires));
        format!(
            "{}/api/chatkit/attachments/{id}?user={user}&expires={expires}&signature={signature}",
            self.base
        )
    }

    fn digest(&self, usage: LinkUse, user: UserId, id: AttachmentId, expires: i64) -> Digest {
        self.digests.digest(usage.purpose(), format!("{user}/{id}/{expires}").as_bytes())
    }
}

fn hex(digest: &Digest) -> String {
    use std::fmt::Write as _;
    digest.as_bytes().iter().fold(String::with_capacity(2 * Digest::LENGTH), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads what [`hex`] wrote.
fn digest(text: &str) -> Option<Digest> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { Digest::from_slice(&bytes?) } else { None }
}
