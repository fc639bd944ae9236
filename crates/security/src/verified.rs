//! Remembers tokens whose signature was found good, by a digest of the whole token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ring::digest::{SHA256, digest};

const SHARDS: usize = 16;

/// A bounded memory of verified tokens. It says only what a verification under the same keys said;
/// whether a token is still in time is for the caller to look at.
pub(crate) struct VerifiedTokens<C> {
    shards: Vec<Mutex<Shard<C>>>,
    per_shard: usize,
}

struct Shard<C> {
    /// The generation of keys that the entries were verified under.
    generation: u64,
    entries: HashMap<[u8; 32], C>,
}

impl<C: Copy> VerifiedTokens<C> {
    /// A memory for about `capacity` tokens.
    pub(crate) fn new(capacity: usize) -> Self {
        let shard = || Mutex::new(Shard { generation: 0, entries: HashMap::new() });
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), per_shard: capacity.div_ceil(SHARDS) }
    }

    /// What was found of this token under this generation of keys.
    pub(crate) fn find(&self, token: &str, generation: u64) -> Option<C> {
        let key = key_of(token);
        let shard = self.shard(&key)?.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.generation == generation { shard.entries.get(&key).copied() } else { None }
    }

    /// Keeps what was found. A full shard is emptied first: what is used is soon verified again.
    pub(crate) fn remember(&self, token: &str, generation: u64, claims: C) {
        let key = key_of(token);
        let Some(shard) = self.shard(&key) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.generation != generation || shard.entries.len() >= self.per_shard {
            shard.entries.clear();
            shard.generation = generation;
        }
        shard.entries.insert(key, claims);
    }

    fn shard(&self, key: &[u8; 32]) -> Option<&Mutex<Shard<C>>> {
        let [first, ..] = key;
        self.shards.get(usize::from(*first) % SHARDS)
    }
}

fn key_of(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()) {
        *to = *from;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_only_under_the_keys_it_was_verified_with() {
        let memory = VerifiedTokens::new(64);
        memory.remember("token", 1, 7);
        assert_eq!(memory.find("token", 1), Some(7));
        assert_eq!(memory.find("token", 2), None);
        assert_eq!(memory.find("token.", 1), None);
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let memory = VerifiedTokens::new(64);
        for number in 0..10_000 {
            memory.remember(&format!("token {number}"), 1, number);
        }
        let held: usize = memory.shards.iter().map(|shard| shard.lock().unwrap().entries.len()).sum();
        assert!(held <= 64, "{held}");
        assert_eq!(memory.find("token 9999", 1), Some(9_999));
    }
}
