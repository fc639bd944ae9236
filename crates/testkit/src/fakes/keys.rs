//! Signing keys without cryptography: a secret, and a checksum that only its deployment can make.

use std::sync::{PoisonError, RwLock};

use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::{KeyFactory, KeyId, KeyRing, KeyState, PublicKey, SigningKey};

use crate::fakes::checksum::{checksum, fresh_number, hex};

/// Makes keys that the ring of the same deployment can unseal.
#[derive(Debug)]
pub struct FakeKeyFactory {
    secret: u64,
}

impl FakeKeyFactory {
    /// That of the deployment with this secret.
    pub const fn new(secret: u64) -> Self {
        Self { secret }
    }
}

impl KeyFactory for FakeKeyFactory {
    fn generate(&self, state: KeyState, now: Timestamp) -> Result<SigningKey, PortError> {
        let number = fresh_number();
        let id = KeyId::parse(&format!("key-{number}"))
            .ok_or_else(|| PortError::new("make a key", "its name is malformed"))?;
        let key = checksum(&[b"key", &self.secret.to_be_bytes(), &number.to_be_bytes()]);
        let sealed = [key, seal_of(self.secret, &id, &key)].concat();
        Ok(SigningKey { id, state, sealed, created_at: now, changed_at: now })
    }

    /// A fake deployment never changes its secret.
    fn reseal(&self, _: &SigningKey) -> Result<Option<Vec<u8>>, PortError> {
        Ok(None)
    }
}

/// Holds keys that the factory of the same deployment made.
#[derive(Debug)]
pub struct FakeKeyRing {
    secret: u64,
    held: RwLock<Vec<HeldKey>>,
}

/// A key as it is used.
#[derive(Debug, Clone)]
pub(super) struct HeldKey {
    pub(super) id: KeyId,
    pub(super) state: KeyState,
    pub(super) key: [u8; 32],
}

impl FakeKeyRing {
    /// That of the deployment with this secret, empty.
    pub const fn new(secret: u64) -> Self {
        Self { secret, held: RwLock::new(Vec::new()) }
    }

    pub(super) fn find(&self, matches: impl Fn(&HeldKey) -> bool) -> Option<HeldKey> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|key| matches(key)).cloned()
    }

    fn unseal(&self, key: &SigningKey) -> Result<HeldKey, PortError> {
        let unreadable = || PortError::new("unseal a key", format!("{} is not ours", key.id.as_str()));
        let (secret, seal) = key.sealed.split_first_chunk::<32>().ok_or_else(unreadable)?;
        if *seal != seal_of(self.secret, &key.id, secret) {
            return Err(unreadable());
        }
        Ok(HeldKey { id: key.id.clone(), state: key.state, key: *secret })
    }
}

impl KeyRing for FakeKeyRing {
    fn load(&self, keys: &[SigningKey]) -> Result<(), PortError> {
        let loaded = keys.iter().map(|key| self.unseal(key)).collect::<Result<_, _>>()?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    fn public_keys(&self) -> Vec<PublicKey> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.iter()
            .map(|key| PublicKey { id: key.id.clone(), x: coordinate("x", key), y: coordinate("y", key) })
            .collect()
    }
}

fn seal_of(secret: u64, id: &KeyId, key: &[u8]) -> [u8; 32] {
    checksum(&[b"sealed key", &secret.to_be_bytes(), id.as_str().as_bytes(), key])
}

/// As long as the coordinate of a P-256 point in base64url.
fn coordinate(axis: &str, key: &HeldKey) -> String {
    let mut text = hex(&checksum(&[b"public", axis.as_bytes(), &key.key]));
    text.truncate(43);
    text
}
