//! Choosing and changing passwords, and hashes of former times.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{
    AccountChange, ChangePassword, ChangePasswordError, CreateAccountError, EmailAddress, LoginError,
    LoginPorts, LoginService, PasswordChange, PasswordHash, PasswordRepository, Principal, RegisterError,
    SetPasswordError, SignedIn, User, UserId,
};
use autorisen_domain::error::PortError;
use autorisen_domain::events::{Event, PasswordChangeFailure, RegisterFailure};
use autorisen_testkit::fakes::PlainHasher;
use autorisen_testkit::fixtures::{
    PASSWORD, World, attempt, bearer_of, company, context, context_from, cookie_of, email, password, profile,
    registration,
};
use autorisen_testkit::race;

const ADA: &str = "ada@example.org";
const NEW: &str = "a wholly different phrase";

#[tokio::test]
async fn a_change_signs_in_anew_and_ends_every_session_before_it() {
    let world = World::new().await;
    let (first, second) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    world.events.take();
    let changed = change(&world, &first, PASSWORD, NEW).await.unwrap();

    let success = Event::PasswordChangeSucceeded { user: first.user.id, session: changed.session };
    assert_eq!(world.events.take_events(), [Event::PasswordChangeAttempted, success]);
    for old in [&first, &second] {
        assert!(!world.is_live(old).await, "also the one that asked");
        assert!(world.sessions.authenticate(bearer_of(old)).await.is_err());
    }
    assert!(world.is_live(&changed).await);
    assert!(matches!(world.login(ADA).await, Err(LoginError::InvalidCredentials)), "the old one is no good");
    world.try_password(ADA, NEW).await.unwrap();
    assert!(world.is_live(&changed).await, "a login ends nothing");
}

#[tokio::test]
async fn the_current_password_must_be_right_and_may_not_be_guessed() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    world.events.take();
    for _ in 0..world.settings.limits.login.attempts {
        let refused = change(&world, &ada, "the wrong password", NEW).await;
        assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)), "{refused:?}");
        assert_eq!(
            world.events.take_outcomes(),
            [failure(&ada, PasswordChangeFailure::WrongPassword)],
            "it is recorded"
        );
    }
    let verified = world.hasher.verified();
    let limited = change(&world, &ada, PASSWORD, NEW).await;
    assert!(matches!(limited, Err(ChangePasswordError::Limited(_))), "{limited:?}");
    assert_eq!(
        world.events.take_names(),
        ["auth.password_change.attempt", "auth.password_change.rate_limited"]
    );
    assert_eq!(world.hasher.verified(), verified, "nothing is hashed for it");
    assert!(matches!(world.login(ADA).await, Err(LoginError::Limited(_))), "a login is no way around");
    assert!(world.is_live(&ada).await);
}

#[tokio::test]
async fn logins_count_against_a_change_and_the_right_password_forgets_both() {
    let world = World::new().await;
    let mut ada = world.register(ADA).await;
    let attempts = world.settings.limits.login.attempts;
    let (mut old, mut new) = (PASSWORD, NEW);
    for _ in 0..3 {
        for _ in 1..attempts {
            world.try_password(ADA, "the wrong password").await.unwrap_err();
        }
        ada = change(&world, &ada, old, new).await.unwrap();
        std::mem::swap(&mut old, &mut new);
    }
    let elsewhere = context_from("198.51.100.1");
    for _ in 0..attempts {
        let request =
            ChangePassword { current: attempt("the wrong password"), new: password(new), device: None };
        let refused = world.passwords.change(&elsewhere, &principal(&world, &ada).await, request).await;
        assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)), "{refused:?}");
    }
    change(&world, &ada, old, new).await.unwrap();
}

#[tokio::test]
async fn the_same_password_and_one_made_of_the_account_are_refused_before_any_work() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    let work = (world.hasher.hashed(), world.hasher.verified());
    for current in [PASSWORD, "the wrong password"] {
        world.events.take();
        let same = change(&world, &ada, current, current).await;
        assert!(matches!(same, Err(ChangePasswordError::SamePassword)), "{same:?}");
        assert_eq!(world.events.take_outcomes(), [failure(&ada, PasswordChangeFailure::SamePassword)]);
        let personal = change(&world, &ada, current, "Lovelace.1815").await;
        assert!(matches!(personal, Err(ChangePasswordError::PersonalPassword(_))), "{personal:?}");
        assert_eq!(world.events.take_outcomes(), [failure(&ada, PasswordChangeFailure::PersonalPassword)]);
        let company = change(&world, &ada, current, "Analytical-Engines-1").await;
        assert!(matches!(company, Err(ChangePasswordError::PersonalPassword(_))), "{company:?}");
    }
    assert_eq!((world.hasher.hashed(), world.hasher.verified()), work);
    world.login(ADA).await.unwrap();
}

#[tokio::test]
async fn the_current_password_may_be_one_that_could_not_be_chosen() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    world.store.import_hash(&email(ADA), PlainHasher::older_hash("short"));
    change(&world, &ada, "short", NEW).await.unwrap();
}

#[tokio::test]
async fn of_two_changes_at_once_exactly_one_wins() {
    let world = Arc::new(World::new().await);
    let ada = world.register(ADA).await;
    let who = principal(&world, &ada).await;
    let answers = race(2, |caller| {
        let (world, who) = (Arc::clone(&world), who.clone());
        async move {
            let request =
                ChangePassword { current: attempt(PASSWORD), new: password(new_of(caller)), device: None };
            (caller, world.passwords.change(&context(), &who, request).await)
        }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!((won.len(), lost.len()), (1, 1));
    assert!(matches!(lost[0].1, Err(ChangePasswordError::SessionEnded)), "{lost:?}");
    assert!(world.is_live(won[0].1.as_ref().unwrap()).await);
    world.try_password(ADA, new_of(won[0].0)).await.unwrap();
    world.try_password(ADA, new_of(lost[0].0)).await.unwrap_err();
}

#[tokio::test]
async fn who_was_signed_out_meanwhile_changes_nothing() {
    for action in [AccountChange::EndSessions, AccountChange::SetActive(false)] {
        let world = World::new().await;
        let ada = world.register(ADA).await;
        let who = principal(&world, &ada).await;
        world.administration.change(&context(), &email(ADA), action).await.unwrap().unwrap();
        world.events.take();
        let request = ChangePassword { current: attempt(PASSWORD), new: password(NEW), device: None };
        let refused = world.passwords.change(&context(), &who, request).await;
        assert!(matches!(refused, Err(ChangePasswordError::SessionEnded)), "{refused:?}");
        assert_eq!(world.events.take_outcomes(), [failure(&ada, PasswordChangeFailure::SessionEnded)]);
        assert!(world.store.hash_of(&email(ADA)).unwrap().expose().contains(PASSWORD), "{action:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_changes_nothing_and_says_so() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    let who = principal(&world, &ada).await;
    world.store.go_down();
    let request = ChangePassword { current: attempt(PASSWORD), new: password(NEW), device: None };
    let failed = world.passwords.change(&context(), &who, request).await;
    assert!(matches!(failed, Err(ChangePasswordError::Port(_))), "{failed:?}");
    world.store.come_back();
    world.login(ADA).await.unwrap();
}

#[tokio::test]
async fn a_password_made_of_the_account_registers_nobody() {
    let world = World::new().await;
    let mut stated = registration(ADA);
    stated.password = password("Lovelace.1815");
    let begun = world.registration.begin(&context(), stated.clone()).await;
    assert!(matches!(begun, Err(RegisterError::PersonalPassword(_))), "{begun:?}");
    let failed = Event::RegisterFailed { reason: RegisterFailure::PersonalPassword };
    assert_eq!(world.events.take_outcomes(), [failed]);
    let created = world.administration.create(&context(), stated.clone(), company("")).await;
    assert!(matches!(created, Err(CreateAccountError::PersonalPassword(_))), "{created:?}");

    stated.password = password("Analytical-Engines-1");
    let company = company("Analytical Engines");
    let registered = world.registration.register(&context(), stated, company, profile()).await;
    assert!(matches!(registered, Err(RegisterError::PersonalPassword(_))), "{registered:?}");
    assert_eq!(world.hasher.hashed(), 0, "nothing was hashed");
    assert!(world.store.account(&email(ADA)).is_none());
}

#[tokio::test]
async fn a_password_that_an_operator_sets_ends_every_session() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    world.events.take();
    let address = email("ADA@example.org");
    let set = world.administration.set_password(&context(), &address, &password(NEW)).await.unwrap();
    assert_eq!(set, world.store.account(&email(ADA)).map(|(user, _)| user));
    assert_eq!(world.events.take_events(), [Event::AccountPasswordSet { user: ada.user.id }]);
    assert!(!world.is_live(&ada).await);
    world.login(ADA).await.unwrap_err();
    world.try_password(ADA, NEW).await.unwrap();

    let personal = world.administration.set_password(&context(), &address, &password("Lovelace.1815")).await;
    assert!(matches!(personal, Err(SetPasswordError::PersonalPassword(_))), "{personal:?}");
    let nobody = email("nobody@example.org");
    let none = world.administration.set_password(&context(), &nobody, &password(NEW)).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn a_hash_of_former_times_is_replaced_at_the_next_login_and_ends_no_session() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    let older = PlainHasher::older_hash(PASSWORD);
    world.store.import_hash(&email(ADA), older.clone());
    world.try_password(ADA, "the wrong password").await.unwrap_err();
    assert_eq!(world.store.hash_of(&email(ADA)).unwrap().expose(), older.expose(), "not by a wrong password");

    world.events.take();
    let signed_in = world.login(ADA).await.unwrap();
    let upgraded = Event::PasswordUpgraded { user: ada.user.id };
    assert_eq!(world.events.take_outcomes()[1..], [upgraded]);
    let hash = world.store.hash_of(&email(ADA)).unwrap();
    assert_ne!(hash.expose(), older.expose());
    assert!(world.is_live(&ada).await && world.is_live(&signed_in).await);

    world.login(ADA).await.unwrap();
    assert_eq!(world.store.hash_of(&email(ADA)).unwrap().expose(), hash.expose(), "once is enough");
}

#[tokio::test]
async fn a_login_stands_when_the_upgrade_fails() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    world.store.import_hash(&email(ADA), PlainHasher::older_hash(PASSWORD));
    let ports = LoginPorts {
        users: world.stores.users.clone(),
        passwords: Arc::new(BrokenPasswords),
        sessions: world.stores.sessions.clone(),
        hasher: world.hasher.clone(),
        issuer: world.issuer.clone(),
        limits: world.limits.clone(),
        events: world.events.clone(),
    };
    let service = LoginService::new(ports, world.bots.clone(), world.stores.trail.clone());
    world.events.take();
    let login = autorisen_domain::auth::Login::new(email(ADA), attempt(PASSWORD));
    let signed_in = service.login(&context(), login).await.unwrap();
    assert!(world.is_live(&signed_in).await);
    let failed = Event::PasswordUpgradeFailed { user: ada.user.id };
    assert_eq!(world.events.take_outcomes()[1..], [failed]);
}

#[tokio::test]
async fn a_hash_of_former_times_costs_a_stranger_the_same_work() {
    let world = World::new().await;
    world.register(ADA).await;
    world.store.import_hash(&email(ADA), PlainHasher::older_hash(PASSWORD));
    for address in [ADA, "nobody@example.org"] {
        let before = (world.hasher.hashed(), world.hasher.verified());
        world.try_password(address, "the wrong password").await.unwrap_err();
        let after = (world.hasher.hashed(), world.hasher.verified());
        assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "{address}");
    }
}

/// A table that cannot be written to.
struct BrokenPasswords;

#[async_trait]
impl PasswordRepository for BrokenPasswords {
    async fn change(&self, _: &PasswordChange, _: &AuditEntry) -> Result<bool, PortError> {
        Err(PortError::new("change password", "broken"))
    }

    async fn set(
        &self,
        _: &EmailAddress,
        _: &PasswordHash,
        _: &AuditEntry,
    ) -> Result<Option<User>, PortError> {
        Err(PortError::new("set password", "broken"))
    }

    async fn upgrade(
        &self,
        _: UserId,
        _: &PasswordHash,
        _: &PasswordHash,
        _: &AuditEntry,
    ) -> Result<bool, PortError> {
        Err(PortError::new("upgrade password hash", "broken"))
    }
}

const fn new_of(caller: usize) -> &'static str {
    if caller == 0 { "the first new phrase" } else { "the second new phrase" }
}

fn failure(of: &SignedIn, reason: PasswordChangeFailure) -> Event {
    Event::PasswordChangeFailed { user: of.user.id, reason }
}

async fn principal(world: &World, signed_in: &SignedIn) -> Principal {
    world.sessions.authenticate(cookie_of(signed_in)).await.unwrap()
}

async fn change(
    world: &World,
    who: &SignedIn,
    current: &str,
    new: &str,
) -> Result<SignedIn, ChangePasswordError> {
    let request = ChangePassword { current: attempt(current), new: password(new), device: None };
    world.passwords.change(&context(), &principal(world, who).await, request).await
}
