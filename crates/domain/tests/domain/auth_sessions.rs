//! Who sends a request: by bearer token, by cookie, by both, and by neither.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::time::Duration;

use autorisen_domain::auth::{
    AccessClaims, AccountChange, AuthenticateError, Logout, OpaqueKind, Principal, Role, SessionRecord,
    ShownCredentials, SignedIn, UserId,
};
use autorisen_domain::chat::ChatTokenRequest;
use autorisen_domain::clock::{Clock, Timestamp};
use autorisen_testkit::fixtures::{
    NOW, World, bearer_of, context, cookie_of, email, fresh_bytes, session_for, text_of, user,
};
use secrecy::ExposeSecret;

const ADA: &str = "ada@example.org";
const MICRO: Duration = Duration::from_micros(1);

/// Makes a live session die.
type Fault = fn(&mut SessionRecord);

#[test]
fn a_session_is_live_only_as_long_as_nothing_says_otherwise() {
    let user = user(ADA);
    let session = session_for(&user);
    let live = SessionRecord { session, user };
    assert!(live.is_live(NOW));

    let faults: [(&str, Fault); 6] = [
        ("it was ended", |record| record.session.revoked_at = Some(NOW.plus(MICRO))),
        ("its idle limit is reached", |record| record.session.expires_at = NOW),
        ("its absolute limit is reached", |record| record.session.absolute_expires_at = NOW),
        ("its account is disabled", |record| record.user.is_active = false),
        ("its account is in a later epoch", |record| record.user.session_epoch += 1),
        ("its account is in an earlier epoch", |record| record.user.session_epoch -= 1),
    ];
    for (why, make) in faults {
        let mut record = live.clone();
        make(&mut record);
        assert!(!record.is_live(NOW), "{why}");
    }
}

#[tokio::test]
async fn a_live_session_is_recognised_by_bearer_by_cookie_and_by_both() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    for shown in [bearer_of(&signed_in), cookie_of(&signed_in), both(&signed_in, &signed_in)] {
        let principal = world.sessions.authenticate(shown).await.unwrap();
        let expected = Principal {
            user: signed_in.user.clone(),
            session: signed_in.session,
            session_expires_at: signed_in.refresh.expires_at,
        };
        assert_eq!(principal, expected);
    }
}

#[tokio::test]
async fn nothing_shown_is_nobody() {
    let world = World::new().await;
    world.register(ADA).await;
    let refused = world.sessions.authenticate(ShownCredentials::default()).await;
    assert!(matches!(refused, Err(AuthenticateError::Missing)), "{refused:?}");
}

#[tokio::test]
async fn a_bearer_and_a_cookie_of_two_accounts_are_refused() {
    let world = World::new().await;
    let (ada, grace) = (world.register(ADA).await, world.register("grace@example.org").await);
    is_invalid(&world, both(&ada, &grace)).await;
    is_invalid(&world, both(&grace, &ada)).await;
    end(&world, &grace).await;
    let principal = world.sessions.authenticate(both(&ada, &grace)).await.unwrap();
    assert_eq!(principal.session, ada.session, "a cookie that is over says nothing");
}

#[tokio::test]
async fn a_bearer_counts_beside_a_cookie_of_another_tab() {
    let world = World::new().await;
    let first = world.register(ADA).await;
    let second = world.login(ADA).await.unwrap();
    let principal = world.sessions.authenticate(both(&first, &second)).await.unwrap();
    assert_eq!(principal.session, first.session);
    end(&world, &first).await;
    let dead = world.sessions.authenticate(both(&first, &second)).await;
    assert!(matches!(dead, Err(AuthenticateError::Revoked)), "the cookie saves no bearer: {dead:?}");
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_does_not_spoil_a_bearer() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let stranger = World::new().await.register(ADA).await;
    for cookie in ["", "nonsense", text_of(&signed_in.refresh), text_of(&stranger.cookie)] {
        let shown = ShownCredentials { cookie: Some(cookie), ..bearer_of(&signed_in) };
        let principal = world.sessions.authenticate(shown).await.unwrap();
        assert_eq!(principal.session, signed_in.session, "beside {cookie:?}");
    }
}

#[tokio::test]
async fn a_bearer_that_is_none_of_ours_is_not_saved_by_a_cookie() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let stranger = World::new().await.register(ADA).await;
    for bearer in ["", "nonsense", text_of(&stranger.access)] {
        is_invalid(&world, ShownCredentials { bearer: Some(bearer), ..cookie_of(&signed_in) }).await;
    }
}

#[tokio::test]
async fn no_token_passes_as_another() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let principal = world.sessions.authenticate(bearer_of(&signed_in)).await.unwrap();
    let chat = world.chat.issue(&context(), &principal, ChatTokenRequest::default()).await.unwrap();
    let csrf = world.security.csrf.issue(NOW).unwrap();
    let access = text_of(&signed_in.access);
    let (refresh, cookie) = (text_of(&signed_in.refresh), text_of(&signed_in.cookie));
    for bearer in [refresh, cookie, chat.token.expose_secret(), &csrf] {
        is_invalid(&world, ShownCredentials { bearer: Some(bearer), cookie: None }).await;
    }
    for cookie in [access, refresh, chat.token.expose_secret(), &csrf] {
        is_invalid(&world, ShownCredentials { bearer: None, cookie: Some(cookie) }).await;
    }
}

#[tokio::test]
async fn a_cookie_that_names_the_session_but_is_not_its_own_is_refused() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let twin = world.security.opaque.mint(OpaqueKind::Cookie, signed_in.session.as_bytes()).unwrap().token;
    is_invalid(&world, ShownCredentials { bearer: None, cookie: Some(twin.expose_secret()) }).await;
}

#[tokio::test]
async fn a_bearer_that_names_another_owner_of_the_session_is_refused() {
    let world = World::new().await;
    let (signed_in, other) = (world.register(ADA).await, world.register("grace@example.org").await);
    for user in [other.user.id, UserId::from_bytes(fresh_bytes())] {
        let claims = AccessClaims {
            user,
            session: signed_in.session,
            issued_at: Timestamp::from_secs(NOW.secs()),
            expires_at: Timestamp::from_secs(NOW.secs() + 60),
        };
        let token = world.security.access.sign(&claims).unwrap();
        is_invalid(&world, ShownCredentials { bearer: Some(token.expose_secret()), cookie: None }).await;
    }
}

#[tokio::test]
async fn an_access_token_ends_before_its_session() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.clock.set(signed_in.access.expires_at.minus(MICRO));
    world.sessions.authenticate(bearer_of(&signed_in)).await.unwrap();
    world.clock.set(signed_in.access.expires_at);
    for shown in [bearer_of(&signed_in), both(&signed_in, &signed_in)] {
        let refused = world.sessions.authenticate(shown).await;
        assert!(matches!(refused, Err(AuthenticateError::Expired)), "{refused:?}");
    }
    assert!(world.is_live(&signed_in).await, "the cookie is still good");
}

#[tokio::test]
async fn a_session_that_is_not_renewed_ends_at_its_idle_limit() {
    let world = World::new().await;
    // Showing the cookie of one renews that one.
    let (used, unused) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let idle = NOW.plus(world.settings.session.idle);
    world.clock.set(idle.minus(MICRO));
    assert!(world.is_live(&used).await);
    world.clock.set(idle);
    is_revoked(&world, cookie_of(&unused)).await;
}

#[tokio::test]
async fn a_session_that_is_renewed_ends_at_its_absolute_limit() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let end = NOW.plus(world.settings.session.absolute);
    let mut refresh = signed_in.refresh.clone();
    while refresh.expires_at < end {
        world.clock.set(refresh.expires_at.minus(MICRO));
        refresh = world.sessions.refresh(&context(), Some(text_of(&refresh))).await.unwrap().refresh;
    }
    world.clock.set(end.minus(MICRO));
    assert!(world.is_live(&signed_in).await, "the cookie of the login outlives renewals");
    world.clock.set(end);
    is_revoked(&world, cookie_of(&signed_in)).await;
}

#[tokio::test]
async fn an_ended_session_is_refused_however_it_is_shown_and_wherever() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    end(&world, &signed_in).await;
    for world in [&world, &replica] {
        for shown in [bearer_of(&signed_in), cookie_of(&signed_in), both(&signed_in, &signed_in)] {
            is_revoked(world, shown).await;
        }
        assert!(world.is_live(&other).await, "another session of the account is untouched");
    }
}

#[tokio::test]
async fn every_change_of_the_account_counts_at_the_next_request_wherever() {
    for change in [
        AccountChange::SetActive(false),
        AccountChange::SetActive(true),
        AccountChange::SetRole(Role::Customer),
        AccountChange::EndSessions,
    ] {
        let world = World::new().await;
        let replica = world.replica().await;
        let (signed_in, other) = (world.register(ADA).await, world.register("grace@example.org").await);
        assert!(replica.is_live(&signed_in).await);
        world.administration.change(&context(), &email(ADA), change).await.unwrap().unwrap();
        for world in [&world, &replica] {
            is_revoked(world, bearer_of(&signed_in)).await;
            is_revoked(world, cookie_of(&signed_in)).await;
            assert!(world.is_live(&other).await, "{change:?} leaves others alone");
        }
    }
}

#[tokio::test]
async fn a_disabled_account_that_is_enabled_again_needs_a_new_login() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    for active in [false, true] {
        let change = AccountChange::SetActive(active);
        world.administration.change(&context(), &email(ADA), change).await.unwrap();
    }
    is_revoked(&world, cookie_of(&signed_in)).await;
    let again = world.login(ADA).await.unwrap();
    assert!(world.is_live(&again).await);
}

#[tokio::test]
async fn the_tokens_of_a_deleted_account_are_not_those_of_its_successor() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.store.delete_account(signed_in.user.id);
    is_revoked(&world, bearer_of(&signed_in)).await;
    let successor = world.register(ADA).await;
    assert_ne!(successor.user.id, signed_in.user.id);
    for shown in [bearer_of(&signed_in), cookie_of(&signed_in)] {
        is_revoked(&world, shown).await;
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_makes_no_token_of_the_future_good() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.clock.set(NOW.minus(Duration::from_hours(1)));
    is_invalid(&world, bearer_of(&signed_in)).await;
    world.clock.set(NOW);
    end(&world, &signed_in).await;
    world.clock.set(NOW.minus(MICRO));
    is_revoked(&world, cookie_of(&signed_in)).await;
}

#[tokio::test]
async fn a_store_that_is_down_lets_nobody_in() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.store.go_down();
    for shown in [bearer_of(&signed_in), cookie_of(&signed_in)] {
        let refused = world.sessions.authenticate(shown).await;
        assert!(matches!(refused, Err(AuthenticateError::Port(_))), "{refused:?}");
    }
    is_invalid(&world, ShownCredentials { bearer: Some("nonsense"), cookie: None }).await;
}

#[tokio::test]
async fn a_token_outlives_the_rotation_of_keys_by_its_own_life() {
    let world = World::new().await;
    world.clock.advance(world.settings.keys.announce_for);
    let signed_in = world.register(ADA).await;
    world.keys.rotate(&context()).await.unwrap();
    world.sessions.authenticate(bearer_of(&signed_in)).await.unwrap();
    let newer = world.login(ADA).await.unwrap();
    world.sessions.authenticate(bearer_of(&newer)).await.unwrap();

    world.clock.set(signed_in.access.expires_at.minus(MICRO));
    world.keys.reload().await.unwrap();
    world.sessions.authenticate(bearer_of(&signed_in)).await.unwrap();
    let retired_for = world.settings.keys.retire_for.saturating_sub(world.clock.now().since(NOW));
    world.clock.advance(retired_for + world.settings.keys.announce_for);
    world.keys.reload().await.unwrap();
    is_invalid(&world, bearer_of(&signed_in)).await;
}

fn both<'a>(bearer: &'a SignedIn, cookie: &'a SignedIn) -> ShownCredentials<'a> {
    ShownCredentials { bearer: bearer_of(bearer).bearer, cookie: cookie_of(cookie).cookie }
}

async fn end(world: &World, signed_in: &SignedIn) {
    let logout = Logout { shown: cookie_of(signed_in), ..Logout::default() };
    world.sessions.logout(&context(), logout).await.unwrap();
}

async fn is_invalid(world: &World, shown: ShownCredentials<'_>) {
    let refused = world.sessions.authenticate(shown).await;
    assert!(matches!(refused, Err(AuthenticateError::Invalid)), "{shown:?}: {refused:?}");
}

async fn is_revoked(world: &World, shown: ShownCredentials<'_>) {
    let refused = world.sessions.authenticate(shown).await;
    assert!(matches!(refused, Err(AuthenticateError::Revoked)), "{shown:?}: {refused:?}");
}
