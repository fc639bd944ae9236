//! Signing in with a password.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::auth::{
    AccountChange, Login, LoginError, LoginPorts, LoginService, Password, PasswordAttempt, PasswordHash,
    PasswordHasher, Session, SessionPolicy, SignedIn,
};
use autorisen_domain::clock::Clock;
use autorisen_domain::context::Context;
use autorisen_domain::error::PortError;
use autorisen_domain::events::{Event, LoginFailure};
use autorisen_testkit::contracts::Stores;
use autorisen_testkit::fixtures::{
    NOW, PASSWORD, World, WorldSettings, attempt, bearer_of, company, context, context_from, cookie_of,
    email, longest_password, noted, registration, text_of,
};

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let world = World::new().await;
    let user = world.register(ADA).await.user;
    world.clock.advance(Duration::from_mins(1));
    let signed_in = world.login(ADA).await.unwrap();

    assert_eq!(signed_in.user.id, user.id);
    for shown in [bearer_of(&signed_in), cookie_of(&signed_in)] {
        let principal = world.sessions.authenticate(shown).await.unwrap();
        assert_eq!((principal.user.id, principal.session), (user.id, signed_in.session));
        assert_eq!(principal.user.last_login_at, Some(world.clock.now()), "the login is noted");
    }
}

#[tokio::test]
async fn a_session_keeps_where_its_login_came_from() {
    let world = World::new().await;
    world.register(ADA).await;
    let ctx = Context { user_agent: None, ..context_from("::ffff:203.0.113.9") };
    let signed_in = world.login.login(&ctx, login(ADA, PASSWORD)).await.unwrap();
    let session = stored(&world, &signed_in).await;
    assert_eq!((session.client.to_string().as_str(), session.user_agent), ("203.0.113.9", None));
}

#[tokio::test]
async fn a_login_is_recorded_as_attempt_and_success() {
    let world = World::new().await;
    world.register(ADA).await;
    world.events.take();
    let signed_in = world.login(ADA).await.unwrap();
    let recorded = world.events.take();
    assert!(recorded.iter().all(|recorded| recorded.request_id == context().request_id));
    let events: Vec<_> = recorded.into_iter().map(|recorded| recorded.event).collect();
    let success = Event::LoginSucceeded { user: signed_in.user.id, session: signed_in.session };
    assert_eq!(events, [Event::LoginAttempted, success]);
}

#[tokio::test]
async fn whoever_cannot_sign_in_gets_one_answer_for_the_same_work() {
    let world = World::new().await;
    world.register(ADA).await;
    world.register("disabled@example.org").await;
    disable(&world, "disabled@example.org").await;
    for (address, password, reason) in [
        ("nobody@example.org", PASSWORD, LoginFailure::UnknownAccount),
        (ADA, "the wrong password", LoginFailure::WrongPassword),
        ("disabled@example.org", PASSWORD, LoginFailure::Disabled),
        ("disabled@example.org", "the wrong password", LoginFailure::WrongPassword),
    ] {
        world.events.take();
        let (hashed, verified) = (world.hasher.hashed(), world.hasher.verified());
        let refused = world.try_password(address, password).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{reason:?}: {refused:?}");
        let work = (world.hasher.hashed() - hashed, world.hasher.verified() - verified);
        assert_eq!(work, (0, 1), "{reason:?}: one check of a password");
        assert_eq!(world.events.take_events(), [Event::LoginAttempted, Event::LoginFailed { reason }]);
    }
}

#[tokio::test]
async fn what_bcrypt_would_cut_or_repeat_does_not_sign_in() {
    let world = World::new().await;
    let longest = longest_password();
    let mut registration = registration(ADA);
    registration.password = Password::parse(longest.clone()).unwrap();
    world.administration.create(&context(), registration, company("")).await.unwrap();
    for text in [format!("{longest}y"), format!("{longest}\0{longest}"), longest[..71].to_owned()] {
        let refused = world.try_password(ADA, &text).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{text:?}");
    }
    world.try_password(ADA, &longest).await.unwrap();
}

#[tokio::test]
async fn a_password_signs_in_however_the_keyboard_composes_it() {
    let world = World::new().await;
    let mut registration = registration(ADA);
    registration.password = Password::parse("cafe\u{301} au lait".into()).unwrap();
    world.administration.create(&context(), registration, company("")).await.unwrap();
    for text in ["caf\u{e9} au lait", "cafe\u{301} au lait"] {
        world.try_password(ADA, text).await.unwrap();
    }
    for text in ["cafe au lait", "CAF\u{c9} au lait", " caf\u{e9} au lait"] {
        assert!(world.try_password(ADA, text).await.is_err(), "{text:?} is another password");
    }
}

#[tokio::test]
async fn an_address_is_one_account_however_it_is_typed() {
    let world = World::new().await;
    let user = world.register(ADA).await.user;
    for address in ["ADA@Example.ORG", "  ada@example.org\t"] {
        assert_eq!(world.login(address).await.unwrap().user.id, user.id, "{address:?}");
    }
}

#[tokio::test]
async fn every_login_is_a_session_of_its_own() {
    let world = World::new().await;
    let first = world.register(ADA).await;
    let second = world.login(ADA).await.unwrap();
    assert_ne!(first.session, second.session);
    for (a, b) in
        [(&first.access, &second.access), (&first.refresh, &second.refresh), (&first.cookie, &second.cookie)]
    {
        assert_ne!(text_of(a), text_of(b));
    }
    assert!(world.is_live(&first).await && world.is_live(&second).await, "neither ends the other");
}

#[tokio::test]
async fn every_token_ends_when_its_policy_says() {
    let world = World::new().await;
    world.register(ADA).await;
    let policy = world.settings.session;
    let signed_in = world.login(ADA).await.unwrap();
    let session = stored(&world, &signed_in).await;
    assert_eq!(session.expires_at, NOW.plus(policy.idle));
    assert_eq!(session.absolute_expires_at, NOW.plus(policy.absolute));
    assert_eq!(signed_in.refresh.expires_at, session.expires_at, "the refresh token ends with idleness");
    assert_eq!(signed_in.cookie.expires_at, session.absolute_expires_at, "the cookie outlives renewals");
    assert_eq!(signed_in.access.expires_at.secs(), NOW.secs() + 15 * 60);
    assert_eq!(signed_in.access.expires_at.micros() % 1_000_000, 0, "a JWT knows whole seconds");
}

#[tokio::test]
async fn no_token_outlives_a_short_session() {
    let absolute = Duration::from_mins(2);
    let session = SessionPolicy { absolute, ..WorldSettings::default().session };
    let world = World::with(WorldSettings { session, ..WorldSettings::default() }).await;
    world.register(ADA).await;
    let signed_in = world.login(ADA).await.unwrap();
    let end = NOW.plus(absolute);
    assert_eq!(stored(&world, &signed_in).await.expires_at, end, "the idle limit is cut");
    assert_eq!(signed_in.refresh.expires_at, end);
    assert!(signed_in.access.expires_at <= end);
}

#[tokio::test]
async fn an_account_that_is_disabled_during_the_login_gets_no_session() {
    let world = World::new().await;
    let user = world.register(ADA).await.user;
    let sessions = world.store.sessions_of(user.id).len();
    let ports = LoginPorts {
        users: world.stores.users.clone(),
        passwords: world.stores.passwords.clone(),
        sessions: world.stores.sessions.clone(),
        hasher: Arc::new(DisablingHasher { inner: world.hasher.clone(), stores: world.stores.clone() }),
        issuer: world.issuer.clone(),
        limits: world.limits.clone(),
        events: world.events.clone(),
    };
    let service = LoginService::new(ports, world.bots.clone(), world.stores.trail.clone());
    world.events.take();
    let refused = service.login(&context(), login(ADA, PASSWORD)).await;
    assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{refused:?}");
    assert_eq!(world.store.sessions_of(user.id).len(), sessions, "no session was stored");
    assert_eq!(world.events.take_names(), ["auth.login.attempt", "auth.login.failure"]);
}

#[tokio::test]
async fn a_store_that_is_down_admits_nobody_and_hashes_nothing() {
    let world = World::new().await;
    world.register(ADA).await;
    world.store.go_down();
    let verified = world.hasher.verified();
    let refused = world.login(ADA).await;
    assert!(matches!(refused, Err(LoginError::Port(_))), "{refused:?}");
    assert_eq!(world.hasher.verified(), verified);
    world.store.come_back();
    world.login(ADA).await.unwrap();
}

#[tokio::test]
async fn no_token_prints() {
    let world = World::new().await;
    world.register(ADA).await;
    let signed_in = world.login(ADA).await.unwrap();
    let session = stored(&world, &signed_in).await;
    let printed = format!("{signed_in:?} {session:?} {:?}", login(ADA, PASSWORD));
    for issued in [&signed_in.access, &signed_in.refresh, &signed_in.cookie] {
        assert!(!printed.contains(text_of(issued)), "{printed}");
    }
    for secret in [PASSWORD, ADA] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

/// Disables the account while it checks the password.
struct DisablingHasher<H> {
    inner: Arc<H>,
    stores: Stores,
}

#[async_trait]
impl<H: PasswordHasher> PasswordHasher for DisablingHasher<H> {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        self.inner.hash(password).await
    }

    fn admit(&self) -> Result<(), PortError> {
        self.inner.admit()
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, PortError> {
        self.stores.directory.change(&email(ADA), AccountChange::SetActive(false), &noted(NOW)).await?;
        self.inner.verify(attempt, hash).await
    }

    fn reads(&self, hash: &PasswordHash) -> bool {
        self.inner.reads(hash)
    }

    async fn renew(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, PortError> {
        self.inner.renew(attempt, hash).await
    }
}

fn login(address: &str, password: &str) -> Login {
    Login::new(email(address), attempt(password))
}

async fn disable(world: &World, address: &str) {
    let change = AccountChange::SetActive(false);
    world.administration.change(&context(), &email(address), change).await.unwrap().unwrap();
}

async fn stored(world: &World, signed_in: &SignedIn) -> Session {
    world.stores.sessions.find(signed_in.session).await.unwrap().unwrap().session
}

#[tokio::test]
async fn a_password_that_could_not_be_checked_counts_as_no_try() {
    let world = World::new().await;
    world.register(ADA).await;
    world.hasher.set_overloaded(true);
    for _ in 0..20 {
        let refused = world.login(ADA).await;
        assert!(matches!(&refused, Err(LoginError::Port(cause)) if cause.is_overload()), "{refused:?}");
    }
    let reason = LoginFailure::NotChecked;
    assert!(world.events.take_outcomes().ends_with(&[Event::LoginFailed { reason }]));
    world.hasher.set_overloaded(false);
    world.login(ADA).await.expect("who typed the right password is not shut out");
}

#[tokio::test]
async fn where_no_password_can_be_checked_a_login_is_refused_before_anything_is_kept_of_it() {
    let world = World::new().await;
    world.register(ADA).await;
    world.hasher.set_full(true);
    for _ in 0..100 {
        let refused = world.login(ADA).await;
        assert!(matches!(&refused, Err(LoginError::Port(cause)) if cause.is_overload()), "{refused:?}");
    }
    assert_eq!(world.hasher.verified(), 0);
    world.hasher.set_full(false);
    world.login(ADA).await.expect("none of them counted");
}
