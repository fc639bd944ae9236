//! What every [`PasswordHasher`] keeps.

use std::time::{Duration, Instant};

use autorisen_domain::auth::{PasswordHash, PasswordHasher};

use crate::fixtures::{PASSWORD, attempt, longest_password, password};

/// Makes a test of every promise of the port over the hasher that the async function `$hasher` gives.
#[macro_export]
macro_rules! password_hasher_contract {
    ($hasher:path) => {
        $crate::contract_tests! {
            $hasher, password_hasher:
            a_password_matches_its_hash,
            another_password_does_not_match,
            hashes_with_a_new_salt_each_time,
            nothing_matches_without_a_hash,
            what_is_longer_than_a_password_can_be_does_not_match_its_beginning,
            a_password_repeated_behind_a_nul_does_not_match,
            takes_as_long_without_a_hash_as_with_one,
            a_hash_that_was_just_made_is_not_renewed,
            its_own_hashes_are_read_and_what_is_none_is_not,
        }
    };
}

pub async fn a_password_matches_its_hash(hasher: &impl PasswordHasher) {
    let four_bytes_each: String = ('\u{1D100}'..).step_by(3).take(18).collect();
    for text in [PASSWORD, "twelve chars", "ünï-cødé pässwörd ", &longest_password(), &four_bytes_each]
    {
        let hash = hasher.hash(&password(text)).await.unwrap();
        assert!(matches(hasher, text, Some(&hash)).await, "{text:?}");
    }
}

pub async fn another_password_does_not_match(hasher: &impl PasswordHasher) {
    let hash = hasher.hash(&password(PASSWORD)).await.unwrap();
    for text in ["x", "correct horse batter", "correct horse battery ", "Correct horse battery", "\u{FEFF}"] {
        assert!(!matches(hasher, text, Some(&hash)).await, "{text:?}");
    }
    let longest = longest_password();
    let hash = hasher.hash(&password(&longest)).await.unwrap();
    let but_the_last = format!("{}\t", &longest[..71]);
    assert!(!matches(hasher, &but_the_last, Some(&hash)).await, "the 72nd byte counts");
}

pub async fn hashes_with_a_new_salt_each_time(hasher: &impl PasswordHasher) {
    let one = hasher.hash(&password(PASSWORD)).await.unwrap();
    let other = hasher.hash(&password(PASSWORD)).await.unwrap();
    assert_ne!(one.expose(), other.expose());
}

pub async fn nothing_matches_without_a_hash(hasher: &impl PasswordHasher) {
    for text in [PASSWORD, "x", " ", "\0", &"x".repeat(256)] {
        assert!(!matches(hasher, text, None).await, "{text:?}");
    }
}

pub async fn what_is_longer_than_a_password_can_be_does_not_match_its_beginning(
    hasher: &impl PasswordHasher,
) {
    let longest = longest_password();
    let hash = hasher.hash(&password(&longest)).await.unwrap();
    for more in ["x", "y", " ", &"x".repeat(100)] {
        assert!(!matches(hasher, &format!("{longest}{more}"), Some(&hash)).await, "{more:?} more");
    }
}

pub async fn a_password_repeated_behind_a_nul_does_not_match(hasher: &impl PasswordHasher) {
    let hash = hasher.hash(&password(PASSWORD)).await.unwrap();
    for text in [format!("{PASSWORD}\0{PASSWORD}"), format!("{PASSWORD}\0"), format!("{PASSWORD}\0x")] {
        assert!(!matches(hasher, &text, Some(&hash)).await, "{text:?}");
    }
}

pub async fn takes_as_long_without_a_hash_as_with_one(hasher: &impl PasswordHasher) {
    let hash = hasher.hash(&password(PASSWORD)).await.unwrap();
    let (mut with, mut without) = (Duration::MAX, Duration::MAX);
    // The shortest of many is what the work itself takes, whatever else the machine does.
    for _ in 0..15 {
        with = with.min(time_of(hasher, Some(&hash)).await);
        without = without.min(time_of(hasher, None).await);
    }
    // A hasher of tests does no work that could be measured.
    let measurable = with.max(without) > Duration::from_micros(200);
    assert!(!measurable || (with < 2 * without && without < 2 * with), "{with:?} with, {without:?} without");
}

pub async fn a_hash_that_was_just_made_is_not_renewed(hasher: &impl PasswordHasher) {
    let hash = hasher.hash(&password(PASSWORD)).await.unwrap();
    assert!(hasher.renew(&attempt(PASSWORD), &hash).await.unwrap().is_none());
}

pub async fn its_own_hashes_are_read_and_what_is_none_is_not(hasher: &impl PasswordHasher) {
    assert!(hasher.reads(&hasher.hash(&password(PASSWORD)).await.unwrap()));
    for text in ["", PASSWORD, "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"] {
        assert!(!hasher.reads(&PasswordHash::new(text.to_owned())), "{text:?}");
    }
}

async fn time_of(hasher: &impl PasswordHasher, hash: Option<&PasswordHash>) -> Duration {
    let start = Instant::now();
    assert!(!matches(hasher, "the wrong password", hash).await);
    start.elapsed()
}

async fn matches(hasher: &impl PasswordHasher, text: &str, hash: Option<&PasswordHash>) -> bool {
    hasher.verify(&attempt(text), hash).await.unwrap()
}
