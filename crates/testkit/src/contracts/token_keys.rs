//! What every [`KeyFactory`](autorisen_domain::keys::KeyFactory) and the
//! [`KeyRing`](autorisen_domain::keys::KeyRing) that takes its keys keep, seen by the access tokens
//! that are signed with them.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use autorisen_domain::auth::TokenRefusal;
use autorisen_domain::keys::{KeyState, PublicKey, SigningKey};
use secrecy::{ExposeSecret, SecretString};

use crate::contracts::Deployment;
use crate::fixtures::{NOW, claims_for, session_for, user};

/// Makes a test of every promise of the ports over what the function `$deployment` gives.
#[macro_export]
macro_rules! token_keys_contract {
    ($deployment:path) => {
        $crate::deployment_tests! {
            $deployment, token_keys:
            the_factory_makes_keys_as_asked_and_never_the_same,
            an_empty_ring_holds_nothing_and_signs_nothing,
            the_ring_shows_the_public_halves_of_all_its_keys,
            loading_replaces_all_the_ring_held,
            a_token_verifies_as_long_as_its_key_is_held,
            only_the_current_key_signs,
            a_ring_keeps_what_it_had_when_a_key_cannot_be_unsealed,
            a_ring_refuses_a_key_of_another_deployment,
        }
    };
}

pub fn the_factory_makes_keys_as_asked_and_never_the_same(make: fn() -> Deployment) {
    let factory = make().factory;
    let (mut ids, mut sealed) = (HashSet::new(), HashSet::new());
    for state in KeyState::ALL {
        for hours in 0..5 {
            let now = NOW.plus(Duration::from_hours(hours));
            let key = factory.generate(state, now).unwrap();
            assert_eq!((key.state, key.created_at, key.changed_at), (state, now, now));
            assert!(ids.insert(key.id), "a name comes twice");
            assert!(sealed.insert(key.sealed), "a key comes twice");
        }
    }
}

pub fn an_empty_ring_holds_nothing_and_signs_nothing(make: fn() -> Deployment) {
    let deployment = make();
    assert_eq!(deployment.ring.public_keys(), []);
    let claims = claims_for(&session_for(&user("ada@example.org")), NOW);
    assert!(deployment.access.sign(&claims).is_err(), "there is no key to sign with");
}

pub fn the_ring_shows_the_public_halves_of_all_its_keys(make: fn() -> Deployment) {
    let deployment = make();
    let keys = KeyState::ALL.map(|state| deployment.new_key(state));
    deployment.ring.load(&keys).unwrap();

    let shown = public_keys(&deployment);
    let mut expected: Vec<_> = keys.iter().map(|key| key.id.clone()).collect();
    expected.sort();
    assert_eq!(shown.iter().map(|key| key.id.clone()).collect::<Vec<_>>(), expected);
    let coordinates: HashSet<_> = shown.iter().flat_map(|key| [&key.x, &key.y]).collect();
    assert_eq!(coordinates.len(), 6, "every key has its own: {shown:?}");
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // 32 bytes are 43 characters without padding.
    let is_coordinate = |text: &&String| text.len() == 43 && text.chars().all(is_base64url);
    assert!(coordinates.iter().all(is_coordinate), "{coordinates:?}");

    deployment.ring.load(&keys).unwrap();
    assert_eq!(public_keys(&deployment), shown, "loaded again they are the same");
}

pub fn loading_replaces_all_the_ring_held(make: fn() -> Deployment) {
    let deployment = make().with_a_key();
    let key = deployment.new_key(KeyState::Current);
    deployment.ring.load(std::slice::from_ref(&key)).unwrap();
    let shown = public_keys(&deployment);
    assert_eq!(shown.into_iter().map(|key| key.id).collect::<Vec<_>>(), [key.id]);
}

pub fn a_token_verifies_as_long_as_its_key_is_held(make: fn() -> Deployment) {
    let deployment = make();
    let (first, second) = (deployment.new_key(KeyState::Current), deployment.new_key(KeyState::Next));
    deployment.ring.load(&[first.clone(), second.clone()]).unwrap();
    let token = sign(&deployment);

    let first = SigningKey { state: KeyState::Retired, ..first };
    let second = SigningKey { state: KeyState::Current, ..second };
    deployment.ring.load(&[second.clone(), first]).unwrap();
    assert!(verifies(&deployment, &token), "its key is retired and still held");
    let newer = sign(&deployment);

    deployment.ring.load(&[second]).unwrap();
    assert!(!verifies(&deployment, &token), "its key is gone");
    assert!(verifies(&deployment, &newer), "the key of this one is held");
}

pub fn only_the_current_key_signs(make: fn() -> Deployment) {
    let deployment = make();
    let [next, current, retired] = KeyState::ALL.map(|state| deployment.new_key(state));
    deployment.ring.load(&[next.clone(), retired.clone(), current.clone()]).unwrap();
    let tokens = [(); 5].map(|()| sign(&deployment));
    deployment.ring.load(&[current]).unwrap();
    assert!(tokens.iter().all(|token| verifies(&deployment, token)), "another key signed");
    deployment.ring.load(&[next, retired]).unwrap();
    assert!(tokens.iter().all(|token| !verifies(&deployment, token)), "another key signed");
}

pub fn a_ring_keeps_what_it_had_when_a_key_cannot_be_unsealed(make: fn() -> Deployment) {
    let deployment = make().with_a_key();
    let token = sign(&deployment);
    let shown = public_keys(&deployment);
    let good = deployment.new_key(KeyState::Current);
    let broken = deployment.new_key(KeyState::Next);
    for at in 0..broken.sealed.len() {
        let mut broken = broken.clone();
        broken.sealed[at] ^= 1;
        refuses_to_load(&deployment, &[good.clone(), broken]);
    }
    refuses_to_load(&deployment, &[good.clone(), SigningKey { sealed: Vec::new(), ..broken }]);
    assert_eq!(public_keys(&deployment), shown);
    assert!(verifies(&deployment, &token), "the old key still verifies");
    assert!(verifies(&deployment, &sign(&deployment)), "and signs");
}

pub fn a_ring_refuses_a_key_of_another_deployment(make: fn() -> Deployment) {
    let (ours, theirs) = (make(), make());
    refuses_to_load(&ours, &[ours.new_key(KeyState::Current), theirs.new_key(KeyState::Next)]);
    assert_eq!(ours.ring.public_keys(), []);
}

/// Loads keys of which the last is no good.
fn refuses_to_load(deployment: &Deployment, keys: &[SigningKey]) {
    let error = deployment.ring.load(keys).expect_err("one key cannot be unsealed");
    let said = format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default());
    let named = keys.last().unwrap().id.as_str();
    assert!(said.contains(named), "it says which: {named} is not in {said:?}");
}

fn sign(deployment: &Deployment) -> SecretString {
    let claims = claims_for(&session_for(&user("ada@example.org")), NOW);
    deployment.access.sign(&claims).expect("there is a key to sign with")
}

fn verifies(deployment: &Deployment, token: &SecretString) -> bool {
    let answer = deployment.access.verify(token.expose_secret(), NOW);
    assert!(!matches!(answer, Err(TokenRefusal::Expired(_))), "its time is not over");
    answer.is_ok()
}

fn public_keys(deployment: &Deployment) -> Vec<PublicKey> {
    let mut keys = deployment.ring.public_keys();
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    keys
}
