//! Getting an account, in two steps or in one.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{OpaqueKind, RegisterError, Role, SignedIn, StartedRegistration, UserId};
use autorisen_domain::events::{Event, RegisterFailure};
use autorisen_testkit::fixtures::{
    NOW, World, company, context, cookie_of, email, profile, registration, text_of,
};
use autorisen_testkit::race;
use secrecy::ExposeSecret;

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn two_steps_make_an_account_and_sign_its_owner_in() {
    let world = World::new().await;
    let started = begin(&world, ADA).await.unwrap();
    assert_eq!(started.expires_at, NOW.plus(world.settings.registration.pending_ttl));
    assert!(world.store.account(&email(ADA)).is_none(), "the first step makes no account");
    assert_eq!(world.events.take_names(), ["auth.register.attempt", "auth.register.started"]);

    let signed_in = finish(&world, Some(token(&started))).await.unwrap();
    let success = Event::RegisterSucceeded { user: signed_in.user.id, session: signed_in.session };
    assert_eq!(world.events.take_events(), [success]);
    assert_eq!(world.store.pending_count(), 0, "nothing is left of the first step");
    is_ada(&world, &signed_in).await;
}

#[tokio::test]
async fn one_step_does_the_same() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    assert_eq!(world.events.take_names(), ["auth.register.attempt", "auth.register.success"]);
    is_ada(&world, &signed_in).await;
}

#[tokio::test]
async fn a_taken_address_is_refused_at_every_step_for_the_same_work() {
    let world = World::new().await;
    let started = begin(&world, ADA).await.unwrap();
    world.register(ADA).await;
    world.events.take();

    let hashed = world.hasher.hashed();
    let free = begin(&world, "free@example.org").await;
    assert!(free.is_ok());
    let work = world.hasher.hashed() - hashed;
    world.events.take();

    let refused = begin(&world, "ADA@example.org").await;
    assert!(matches!(refused, Err(RegisterError::EmailTaken)), "{refused:?}");
    assert_eq!(world.hasher.hashed() - hashed, 2 * work, "it costs as much as a free one");
    let in_one = world.registration.register(&context(), registration(ADA), company(""), profile()).await;
    assert!(matches!(in_one, Err(RegisterError::EmailTaken)), "{in_one:?}");
    let finished = finish(&world, Some(token(&started))).await;
    assert!(matches!(finished, Err(RegisterError::EmailTaken)), "{finished:?}");

    let failed = Event::RegisterFailed { reason: RegisterFailure::EmailTaken };
    let attempted = Event::RegisterAttempted;
    let expected = [attempted.clone(), failed.clone(), attempted, failed.clone(), failed];
    assert_eq!(world.events.take_events(), expected);
    assert_eq!(world.store.sessions_of(account_id(&world)).len(), 1, "nobody was signed in");
}

#[tokio::test]
async fn a_registration_token_is_good_once() {
    let world = World::new().await;
    let started = begin(&world, ADA).await.unwrap();
    finish(&world, Some(token(&started))).await.unwrap();
    world.events.take();
    let again = finish(&world, Some(token(&started))).await;
    assert!(matches!(again, Err(RegisterError::TokenInvalid)), "{again:?}");
    assert_eq!(world.events.take_events(), [failure(RegisterFailure::InvalidToken)]);
}

#[tokio::test]
async fn only_the_token_of_the_first_step_finishes() {
    let world = World::new().await;
    let signed_in = world.register("grace@example.org").await;
    let started = begin(&world, ADA).await.unwrap();
    // Of this deployment and naming the registration, but not the token that its owner got.
    let opaque = &world.security.opaque;
    let names = opaque.read(OpaqueKind::Registration, started.token.expose_secret()).unwrap().names;
    let twin = opaque.mint(OpaqueKind::Registration, &names).unwrap().token;
    let nowhere = opaque.mint(OpaqueKind::Registration, &[7; 16]).unwrap().token;

    world.events.take();
    let wrong = [
        text_of(&signed_in.access),
        text_of(&signed_in.refresh),
        text_of(&signed_in.cookie),
        twin.expose_secret(),
        nowhere.expose_secret(),
        "",
        "nonsense",
    ];
    for text in wrong {
        let refused = finish(&world, Some(text)).await;
        assert!(matches!(refused, Err(RegisterError::TokenInvalid)), "{text}: {refused:?}");
        assert_eq!(world.events.take_events(), [failure(RegisterFailure::InvalidToken)]);
    }
    let missing = finish(&world, None).await;
    assert!(matches!(missing, Err(RegisterError::TokenMissing)), "{missing:?}");
    assert_eq!(world.events.take_events(), [failure(RegisterFailure::InvalidToken)]);
    finish(&world, Some(token(&started))).await.unwrap();
}

#[tokio::test]
async fn a_registration_token_ends_when_it_says() {
    let world = World::new().await;
    let (first, second) = (begin(&world, ADA).await.unwrap(), begin(&world, "b@example.org").await.unwrap());
    world.clock.set(first.expires_at.minus(Duration::from_micros(1)));
    finish(&world, Some(token(&first))).await.unwrap();
    world.clock.set(second.expires_at);
    world.events.take();
    let late = finish(&world, Some(token(&second))).await;
    assert!(matches!(late, Err(RegisterError::TokenExpired)), "{late:?}");
    assert_eq!(world.events.take_events(), [failure(RegisterFailure::ExpiredToken)]);
}

#[tokio::test]
async fn of_two_begun_for_one_address_the_first_to_finish_gets_it() {
    let world = World::new().await;
    let (first, second) = (begin(&world, ADA).await.unwrap(), begin(&world, ADA).await.unwrap());
    let signed_in = finish(&world, Some(token(&second))).await.unwrap();
    let late = finish(&world, Some(token(&first))).await;
    assert!(matches!(late, Err(RegisterError::EmailTaken)), "{late:?}");
    assert_eq!(account_id(&world), signed_in.user.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_finish_with_one_token_exactly_one_does() {
    let world = Arc::new(World::new().await);
    for round in 0..20 {
        let started = begin(&world, &format!("round-{round}@example.org")).await.unwrap();
        let answers = race(100, |_| {
            let (world, token) = (Arc::clone(&world), started.token.clone());
            async move { finish(&world, Some(token.expose_secret())).await }
        })
        .await;
        let finished = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(finished, 1, "round {round}");
        for answer in answers {
            // Whoever looked before the winner was done finds the address taken.
            let expected =
                matches!(answer, Ok(_) | Err(RegisterError::TokenInvalid | RegisterError::EmailTaken));
            assert!(expected, "round {round}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_registration_cannot_be_swept_away_before_its_time() {
    let world = World::new().await;
    let started = begin(&world, ADA).await.unwrap();
    let just_before = started.expires_at.minus(Duration::from_micros(1));
    assert_eq!(world.stores.pending.sweep(just_before, 10).await.unwrap(), 0);
    finish(&world, Some(token(&started))).await.unwrap();
    let other = begin(&world, "b@example.org").await.unwrap();
    assert_eq!(world.stores.pending.sweep(other.expires_at, 10).await.unwrap(), 1);
    let late = finish(&world, Some(token(&other))).await;
    assert!(matches!(late, Err(RegisterError::TokenInvalid)), "{late:?}");
}

#[tokio::test]
async fn a_store_that_is_down_makes_no_account_and_no_story_of_it() {
    let world = World::new().await;
    let started = begin(&world, ADA).await.unwrap();
    world.events.take();
    world.store.go_down();
    let begun = begin(&world, "b@example.org").await;
    assert!(matches!(begun, Err(RegisterError::Port(_))), "{begun:?}");
    let finished = finish(&world, Some(token(&started))).await;
    assert!(matches!(finished, Err(RegisterError::Port(_))), "{finished:?}");
    assert_eq!(world.events.take_events(), [Event::RegisterAttempted], "nobody was refused");
    world.store.come_back();
    finish(&world, Some(token(&started))).await.expect("nothing was spent");
}

async fn begin(world: &World, address: &str) -> Result<StartedRegistration, RegisterError> {
    world.registration.begin(&context(), registration(address)).await
}

async fn finish(world: &World, token: Option<&str>) -> Result<SignedIn, RegisterError> {
    world.registration.finish(&context(), token, company("Analytical Engines"), profile()).await
}

fn token(started: &StartedRegistration) -> &str {
    started.token.expose_secret()
}

fn failure(reason: RegisterFailure) -> Event {
    Event::RegisterFailed { reason }
}

fn account_id(world: &World) -> UserId {
    world.store.account(&email(ADA)).unwrap().0.id
}

/// The account is what its owner stated, and they are signed in.
async fn is_ada(world: &World, signed_in: &SignedIn) {
    let (user, said) = world.store.account(&email(ADA)).unwrap();
    assert_eq!(user, signed_in.user);
    assert_eq!(said, profile());
    let names = (user.first_name.as_str(), user.last_name.as_str(), user.company_name.as_str());
    assert_eq!(names, ("Ada", "Lovelace", "Analytical Engines"));
    assert_eq!((user.role, user.is_active, user.email_verified), (Role::Developer, true, false));
    assert_eq!(user.created_at, NOW);
    let principal = world.sessions.authenticate(cookie_of(signed_in)).await.unwrap();
    assert_eq!(principal.user.id, user.id);
    assert!(world.login(ADA).await.is_ok(), "the password is theirs");
}
