//! Good tokens, mutated at random: none is accepted but the good ones, and nothing panics. `cargo xtask
//! fuzz` goes on where this ends; `AUTORISEN_TEST_LONG=1` goes on for a million of each.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{
    AccessClaims, AccessTokens as _, OpaqueKind, OpaqueTokens as _, SessionId, UserId,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::id::Random as _;
use autorisen_domain::keys::{KeyFactory as _, KeyRing as _, KeyState};
use autorisen_security::{
    EcdsaKeyFactory, EcdsaKeyRing, JwtAccessTokens, MasterKey, SealedOpaqueTokens, SystemRandom,
};
use secrecy::ExposeSecret as _;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

#[test]
fn no_mutated_token_is_accepted_and_none_makes_it_panic() {
    let master = MasterKey::new("a master key for tests, long enough".into(), None);
    let ring = Arc::new(EcdsaKeyRing::new(&master));
    ring.load(&[EcdsaKeyFactory::new(&master).generate(KeyState::Current, NOW).unwrap()]).unwrap();
    let access = JwtAccessTokens::new(ring, "issuer".into(), "audience".into());
    let opaque = SealedOpaqueTokens::new(&master);
    let claims = AccessClaims {
        user: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        issued_at: NOW,
        expires_at: NOW.plus(Duration::from_mins(15)),
    };
    let signed = access.sign(&claims).unwrap();
    let minted = opaque.mint(OpaqueKind::Refresh, &[3; 16]).unwrap().token;
    let (signed, minted) = (signed.expose_secret(), minted.expose_secret());

    let mut chance = Chance::new();
    for round in 0..if is_long() { 1_000_000 } else { 20_000 } {
        let other = mutated(signed, &mut chance);
        assert_eq!(access.verify(&other, NOW).is_ok(), other == *signed, "{round}: {other}");
        let other = mutated(minted, &mut chance);
        let is_taken = opaque.read(OpaqueKind::Refresh, &other).is_some();
        assert_eq!(is_taken, other == *minted, "{round}: {other}");
    }
}

/// One to four changes: a character replaced, taken out, put in, or a piece moved, cut or doubled.
fn mutated(token: &str, chance: &mut Chance) -> String {
    const ALPHABET: &[u8] = b"ABCXYZabcxyz0189-_.+/= \n\"{}\\%\0";
    let mut text: Vec<u8> = token.bytes().collect();
    for _ in 0..=chance.below(3) {
        let length = text.len();
        let at = chance.below(length.max(1));
        let other = ALPHABET[chance.below(ALPHABET.len())];
        match chance.below(7) {
            0 | 1 => text.iter_mut().skip(at).take(1).for_each(|byte| *byte = other),
            2 => drop(text.drain(at..(at + 1).min(length))),
            3 => text.insert(at, other),
            4 => text.truncate(at),
            5 => text.rotate_left(at),
            _ => text.extend_from_within(at..),
        }
    }
    String::from_utf8(text).unwrap()
}

/// Numbers that need not be unpredictable, from a beginning that is another each time.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let mut seed = [0; 8];
        SystemRandom.fill(&mut seed).unwrap();
        Self(u64::from_ne_bytes(seed) | 1)
    }

    /// By xorshift.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests are told by the environment, as their PostgreSQL is"
)]
fn is_long() -> bool {
    std::env::var_os("AUTORISEN_TEST_LONG").is_some_and(|value| value == "1")
}
