//! Ids: those that can be kept are, and the others become the same new one each time.

use sha2::{Digest as _, Sha256};

use crate::auth::UserId;

/// The id of the account that had this id, and whether it is a new one.
#[must_use]
pub fn account_id(old: &str) -> (UserId, bool) {
    match UserId::parse(old.trim()) {
        Ok(id) => (id, false),
        Err(_) => (UserId::from_bytes(made_from("account", old)), true),
    }
}

/// The id of a row that nothing else refers to: as it is while it has 1 to 36 printable characters. The
/// flag tells that it is a new one.
#[must_use]
pub fn record_id(old: &str) -> (String, bool) {
    if (1..=36).contains(&old.len()) && old.bytes().all(|byte| byte.is_ascii_graphic()) {
        return (old.to_owned(), false);
    }
    (uuid::Uuid::from_bytes(made_from("record", old)).to_string(), true)
}

/// A UUID of version 8 (RFC 9562) that is made of an old id.
pub(super) fn made_from(what: &str, old: &str) -> [u8; 16] {
    let digest = Sha256::new().chain_update(what).chain_update([0]).chain_update(old).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_kept_and_anything_else_becomes_the_same_one_each_time() {
        let text = "0190a0b0-0000-7000-8000-00000000000A";
        let (id, is_new) = account_id(text);
        assert_eq!((id.to_string(), is_new), (text.to_lowercase(), false));
        let (made, is_new) = account_id("user-17");
        assert!(is_new && made == account_id("user-17").0 && made != account_id("user-18").0);
        assert!(UserId::parse(&made.to_string()).is_ok());
    }

    #[test]
    fn the_id_of_a_record_is_kept_while_it_can_be() {
        assert_eq!(record_id("evt-1"), ("evt-1".to_owned(), false));
        for text in ["", "a b", "a\0", &"x".repeat(37)] {
            let (id, is_new) = record_id(text);
            assert!(is_new && id.len() == 36, "{text:?}");
        }
    }
}
