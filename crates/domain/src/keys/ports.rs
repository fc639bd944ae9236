//! What signing keys need from outside.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;
use crate::keys::{KeyId, KeyState, PublicKey, SigningKey};

/// A change of keys: the next one becomes current, the current one retires, a new one is announced.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    /// The key that is current when the change is decided; if it no longer is, nothing changes.
    pub current: KeyId,
    /// The key to announce.
    pub announced: SigningKey,
    /// Retired keys that changed before this are forgotten.
    pub forget_before: Timestamp,
    /// When.
    pub at: Timestamp,
}

/// The end of a key that fell into wrong hands.
#[derive(Debug, Clone)]
pub struct KeyRevocation {
    /// The key.
    pub key: KeyId,
    /// The key to announce, where the revoked one signed or was announced itself.
    pub announced: SigningKey,
    /// When.
    pub at: Timestamp,
}

/// Stores signing keys.
#[async_trait]
pub trait SigningKeyRepository: Send + Sync {
    /// All keys.
    async fn list(&self) -> Result<Vec<SigningKey>, PortError>;

    /// Stores the first keys: one current, one next. Of any number of concurrent calls exactly one
    /// stores; when there are keys already, nothing happens.
    async fn install(&self, current: &SigningKey, next: &SigningKey) -> Result<(), PortError>;

    /// Stores a key encrypted anew. Nothing happens when the key is gone.
    async fn replace_sealed(&self, id: &KeyId, sealed: &[u8]) -> Result<(), PortError>;

    /// Carries a change out as a whole. `false` when its current key is no longer current, or there
    /// is no next one: then nothing changed.
    async fn rotate(&self, rotation: &KeyRotation) -> Result<bool, PortError>;

    /// Forgets a key as a whole change: when it was current, the next one becomes current; when there
    /// is no next one then, the announced one is stored. `false` when there is no such key, or the
    /// keys were changed at the same moment: then nothing changed.
    async fn revoke(&self, revocation: &KeyRevocation) -> Result<bool, PortError>;
}

/// Makes keys.
pub trait KeyFactory: Send + Sync {
    /// A new key pair, encrypted under the master key.
    fn generate(&self, state: KeyState, now: Timestamp) -> Result<SigningKey, PortError>;

    /// The key encrypted anew, if it is under the master key before the current one; `None` when
    /// there is nothing to do, or it cannot be opened.
    fn reseal(&self, key: &SigningKey) -> Result<Option<Vec<u8>>, PortError>;
}

/// Holds the keys that this process signs and verifies with.
pub trait KeyRing: Send + Sync {
    /// Takes these keys in place of all it held. When one cannot be decrypted it fails, says which,
    /// and keeps what it had.
    fn load(&self, keys: &[SigningKey]) -> Result<(), PortError>;

    /// The public halves of the keys it holds.
    fn public_keys(&self) -> Vec<PublicKey>;
}
