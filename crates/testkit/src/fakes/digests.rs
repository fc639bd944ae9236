//! Digests that depend on the deployment.

use autorisen_domain::digest::{Digest, Digests};

use crate::fakes::checksum::checksum;

/// Makes digests that differ from those of every other deployment.
#[derive(Debug)]
pub struct FakeDigests {
    secret: u64,
}

impl FakeDigests {
    /// Those of the deployment with this secret.
    pub const fn new(secret: u64) -> Self {
        Self { secret }
    }
}

impl Digests for FakeDigests {
    fn digest(&self, purpose: &'static str, bytes: &[u8]) -> Digest {
        Digest::new(checksum(&[b"digest", &self.secret.to_be_bytes(), purpose.as_bytes(), bytes]))
    }
}
