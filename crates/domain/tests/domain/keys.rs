//! The life of signing keys: made, announced, signing, retired, forgotten.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::ShownCredentials;
use autorisen_domain::clock::Clock;
use autorisen_domain::events::Event;
use autorisen_domain::keys::{KeyId, KeyPolicy, KeyPorts, KeyService, KeyState, RevokeError, RotateError};
use autorisen_testkit::fakes::{FakeClock, FakeSecurity, InMemoryStore, RecordingEvents};
use autorisen_testkit::fixtures::{NOW, World, WorldSettings, bearer_of, context, text_of};
use autorisen_testkit::race;

const SECOND: Duration = Duration::from_secs(1);
const ADA: &str = "ada@example.org";

#[tokio::test]
async fn the_first_keys_are_one_that_signs_and_one_that_is_announced() {
    let world = World::new().await;
    let keys = world.keys.list().await.unwrap();
    let states: Vec<_> = keys.iter().map(|key| (key.state, key.created_at, key.changed_at)).collect();
    assert_eq!(states, [(KeyState::Current, NOW, NOW), (KeyState::Next, NOW, NOW)]);
    assert_eq!(published(&world), stored(&world).await, "both are published");
    assert_eq!(world.events.take_events(), []);
}

#[tokio::test]
async fn preparing_again_changes_nothing() {
    let world = World::new().await;
    let before = world.keys.list().await.unwrap();
    world.clock.advance(Duration::from_hours(1));
    world.keys.prepare().await.unwrap();
    assert_eq!(world.keys.list().await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_at_once_share_one_pair_of_keys() {
    for round in 0..20 {
        let (store, first) = (Arc::new(InMemoryStore::default()), FakeSecurity::new());
        let processes = race(8, |_| {
            let service = key_service(&store, &first.replica());
            async move {
                service.prepare().await.unwrap();
                service
            }
        })
        .await;
        let stored = store.ports().keys.list().await.unwrap();
        assert_eq!(stored.len(), 2, "round {round}");
        for process in processes {
            let mut held: Vec<_> = process.public_keys().into_iter().map(|key| key.id).collect();
            held.sort();
            let mut expected: Vec<_> = stored.iter().map(|key| key.id.clone()).collect();
            expected.sort();
            assert_eq!(held, expected, "round {round}: every process holds what is stored");
        }
    }
}

#[tokio::test]
async fn keys_of_another_secret_stop_the_start_and_are_named() {
    let world = World::new().await;
    let stranger = key_service(&world.store, &FakeSecurity::new());
    let error = stranger.prepare().await.unwrap_err();
    let cause = error.source().unwrap().to_string();
    assert!(stored(&world).await.iter().any(|id| cause.contains(id)), "{cause}");
    assert_eq!(stranger.public_keys(), []);
}

#[tokio::test]
async fn rotating_lets_the_next_key_sign_and_announces_another() {
    let world = World::new().await;
    let before = world.keys.list().await.unwrap();
    world.clock.advance(world.settings.keys.announce_for);
    let now = world.clock.now();
    world.keys.rotate(&context()).await.unwrap();

    let after = world.keys.list().await.unwrap();
    let states: Vec<_> = after.iter().map(|key| (key.state, key.changed_at)).collect();
    assert_eq!(states, [(KeyState::Current, now), (KeyState::Next, now), (KeyState::Retired, now)]);
    assert_eq!(after[0].id, before[1].id, "what was announced signs");
    assert_eq!(after[2].id, before[0].id, "what signed only verifies");
    assert_eq!(published(&world), stored(&world).await, "all three are published");
    let rotated = Event::KeysRotated { current: after[0].id.as_str().to_owned() };
    assert_eq!(world.events.take_events(), [rotated]);
}

#[tokio::test]
async fn a_key_signs_only_after_it_was_announced_long_enough() {
    let world = World::new().await;
    world.clock.set(NOW.plus(world.settings.keys.announce_for).minus(SECOND));
    let before = world.keys.list().await.unwrap();
    let too_soon = world.keys.rotate(&context()).await;
    assert!(matches!(too_soon, Err(RotateError::TooSoon(left)) if left == SECOND), "{too_soon:?}");
    assert_eq!(world.keys.list().await.unwrap(), before);
    assert_eq!(world.events.take_events(), []);
    world.clock.advance(SECOND);
    world.keys.rotate(&context()).await.unwrap();
    let again = world.keys.rotate(&context()).await;
    let announce_for = world.settings.keys.announce_for;
    assert!(matches!(again, Err(RotateError::TooSoon(left)) if left == announce_for), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_processes_that_rotate_at_once_exactly_one_does() {
    let world = Arc::new(World::new().await);
    for round in 0..20 {
        world.clock.advance(world.settings.keys.announce_for);
        let answers = race(8, |_| {
            let world = Arc::clone(&world);
            async move { world.keys.rotate(&context()).await }
        })
        .await;
        let rotated = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(rotated, 1, "round {round}: {answers:?}");
        for answer in answers {
            let expected = matches!(answer, Ok(()) | Err(RotateError::Concurrent | RotateError::TooSoon(_)));
            assert!(expected, "round {round}: {answer:?}");
        }
        let states: Vec<_> = world.keys.list().await.unwrap().into_iter().map(|key| key.state).collect();
        let count = |state| states.iter().filter(|&&other| other == state).count();
        assert_eq!((count(KeyState::Current), count(KeyState::Next)), (1, 1), "round {round}");
        assert_eq!(world.events.take_names(), ["keys.rotate.success"], "round {round}");
    }
}

#[tokio::test]
async fn a_retired_key_verifies_until_all_it_signed_is_over_and_is_then_forgotten() {
    let world = World::new().await;
    let policy = world.settings.keys;
    world.clock.advance(policy.announce_for);
    let signed_in = world.register(ADA).await;
    let first = world.keys.list().await.unwrap()[0].id.as_str().to_owned();
    world.keys.rotate(&context()).await.unwrap();
    world.clock.set(signed_in.access.expires_at.minus(SECOND));
    world.keys.reload().await.unwrap();
    world.sessions.authenticate(bearer_of(&signed_in)).await.unwrap();

    world.clock.advance(policy.retire_for);
    assert!(published(&world).contains(&first), "nothing happens by itself");
    world.keys.reload().await.unwrap();
    assert!(!published(&world).contains(&first), "it is no longer used");
    assert!(stored(&world).await.contains(&first), "but still stored");
    world.clock.advance(policy.announce_for);
    world.keys.rotate(&context()).await.unwrap();
    assert!(!stored(&world).await.contains(&first), "the next rotation forgets it");
}

#[tokio::test]
async fn a_revoked_key_verifies_nothing_more_here_at_once_and_elsewhere_when_keys_are_loaded() {
    let world = World::new().await;
    let replica = world.replica().await;
    let signed_in = world.register(ADA).await;
    let keys = world.keys.list().await.unwrap();
    world.events.take();
    world.keys.revoke(&context(), &keys[0].id).await.unwrap();
    let revoked = Event::KeyRevoked { key: keys[0].id.as_str().to_owned() };
    assert_eq!(world.events.take_events(), [revoked]);
    assert!(world.sessions.authenticate(bearer_of(&signed_in)).await.is_err());
    assert!(world.is_live(&signed_in).await, "the session goes on: it has another token in a moment");

    replica.keys.tend(&context()).await.unwrap();
    assert!(replica.sessions.authenticate(bearer_of(&signed_in)).await.is_err());
    let renewed = world.sessions.refresh(&context(), Some(text_of(&signed_in.refresh))).await.unwrap();
    let bearer = ShownCredentials { bearer: Some(text_of(&renewed.access)), cookie: None };
    replica.sessions.authenticate(bearer).await.expect("the key that was next signs");
    assert_eq!(world.keys.list().await.unwrap()[0].id, keys[1].id);
    assert!(!published(&world).contains(&keys[0].id.as_str().to_owned()), "nobody is told of it any more");
}

#[tokio::test]
async fn a_key_that_is_not_there_is_not_revoked() {
    let world = World::new().await;
    let before = world.keys.list().await.unwrap();
    let unknown = world.keys.revoke(&context(), &KeyId::parse("unknown").unwrap()).await;
    assert!(matches!(unknown, Err(RevokeError::Unknown)), "{unknown:?}");
    assert_eq!(world.keys.list().await.unwrap(), before);
    world.store.go_down();
    let failed = world.keys.revoke(&context(), &before[0].id).await;
    assert!(matches!(failed, Err(RevokeError::Port(_))), "{failed:?}");
}

#[tokio::test]
async fn tending_rotates_when_it_is_time_and_not_before() {
    let world = World::new().await;
    let policy = world.settings.keys;
    world.clock.set(NOW.plus(policy.rotate_after).minus(SECOND));
    world.keys.tend(&context()).await.unwrap();
    assert_eq!(world.events.take_events(), []);
    world.clock.advance(SECOND);
    for expected in [&["keys.rotate.success"][..], &[], &[]] {
        world.keys.tend(&context()).await.unwrap();
        assert_eq!(world.events.take_names(), expected);
    }
    world.clock.advance(policy.rotate_after);
    world.keys.tend(&context()).await.unwrap();
    assert_eq!(world.events.take_names(), ["keys.rotate.success"]);
}

#[tokio::test]
async fn tending_sees_what_another_process_did() {
    let world = World::new().await;
    let replica = world.replica().await;
    world.clock.advance(world.settings.keys.announce_for);
    replica.clock.set(world.clock.now());
    world.keys.rotate(&context()).await.unwrap();
    let signed_in = world.register(ADA).await;
    replica
        .sessions
        .authenticate(bearer_of(&signed_in))
        .await
        .expect("the key was announced, so it is known before anybody tends");
    assert_ne!(published(&replica), published(&world));
    replica.keys.tend(&context()).await.unwrap();
    assert_eq!(published(&replica), published(&world));
}

#[tokio::test]
async fn tending_waits_where_keys_are_due_sooner_than_announced() {
    let keys = KeyPolicy {
        rotate_after: SECOND,
        announce_for: Duration::from_mins(1),
        ..WorldSettings::default().keys
    };
    let world = World::with(WorldSettings { keys, ..WorldSettings::default() }).await;
    world.clock.advance(Duration::from_secs(30));
    world.keys.tend(&context()).await.unwrap();
    assert_eq!(world.events.take_events(), []);
    world.clock.advance(Duration::from_secs(30));
    world.keys.tend(&context()).await.unwrap();
    assert_eq!(world.events.take_names(), ["keys.rotate.success"]);
}

#[tokio::test]
async fn without_keys_there_is_nothing_to_rotate() {
    let service = key_service(&Arc::default(), &FakeSecurity::new());
    let failed = service.rotate(&context()).await;
    assert!(matches!(failed, Err(RotateError::Port(_))), "{failed:?}");
    service.tend(&context()).await.expect("tending makes no keys and misses none");
    assert_eq!(service.public_keys(), []);
}

#[tokio::test]
async fn a_store_that_is_down_takes_no_key_away() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let before = published(&world);
    world.store.go_down();
    assert!(world.keys.tend(&context()).await.is_err());
    assert!(world.keys.reload().await.is_err());
    assert_eq!(published(&world), before);
    world.store.come_back();
    world.sessions.authenticate(bearer_of(&signed_in)).await.unwrap();
}

/// The keys of a process that has its own ring and clock.
fn key_service(store: &Arc<InMemoryStore>, security: &FakeSecurity) -> KeyService {
    let ports = KeyPorts {
        keys: store.ports().keys,
        factory: security.factory.clone(),
        ring: security.ring.clone(),
        clock: Arc::new(FakeClock::default()),
        events: Arc::new(RecordingEvents::default()),
    };
    KeyService::new(ports, WorldSettings::default().keys)
}

fn published(world: &World) -> Vec<String> {
    sorted(world.keys.public_keys().into_iter().map(|key| key.id.as_str().to_owned()))
}

async fn stored(world: &World) -> Vec<String> {
    sorted(world.keys.list().await.unwrap().into_iter().map(|key| key.id.as_str().to_owned()))
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
