//! Signing out: from here, from everywhere, twice, with whatever is left to show.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{Logout, LogoutError, OpaqueKind, ShownCredentials, SignedIn};
use autorisen_domain::events::{Event, LogoutFailure};
use autorisen_testkit::fixtures::{World, bearer_of, context, cookie_of, text_of};
use autorisen_testkit::race;
use secrecy::ExposeSecret;

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn whatever_shows_the_session_ends_it() {
    for how in ["bearer", "cookie", "both", "refresh token", "all three"] {
        let world = World::new().await;
        let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
        world.events.take();
        let bearer = bearer_of(&signed_in).bearer;
        let cookie = cookie_of(&signed_in).cookie;
        let refresh = Some(text_of(&signed_in.refresh));
        let (shown, refresh) = match how {
            "bearer" => (ShownCredentials { bearer, cookie: None }, None),
            "cookie" => (ShownCredentials { bearer: None, cookie }, None),
            "both" => (ShownCredentials { bearer, cookie }, None),
            "refresh token" => (ShownCredentials::default(), refresh),
            _ => (ShownCredentials { bearer, cookie }, refresh),
        };
        logout(&world, Logout { shown, refresh, all_devices: false }).await.unwrap();

        assert!(!world.is_live(&signed_in).await, "{how}");
        assert!(world.sessions.authenticate(bearer_of(&signed_in)).await.is_err(), "{how}");
        let renewed = world.sessions.refresh(&context(), Some(text_of(&signed_in.refresh))).await;
        assert!(renewed.is_err(), "{how}: the refresh token is dead as well");
        assert!(world.is_live(&other).await, "{how}: another session lives on");
        assert_eq!(world.events.take_outcomes()[0], success(&signed_in, false), "{how}");
    }
}

#[tokio::test]
async fn signing_out_of_all_devices_ends_every_session_of_the_account_and_no_other() {
    for how in ["bearer", "cookie", "refresh token"] {
        let world = World::new().await;
        let stranger = world.register("grace@example.org").await;
        let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
        world.events.take();
        let (shown, refresh) = match how {
            "bearer" => (bearer_of(&signed_in), None),
            "cookie" => (cookie_of(&signed_in), None),
            _ => (ShownCredentials::default(), Some(text_of(&signed_in.refresh))),
        };
        logout(&world, Logout { shown, refresh, all_devices: true }).await.unwrap();

        assert_eq!(world.events.take_outcomes(), [success(&signed_in, true)], "{how}");
        assert!(!world.is_live(&signed_in).await && !world.is_live(&other).await, "{how}");
        assert!(world.is_live(&stranger).await, "{how}: another account is left alone");
        let again = world.login(ADA).await.unwrap();
        assert!(world.is_live(&again).await, "{how}: the owner may sign in again");
    }
}

#[tokio::test]
async fn signing_out_again_is_no_failure_and_no_event() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let everything = ShownCredentials { cookie: cookie_of(&signed_in).cookie, ..bearer_of(&signed_in) };
    let logout_all =
        |all_devices| Logout { shown: everything, refresh: Some(text_of(&signed_in.refresh)), all_devices };
    logout(&world, logout_all(false)).await.unwrap();
    world.events.take();
    for all_devices in [false, true] {
        logout(&world, logout_all(all_devices)).await.unwrap();
        assert_eq!(world.events.take_outcomes(), []);
    }
}

#[tokio::test]
async fn signing_out_with_nothing_to_end_is_no_failure() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let nowhere = world.security.opaque.mint(OpaqueKind::Refresh, &[7; 16]).unwrap().token;
    world.events.take();
    for refresh in [None, Some("nonsense"), Some(text_of(&signed_in.cookie)), Some(nowhere.expose_secret())] {
        let request = Logout { refresh, ..Logout::default() };
        logout(&world, request).await.unwrap();
        logout(&world, Logout { all_devices: true, ..request }).await.unwrap();
    }
    assert_eq!(world.events.take_outcomes(), []);
    assert!(world.is_live(&signed_in).await);
}

#[tokio::test]
async fn an_expired_access_token_ends_its_own_session() {
    let world = World::new().await;
    let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    world.clock.advance(Duration::from_hours(1));
    world.events.take();
    let request = Logout { shown: bearer_of(&signed_in), ..Logout::default() };
    logout(&world, request).await.unwrap();
    assert_eq!(world.events.take_events(), [Event::LogoutAttempted, success(&signed_in, false)]);
    assert!(!world.is_live(&signed_in).await);
    assert!(world.is_live(&other).await, "no session but its own");
    logout(&world, request).await.unwrap();
    assert_eq!(world.events.take_outcomes(), [], "it had ended before");
}

#[tokio::test]
async fn an_expired_access_token_does_not_end_other_sessions() {
    let world = World::new().await;
    let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    world.clock.advance(Duration::from_hours(1));
    world.events.take();
    let request = Logout { shown: bearer_of(&signed_in), refresh: None, all_devices: true };
    let refused = logout(&world, request).await;
    assert!(matches!(refused, Err(LogoutError::Expired)), "{refused:?}");
    assert_eq!(world.events.take_outcomes(), [failure(LogoutFailure::ExpiredToken)]);
    assert!(world.is_live(&signed_in).await && world.is_live(&other).await, "nothing ended");
}

#[tokio::test]
async fn a_cookie_that_cannot_be_read_is_nothing_to_end() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let stranger = World::new().await.register(ADA).await;
    for shown in [cookie_of(&stranger), ShownCredentials { cookie: Some("nonsense"), bearer: None }] {
        logout(&world, Logout { shown, ..Logout::default() }).await.unwrap();
        assert!(world.is_live(&signed_in).await, "nothing ended");
    }
    let shown = ShownCredentials { cookie: Some("nonsense"), bearer: None };
    let refresh = Some(text_of(&signed_in.refresh));
    logout(&world, Logout { shown, refresh, all_devices: false }).await.unwrap();
    assert!(!world.is_live(&signed_in).await, "the refresh token beside it counts");
}

#[tokio::test]
async fn what_is_none_of_ours_ends_nothing_and_is_refused() {
    let world = World::new().await;
    let (signed_in, other) = (world.register(ADA).await, world.register("grace@example.org").await);
    let stranger = World::new().await.register(ADA).await;
    let refresh = Some(text_of(&signed_in.refresh));
    for shown in [
        bearer_of(&stranger),
        ShownCredentials { bearer: Some("nonsense"), ..cookie_of(&signed_in) },
        ShownCredentials { bearer: Some(text_of(&signed_in.refresh)), cookie: None },
        ShownCredentials { bearer: bearer_of(&signed_in).bearer, cookie: cookie_of(&other).cookie },
    ] {
        for all_devices in [false, true] {
            world.events.take();
            let refused = logout(&world, Logout { shown, refresh, all_devices }).await;
            assert!(matches!(refused, Err(LogoutError::Invalid)), "{shown:?}: {refused:?}");
            assert_eq!(world.events.take_outcomes(), [failure(LogoutFailure::InvalidToken)]);
        }
    }
    assert!(world.is_live(&signed_in).await && world.is_live(&other).await, "nothing ended");
}

#[tokio::test]
async fn a_client_that_lost_the_answer_of_a_renewal_can_sign_out() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.sessions.refresh(&context(), Some(text_of(&signed_in.refresh))).await.unwrap();
    world.clock.advance(Duration::from_hours(1));
    let request = Logout { refresh: Some(text_of(&signed_in.refresh)), ..Logout::default() };
    logout(&world, request).await.unwrap();
    assert!(!world.is_live(&signed_in).await);
}

#[tokio::test]
async fn a_dead_cookie_does_not_keep_a_live_refresh_token_from_signing_out() {
    let world = World::new().await;
    let (old, signed_in) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    logout(&world, Logout { shown: cookie_of(&old), ..Logout::default() }).await.unwrap();
    let refresh = Some(text_of(&signed_in.refresh));
    logout(&world, Logout { shown: cookie_of(&old), refresh, all_devices: false }).await.unwrap();
    assert!(!world.is_live(&signed_in).await);
}

#[tokio::test]
async fn signing_out_counts_on_every_replica_at_once() {
    let world = World::new().await;
    let replica = world.replica().await;
    let signed_in = world.register(ADA).await;
    assert!(replica.is_live(&signed_in).await);
    logout(&world, Logout { shown: bearer_of(&signed_in), ..Logout::default() }).await.unwrap();
    assert!(!replica.is_live(&signed_in).await);
}

#[tokio::test]
async fn a_store_that_is_down_signs_nobody_out_and_says_so() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.events.take();
    world.store.go_down();
    let refresh = Some(text_of(&signed_in.refresh));
    for request in [
        Logout { shown: bearer_of(&signed_in), ..Logout::default() },
        Logout { shown: cookie_of(&signed_in), all_devices: true, ..Logout::default() },
        Logout { refresh, ..Logout::default() },
    ] {
        let failed = logout(&world, request).await;
        assert!(matches!(failed, Err(LogoutError::Port(_))), "{failed:?}");
    }
    assert_eq!(world.events.take_outcomes(), [], "nobody was signed out or refused");
    world.store.come_back();
    assert!(world.is_live(&signed_in).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_sign_out_at_once_one_is_recorded_and_none_fails() {
    let world = Arc::new(World::new().await);
    world.register(ADA).await;
    for round in 0..20 {
        let signed_in = world.login(ADA).await.unwrap();
        world.events.take();
        race(20, |_| {
            let (world, signed_in) = (Arc::clone(&world), signed_in.clone());
            async move {
                let shown = cookie_of(&signed_in);
                logout(&world, Logout { shown, ..Logout::default() }).await.unwrap();
            }
        })
        .await;
        assert_eq!(world.events.take_outcomes(), [success(&signed_in, false)], "round {round}");
        assert!(!world.is_live(&signed_in).await, "round {round}");
    }
}

async fn logout(world: &World, request: Logout<'_>) -> Result<(), LogoutError> {
    world.sessions.logout(&context(), request).await
}

fn success(signed_in: &SignedIn, all_devices: bool) -> Event {
    Event::LogoutSucceeded { user: signed_in.user.id, session: signed_in.session, all_devices }
}

fn failure(reason: LogoutFailure) -> Event {
    Event::LogoutFailed { reason }
}
