//! Digests: what is stored in place of a secret.

use std::fmt;

/// The 32 bytes that stand for a secret in a table or as a key.
#[derive(Clone, Copy, PartialOrd, Ord)]
pub struct Digest([u8; Self::LENGTH]);

impl Digest {
    /// The length in bytes.
    pub const LENGTH: usize = 32;

    /// Holds these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads stored bytes; `None` when there are not exactly [`Digest::LENGTH`].
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// Compares every byte, wherever the first difference is.
impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let mut difference = 0;
        for (a, b) in self.0.iter().zip(&other.0) {
            difference |= a ^ b;
        }
        std::hint::black_box(difference) == 0
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest([REDACTED])")
    }
}

/// Makes digests under a key of this deployment, so that a stored digest of something guessable,
/// such as an address, tells nothing to who does not hold the key.
pub trait Digests: Send + Sync {
    /// The digest of `bytes` for `purpose`. Two purposes never give the same digest.
    fn digest(&self, purpose: &'static str, bytes: &[u8]) -> Digest;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_equals_only_itself_and_does_not_print() {
        let one = Digest::new([1; 32]);
        let mut bytes = [1; 32];
        bytes[31] = 2;
        assert_eq!(one, Digest::new([1; 32]));
        assert_ne!(one, Digest::new(bytes));
        assert_eq!(Digest::from_slice(&[0; 31]), None);
        assert_eq!(format!("{one:?}"), "Digest([REDACTED])");
    }
}
