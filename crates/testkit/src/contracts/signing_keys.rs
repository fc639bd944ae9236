//! What every [`SigningKeyRepository`](autorisen_domain::keys::SigningKeyRepository) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::clock::Timestamp;
use autorisen_domain::keys::{KeyRevocation, KeyRotation, KeyState, SigningKey};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, key_id, signing_key};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! signing_keys_contract {
    ($stores:path) => {
        $crate::signing_keys_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, signing_keys:
            there_are_no_keys_at_first,
            installs_the_first_keys_as_they_are,
            installs_nothing_where_there_are_keys,
            a_key_that_is_sealed_anew_stays_as_it_is_otherwise,
            rotating_moves_every_key_on,
            rotating_forgets_keys_that_retired_before_the_line,
            rotating_on_a_key_that_is_not_current_changes_nothing,
            rotating_without_keys_changes_nothing,
            revoking_the_current_key_lets_the_next_one_sign_and_announces_another,
            revoking_a_key_that_does_not_sign_leaves_the_one_that_does,
            revoking_what_is_not_there_changes_nothing,
            of_revocations_and_rotations_at_once_some_key_signs_and_another_is_next,
            of_concurrent_installs_exactly_one_stores,
            of_concurrent_rotations_exactly_one_succeeds,
        }
    };
}

const HOUR: Duration = Duration::from_hours(1);

pub async fn there_are_no_keys_at_first(stores: &Stores) {
    assert_eq!(stores.keys.list().await.unwrap(), []);
}

pub async fn installs_the_first_keys_as_they_are(stores: &Stores) {
    let current = signing_key("first", KeyState::Current);
    let next = SigningKey { changed_at: NOW.plus(HOUR), ..signing_key("Second_-2", KeyState::Next) };
    stores.keys.install(&current, &next).await.unwrap();
    assert_eq!(listed(stores).await, by_id([current, next]));
}

pub async fn a_key_that_is_sealed_anew_stays_as_it_is_otherwise(stores: &Stores) {
    install(stores).await;
    let mut before = listed(stores).await;
    stores.keys.replace_sealed(&before[0].id, b"sealed anew").await.unwrap();
    before[0].sealed = b"sealed anew".to_vec();
    assert_eq!(listed(stores).await, before);
    stores.keys.replace_sealed(&key_id("gone"), b"x").await.expect("it is no failure");
    assert_eq!(listed(stores).await, before);
}

pub async fn installs_nothing_where_there_are_keys(stores: &Stores) {
    install(stores).await;
    let before = listed(stores).await;
    let other = signing_key("other", KeyState::Current);
    let other_next = signing_key("other-next", KeyState::Next);
    stores.keys.install(&other, &other_next).await.expect("it is no failure");
    assert_eq!(listed(stores).await, before);
}

pub async fn rotating_moves_every_key_on(stores: &Stores) {
    let (current, next) = install(stores).await;
    let rotation = rotation("first", "third", NOW.plus(HOUR));
    assert!(stores.keys.rotate(&rotation).await.unwrap(), "it is carried out");
    let at = rotation.at;
    let expected = by_id([
        SigningKey { state: KeyState::Retired, changed_at: at, ..current },
        SigningKey { state: KeyState::Current, changed_at: at, ..next },
        rotation.announced,
    ]);
    assert_eq!(listed(stores).await, expected);
}

pub async fn rotating_forgets_keys_that_retired_before_the_line(stores: &Stores) {
    install(stores).await;
    let first_retired = NOW.plus(HOUR);
    for (rotation, left) in [
        (rotation("first", "third", first_retired), 3),
        (KeyRotation { forget_before: first_retired, ..rotation("second", "fourth", NOW.plus(2 * HOUR)) }, 4),
        (
            KeyRotation {
                forget_before: first_retired.plus(Duration::from_micros(1)),
                ..rotation("third", "fifth", NOW.plus(3 * HOUR))
            },
            4,
        ),
    ] {
        assert!(stores.keys.rotate(&rotation).await.unwrap());
        assert_eq!(listed(stores).await.len(), left, "after {rotation:?}");
    }
    let names: Vec<_> = listed(stores).await.into_iter().map(|key| key.id).collect();
    assert!(!names.contains(&key_id("first")), "the first key is forgotten: {names:?}");
}

pub async fn rotating_on_a_key_that_is_not_current_changes_nothing(stores: &Stores) {
    install(stores).await;
    assert!(stores.keys.rotate(&rotation("first", "third", NOW.plus(HOUR))).await.unwrap());
    let before = listed(stores).await;
    for not_current in ["first", "third", "unknown"] {
        let mut rotation = rotation(not_current, "fourth", NOW.plus(2 * HOUR));
        rotation.forget_before = NOW.plus(10 * HOUR);
        assert!(!stores.keys.rotate(&rotation).await.unwrap(), "{not_current} is not current");
        assert_eq!(listed(stores).await, before, "{not_current} is not current");
    }
}

pub async fn rotating_without_keys_changes_nothing(stores: &Stores) {
    assert!(!stores.keys.rotate(&rotation("first", "third", NOW)).await.unwrap());
    assert_eq!(listed(stores).await, []);
}

pub async fn revoking_the_current_key_lets_the_next_one_sign_and_announces_another(stores: &Stores) {
    let (_, next) = install(stores).await;
    let revocation = revocation("first", "third", NOW.plus(HOUR));
    assert!(stores.keys.revoke(&revocation).await.unwrap(), "it is carried out");
    let current = SigningKey { state: KeyState::Current, changed_at: revocation.at, ..next };
    assert_eq!(listed(stores).await, by_id([current, revocation.announced]));
}

pub async fn revoking_a_key_that_does_not_sign_leaves_the_one_that_does(stores: &Stores) {
    install(stores).await;
    assert!(stores.keys.rotate(&rotation("first", "third", NOW.plus(HOUR))).await.unwrap());
    let before = listed(stores).await;
    assert!(stores.keys.revoke(&revocation("first", "fourth", NOW.plus(2 * HOUR))).await.unwrap());
    let left: Vec<_> = before.into_iter().filter(|key| key.id != key_id("first")).collect();
    assert_eq!(listed(stores).await, left, "a retired one is gone, and nothing else changed");

    let revocation = revocation("third", "fifth", NOW.plus(3 * HOUR));
    assert!(stores.keys.revoke(&revocation).await.unwrap());
    let second = left.into_iter().find(|key| key.id == key_id("second")).unwrap();
    assert_eq!(listed(stores).await, by_id([second, revocation.announced]), "another is announced");
}

pub async fn revoking_what_is_not_there_changes_nothing(stores: &Stores) {
    assert!(!stores.keys.revoke(&revocation("first", "third", NOW)).await.unwrap());
    assert_eq!(listed(stores).await, []);
    install(stores).await;
    let before = listed(stores).await;
    assert!(!stores.keys.revoke(&revocation("unknown", "third", NOW)).await.unwrap());
    assert_eq!(listed(stores).await, before);
}

pub async fn of_revocations_and_rotations_at_once_some_key_signs_and_another_is_next(stores: &Stores) {
    install(stores).await;
    for round in 0..ROUNDS {
        let keys = listed(stores).await;
        race(CALLERS, |caller| {
            let port = Arc::clone(&stores.keys);
            let of = |state| in_state(&keys, state)[0].to_owned();
            let (current, next) = (of(KeyState::Current), of(KeyState::Next));
            let announced = format!("key-{round}-{caller}");
            async move {
                match caller % 3 {
                    0 => port.rotate(&rotation(&current, &announced, NOW.plus(HOUR))).await.unwrap(),
                    1 => port.revoke(&revocation(&current, &announced, NOW.plus(HOUR))).await.unwrap(),
                    _ => port.revoke(&revocation(&next, &announced, NOW.plus(HOUR))).await.unwrap(),
                }
            }
        })
        .await;
        let keys = listed(stores).await;
        let count = |state| in_state(&keys, state).len();
        assert_eq!((count(KeyState::Current), count(KeyState::Next)), (1, 1), "round {round}: {keys:?}");
    }
}

pub async fn of_concurrent_installs_exactly_one_stores(stores: &Stores) {
    race(CALLERS, |caller| {
        let keys = Arc::clone(&stores.keys);
        let current = signing_key(&format!("current-{caller}"), KeyState::Current);
        let next = signing_key(&format!("next-{caller}"), KeyState::Next);
        async move { keys.install(&current, &next).await.expect("losing is no failure") }
    })
    .await;
    let keys = listed(stores).await;
    let [current, next] = keys.as_slice() else { panic!("two keys are stored, not {keys:?}") };
    assert_eq!((current.state, next.state), (KeyState::Current, KeyState::Next));
    let (current, next) = (current.id.as_str(), next.id.as_str());
    assert_eq!(current.strip_prefix("current-"), next.strip_prefix("next-"), "both are of one call");
}

pub async fn of_concurrent_rotations_exactly_one_succeeds(stores: &Stores) {
    install(stores).await;
    let (mut current, mut next) = ("first".to_owned(), "second".to_owned());
    for round in 0..ROUNDS {
        let answers = race(CALLERS, |caller| {
            let keys = Arc::clone(&stores.keys);
            let rotation = rotation(&current, &format!("key-{round}-{caller}"), NOW.plus(HOUR));
            async move { keys.rotate(&rotation).await.unwrap().then_some(rotation) }
        })
        .await;
        let winners: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}: exactly one succeeds");
        let keys = listed(stores).await;
        let announced = winners[0].announced.id.as_str().to_owned();
        assert_eq!(in_state(&keys, KeyState::Current), [next.as_str()], "round {round}");
        assert_eq!(in_state(&keys, KeyState::Next), [announced.as_str()], "round {round}");
        (current, next) = (next, announced);
    }
}

async fn install(stores: &Stores) -> (SigningKey, SigningKey) {
    let keys = (signing_key("first", KeyState::Current), signing_key("second", KeyState::Next));
    stores.keys.install(&keys.0, &keys.1).await.unwrap();
    keys
}

fn rotation(current: &str, announced: &str, at: Timestamp) -> KeyRotation {
    let announced = SigningKey { created_at: at, changed_at: at, ..signing_key(announced, KeyState::Next) };
    KeyRotation { current: key_id(current), announced, forget_before: NOW, at }
}

fn revocation(key: &str, announced: &str, at: Timestamp) -> KeyRevocation {
    let announced = SigningKey { created_at: at, changed_at: at, ..signing_key(announced, KeyState::Next) };
    KeyRevocation { key: key_id(key), announced, at }
}

async fn listed(stores: &Stores) -> Vec<SigningKey> {
    by_id(stores.keys.list().await.unwrap())
}

fn by_id(keys: impl IntoIterator<Item = SigningKey>) -> Vec<SigningKey> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    keys
}

fn in_state(keys: &[SigningKey], state: KeyState) -> Vec<&str> {
    keys.iter().filter(|key| key.state == state).map(|key| key.id.as_str()).collect()
}
