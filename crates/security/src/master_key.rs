//! The master key, and the keys that are derived from it.

use ring::hkdf;
use secrecy::{ExposeSecret, SecretString};

/// The secret that all symmetric keys of a deployment come from, and the one before it.
#[derive(Debug, Clone)]
pub struct MasterKey {
    current: SecretString,
    previous: Option<SecretString>,
}

/// A key for one purpose: the one to make things with, then the ones that things may have been
/// made with.
pub(crate) struct DerivedKeys {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl MasterKey {
    /// A master key. What was made under `previous` is still read; nothing new is made under it.
    #[must_use]
    pub const fn new(current: SecretString, previous: Option<SecretString>) -> Self {
        Self { current, previous }
    }

    /// The keys for `purpose` (HKDF with SHA-256, RFC 5869).
    pub(crate) fn derive(&self, purpose: &'static str) -> DerivedKeys {
        let expand = |secret: &SecretString| expand(secret.expose_secret().as_bytes(), purpose);
        DerivedKeys { current: expand(&self.current), previous: self.previous.as_ref().map(expand) }
    }
}

impl DerivedKeys {
    /// The same keys, each bound to these bytes as well.
    pub(crate) fn bound_to(&self, bytes: &[u8], purpose: &'static str) -> Self {
        let expand = |key: &[u8; 32]| expand(&[&key[..], bytes].concat(), purpose);
        Self { current: expand(&self.current), previous: self.previous.as_ref().map(expand) }
    }

    /// The key to make things with.
    pub(crate) const fn current(&self) -> &[u8; 32] {
        &self.current
    }

    /// All keys, the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &[u8; 32]> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

fn expand(secret: &[u8], purpose: &'static str) -> [u8; 32] {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }

    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"autorisen");
    let mut key = [0; 32];
    let filled =
        salt.extract(secret).expand(&[purpose.as_bytes()], Length).and_then(|okm| okm.fill(&mut key));
    // HKDF refuses only more than 255 times the digest's length.
    debug_assert!(filled.is_ok());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(current: &str, previous: Option<&str>) -> MasterKey {
        MasterKey::new(current.into(), previous.map(Into::into))
    }

    #[test]
    fn each_purpose_and_each_secret_has_its_own_key() {
        let key = master("one", None);
        assert_eq!(key.derive("a").current(), key.derive("a").current());
        assert_ne!(key.derive("a").current(), key.derive("b").current());
        assert_ne!(key.derive("a").current(), master("two", None).derive("a").current());
        assert_ne!(key.derive("a").current(), &[0; 32]);
    }

    #[test]
    fn the_previous_secret_still_gives_its_keys_but_not_the_current_one() {
        let old = master("one", None).derive("a");
        let new = master("two", Some("one")).derive("a");
        assert_ne!(new.current(), old.current());
        assert!(new.all().any(|key| key == old.current()));
    }
}
