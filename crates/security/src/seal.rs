//! Authenticated encryption of small secrets: AES-256-GCM with a random nonce.

use autorisen_domain::error::PortError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::master_key::DerivedKeys;
use crate::random::random_bytes;

/// Encrypts `plain` so that it opens only with the same key and for the same `label`.
pub(crate) fn seal(keys: &DerivedKeys, label: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError> {
    let failed = || PortError::new("seal a secret", "the cipher refused");
    let nonce = random_bytes::<NONCE_LEN>()?;
    let mut sealed = plain.to_vec();
    cipher(keys.current())
        .ok_or_else(failed)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(label), &mut sealed)
        .map_err(|_| failed())?;
    Ok([&nonce[..], &sealed].concat())
}

/// Decrypts what [`seal`] made; `None` when the key, the label or a single bit is another.
pub(crate) fn open(keys: &DerivedKeys, label: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    keys.all().find_map(|key| open_with(key, label, sealed))
}

/// Decrypts what [`seal`] made under a key before the current one; `None` also for the current one.
pub(crate) fn open_older(keys: &DerivedKeys, label: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    keys.all().skip(1).find_map(|key| open_with(key, label, sealed))
}

fn open_with(key: &[u8; 32], label: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut plain = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = cipher(key)?.open_in_place(nonce, Aad::from(label), &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;

    fn derived(master: &str) -> DerivedKeys {
        MasterKey::new(master.into(), None).derive("test")
    }

    #[test]
    fn only_the_same_key_and_label_open_it() {
        let keys = derived("key");
        let sealed = seal(&keys, b"label", b"secret").unwrap();
        assert_eq!(open(&keys, b"label", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(open(&keys, b"other", &sealed), None);
        assert_eq!(open(&derived("other"), b"label", &sealed), None);
        assert_ne!(seal(&keys, b"label", b"secret").unwrap(), sealed, "the nonce is new each time");
    }

    #[test]
    fn a_changed_bit_or_a_cut_is_noticed() {
        let keys = derived("key");
        let sealed = seal(&keys, b"label", b"secret").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(open(&keys, b"label", &changed), None, "byte {index}");
            assert_eq!(open(&keys, b"label", &sealed[..index]), None, "first {index} bytes");
        }
    }
}
