//! Digests under a key of the deployment.

use autorisen_domain::digest::{Digest, Digests};
use ring::hmac;

use crate::MasterKey;

/// HMAC with SHA-256 (RFC 2104), the purpose first.
pub struct KeyedDigests {
    key: hmac::Key,
}

impl KeyedDigests {
    /// Digests under this master key. They change with it.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        let derived = master.derive("digests");
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, derived.current()) }
    }
}

impl Digests for KeyedDigests {
    fn digest(&self, purpose: &'static str, bytes: &[u8]) -> Digest {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(purpose.as_bytes());
        context.update(&[0]); // No purpose holds a NUL, so the two parts cannot be confused.
        context.update(bytes);
        to_digest(context.sign().as_ref())
    }
}

/// The first 32 bytes: all of them, for SHA-256.
pub(crate) fn to_digest(bytes: &[u8]) -> Digest {
    let mut digest = [0; Digest::LENGTH];
    for (to, from) in digest.iter_mut().zip(bytes) {
        *to = *from;
    }
    Digest::new(digest)
}
