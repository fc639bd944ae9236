//! The ES256 keys: making them, keeping them encrypted, holding them for use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::{KeyFactory, KeyId, KeyRing, KeyState, PublicKey, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biscuit::jws::Secret;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

use crate::MasterKey;
use crate::master_key::DerivedKeys;
use crate::random::random_bytes;
use crate::seal;

const COORDINATE: usize = 32;

/// Makes key pairs and encrypts them under the master key.
pub struct EcdsaKeyFactory {
    keys: DerivedKeys,
}

impl EcdsaKeyFactory {
    /// A factory under this master key.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self { keys: sealing_keys(master) }
    }
}

impl KeyFactory for EcdsaKeyFactory {
    fn generate(&self, state: KeyState, now: Timestamp) -> Result<SigningKey, PortError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| PortError::new("generate a signing key", "the generator failed"))?;
        let id = KeyId::parse(&URL_SAFE_NO_PAD.encode(random_bytes::<12>()?))
            .ok_or_else(|| PortError::new("generate a signing key", "its name is malformed"))?;
        let sealed = seal::seal(&self.keys, id.as_str().as_bytes(), pkcs8.as_ref())?;
        Ok(SigningKey { id, state, sealed, created_at: now, changed_at: now })
    }

    fn reseal(&self, key: &SigningKey) -> Result<Option<Vec<u8>>, PortError> {
        let label = key.id.as_str().as_bytes();
        match seal::open_older(&self.keys, label, &key.sealed) {
            Some(pkcs8) => seal::seal(&self.keys, label, &pkcs8).map(Some),
            None => Ok(None),
        }
    }
}

/// A key pair, opened and ready for use.
pub(crate) struct LoadedKey {
    id: KeyId,
    state: KeyState,
    pair: Secret,
    public: Secret,
    jwk: PublicKey,
}

impl LoadedKey {
    /// Its name.
    pub(crate) const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The pair, for signing.
    pub(crate) const fn pair_secret(&self) -> &Secret {
        &self.pair
    }

    /// The public half, for verifying.
    pub(crate) const fn public_secret(&self) -> &Secret {
        &self.public
    }
}

/// The keys of one moment.
#[derive(Default)]
pub(crate) struct LoadedKeys(Vec<LoadedKey>);

impl LoadedKeys {
    /// The key of this name.
    pub(crate) fn find(&self, kid: &str) -> Option<&LoadedKey> {
        self.0.iter().find(|key| key.id.as_str() == kid)
    }

    /// The key that signs.
    pub(crate) fn current(&self) -> Option<&LoadedKey> {
        self.0.iter().find(|key| key.state == KeyState::Current)
    }
}

/// The keys of this process. They can be replaced while they are in use.
pub struct EcdsaKeyRing {
    sealing: DerivedKeys,
    keys: RwLock<Arc<LoadedKeys>>,
    generation: AtomicU64,
}

impl EcdsaKeyRing {
    /// An empty ring that opens keys with this master key.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self { sealing: sealing_keys(master), keys: RwLock::default(), generation: AtomicU64::new(1) }
    }

    /// The keys as they are now.
    pub(crate) fn keys(&self) -> Arc<LoadedKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Grows whenever the set of keys changes.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn open(&self, key: &SigningKey) -> Result<LoadedKey, PortError> {
        let unreadable = |why: &str| {
            let message = format!("key {}: {why}", key.id.as_str());
            PortError::new("load the signing keys", message)
        };
        let pkcs8 = seal::open(&self.sealing, key.id.as_str().as_bytes(), &key.sealed)
            .ok_or_else(|| unreadable("not encrypted under this SECRET_KEY"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new())
            .map_err(|_| unreadable("no P-256 key pair"))?;

        let point = pair.public_key().as_ref().to_vec();
        let jwk = public_key(&key.id, &point).ok_or_else(|| unreadable("its public half is malformed"))?;
        Ok(LoadedKey {
            id: key.id.clone(),
            state: key.state,
            pair: Secret::EcdsaKeyPair(Arc::new(pair)),
            public: Secret::PublicKey(point),
            jwk,
        })
    }
}

impl KeyRing for EcdsaKeyRing {
    fn load(&self, keys: &[SigningKey]) -> Result<(), PortError> {
        let same = {
            let held = self.keys();
            held.0.len() == keys.len()
                && keys
                    .iter()
                    .all(|key| held.find(key.id.as_str()).is_some_and(|held| held.state == key.state))
        };
        if same {
            return Ok(());
        }
        let loaded = keys.iter().map(|key| self.open(key)).collect::<Result<Vec<_>, _>>()?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(LoadedKeys(loaded));
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn public_keys(&self) -> Vec<PublicKey> {
        self.keys().0.iter().map(|key| key.jwk.clone()).collect()
    }
}

fn sealing_keys(master: &MasterKey) -> DerivedKeys {
    master.derive("signing keys at rest")
}

/// Splits an uncompressed point (SEC 1, section 2.3.3) into its coordinates.
fn public_key(id: &KeyId, point: &[u8]) -> Option<PublicKey> {
    let coordinates = point.strip_prefix(&[4])?;
    if coordinates.len() != 2 * COORDINATE {
        return None;
    }
    let (x, y) = coordinates.split_at(COORDINATE);
    Some(PublicKey { id: id.clone(), x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn master(current: &str, previous: Option<&str>) -> MasterKey {
        MasterKey::new(current.into(), previous.map(Into::into))
    }

    #[test]
    fn the_master_key_changes_in_two_steps_and_the_old_one_is_then_not_needed() {
        let (first, both) = (master("one", None), master("two", Some("one")));
        let key = EcdsaKeyFactory::new(&first).generate(KeyState::Current, NOW).unwrap();
        let sealed = EcdsaKeyFactory::new(&both).reseal(&key).unwrap().expect("it is under the first");
        let resealed = SigningKey { sealed, ..key.clone() };

        let second = master("two", None);
        EcdsaKeyRing::new(&second).load(std::slice::from_ref(&resealed)).unwrap();
        assert!(EcdsaKeyRing::new(&second).load(std::slice::from_ref(&key)).is_err());
        assert_eq!(EcdsaKeyFactory::new(&both).reseal(&resealed).unwrap(), None, "once is enough");
        assert_eq!(EcdsaKeyFactory::new(&second).reseal(&key).unwrap(), None, "a foreign one is left alone");
    }
}
