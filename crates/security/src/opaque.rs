//! Opaque tokens: 48 bytes in base64url, 64 characters.
//!
//! An id (16 bytes), chance (16 bytes) and a seal (16 bytes of HMAC-SHA256 over kind, id and
//! chance). The seal lets rubbish be refused without a look into any table, and lets an old token
//! of a session be told from a forged one.

use autorisen_domain::auth::{Minted, OpaqueKind, OpaqueRead, OpaqueTokens};
use autorisen_domain::digest::Digest;
use autorisen_domain::error::PortError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac};
use secrecy::{ExposeSecret, SecretString};

use crate::MasterKey;
use crate::digests::to_digest;
use crate::master_key::DerivedKeys;
use crate::random::random_bytes;
use crate::seal;

const PART: usize = 16;
const LENGTH: usize = 3 * PART;
const TEXT_LENGTH: usize = 64;

/// Makes and reads opaque tokens under the master key.
pub struct SealedOpaqueTokens {
    keys: Vec<hmac::Key>,
    successors: DerivedKeys,
}

impl SealedOpaqueTokens {
    /// Tokens under this master key, and those made under the one before it.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        let derived = master.derive("opaque tokens");
        Self {
            keys: derived.all().map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)).collect(),
            successors: master.derive("successors of refresh tokens"),
        }
    }

    fn successor_keys(&self, parent: &str) -> DerivedKeys {
        self.successors.bound_to(parent.as_bytes(), "successor of this token")
    }
}

impl OpaqueTokens for SealedOpaqueTokens {
    fn mint(&self, kind: OpaqueKind, id: &[u8; 16]) -> Result<Minted, PortError> {
        let chance = random_bytes::<PART>()?;
        let key = self.keys.first().ok_or_else(|| PortError::new("mint a token", "there is no key"))?;
        let tag = hmac::sign(key, &sealed_part(kind, id, &chance));
        let mut bytes = [&id[..], &chance, tag.as_ref()].concat();
        bytes.truncate(LENGTH);
        let token = SecretString::from(URL_SAFE_NO_PAD.encode(&bytes));
        let digest = digest_of(token.expose_secret());
        Ok(Minted { token, digest })
    }

    fn read(&self, kind: OpaqueKind, token: &str) -> Option<OpaqueRead> {
        if token.len() != TEXT_LENGTH {
            return None;
        }
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (id, rest) = bytes.split_first_chunk::<PART>()?;
        let (chance, tag) = rest.split_first_chunk::<PART>()?;
        let message = sealed_part(kind, id, chance);
        let genuine = self.keys.iter().any(|key| is_tag(key, &message, tag));
        genuine.then(|| OpaqueRead { names: *id, digest: digest_of(token) })
    }

    fn seal_successor(&self, parent: &str, successor: &SecretString) -> Vec<u8> {
        // A failing generator was noticed when the successor was minted; an empty seal opens for
        // nobody, so at worst a lost answer cannot be repeated.
        seal::seal(&self.successor_keys(parent), b"", successor.expose_secret().as_bytes())
            .unwrap_or_default()
    }

    fn open_successor(&self, parent: &str, sealed: &[u8]) -> Option<SecretString> {
        let bytes = seal::open(&self.successor_keys(parent), b"", sealed)?;
        String::from_utf8(bytes).ok().map(SecretString::from)
    }
}

fn sealed_part(kind: OpaqueKind, id: &[u8; PART], chance: &[u8; PART]) -> Vec<u8> {
    [&[kind_label(kind)], &id[..], chance].concat()
}

const fn kind_label(kind: OpaqueKind) -> u8 {
    match kind {
        OpaqueKind::Refresh => 1,
        OpaqueKind::Cookie => 2,
        OpaqueKind::Registration => 3,
    }
}

/// Compares the tag's first half, in a time that does not depend on where it differs.
fn is_tag(key: &hmac::Key, message: &[u8], tag: &[u8]) -> bool {
    let expected = hmac::sign(key, message);
    let mut difference = u8::from(tag.len() != PART);
    for (a, b) in expected.as_ref().iter().zip(tag) {
        difference |= a ^ b;
    }
    std::hint::black_box(difference) == 0
}

fn digest_of(token: &str) -> Digest {
    to_digest(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}
