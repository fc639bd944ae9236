//! Renewing a session: the honest are never signed out, the thief is always caught.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{
    AccountChange, Issued, Logout, OpaqueKind, RefreshError, RefreshedTokens, Role, Session, SessionPolicy,
    ShownCredentials, SignedIn,
};
use autorisen_domain::clock::Clock;
use autorisen_domain::events::{Event, RefreshFailure};
use autorisen_testkit::fixtures::{NOW, World, WorldSettings, bearer_of, context, cookie_of, email, text_of};
use autorisen_testkit::race;
use secrecy::ExposeSecret;

const ADA: &str = "ada@example.org";
const SECOND: Duration = Duration::from_secs(1);
const MICRO: Duration = Duration::from_micros(1);

#[tokio::test]
async fn a_renewal_gives_new_tokens_for_the_same_session() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.events.take();
    world.clock.advance(Duration::from_hours(1));
    let renewed = refresh(&world, &signed_in.refresh).await.unwrap();

    assert_ne!(text_of(&renewed.refresh), text_of(&signed_in.refresh));
    assert_ne!(text_of(&renewed.access), text_of(&signed_in.access));
    let idle = world.clock.now().plus(world.settings.session.idle);
    assert_eq!(renewed.refresh.expires_at, idle, "the idle limit slides");
    assert_eq!(renewed.access.expires_at.secs(), world.clock.now().secs() + 15 * 60);
    let principal = world.sessions.authenticate(bearer(&renewed)).await.unwrap();
    assert_eq!((principal.session, principal.user.id), (signed_in.session, signed_in.user.id));
    assert_eq!(principal.session_expires_at, idle);
    assert!(world.is_live(&signed_in).await, "the cookie stays as it is");
    let success = Event::RefreshSucceeded { user: signed_in.user.id, session: signed_in.session };
    assert_eq!(world.events.take_events(), [Event::RefreshAttempted, success]);
}

#[tokio::test]
async fn a_chain_of_ten_thousand_renewals_holds() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let mut seen = HashSet::new();
    let mut token = signed_in.refresh.clone();
    for link in 0..10_000 {
        world.clock.advance(SECOND);
        assert!(seen.insert(text_of(&token).to_owned()), "a token comes twice at link {link}");
        token = refresh(&world, &token).await.unwrap().refresh;
    }
    let sessions = world.store.sessions_of(signed_in.user.id);
    assert_eq!(sessions.len(), 1, "one row, however long the chain");
    assert!(world.is_live(&signed_in).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_token_shown_fifty_times_at_once_gets_one_successor() {
    let world = Arc::new(World::new().await);
    let signed_in = world.register(ADA).await;
    let mut token = signed_in.refresh.clone();
    for round in 0..20 {
        let answers = race(50, |_| {
            let (world, token) = (Arc::clone(&world), token.clone());
            async move { refresh(&world, &token).await }
        })
        .await;
        let renewed: Vec<RefreshedTokens> = answers.into_iter().map(Result::unwrap).collect();
        let successors: HashSet<_> = renewed.iter().map(|renewed| text_of(&renewed.refresh)).collect();
        assert_eq!(successors.len(), 1, "round {round}");
        for renewed in &renewed {
            world.sessions.authenticate(bearer(renewed)).await.unwrap();
        }
        token = renewed[0].refresh.clone();
    }
    assert!(!world.events.take_names().contains(&"auth.refresh.reuse"));
}

#[tokio::test]
async fn two_replicas_shown_one_token_give_one_successor() {
    let world = World::new().await;
    let replica = world.replica().await;
    let signed_in = world.register(ADA).await;
    let (here, there) =
        tokio::join!(refresh(&world, &signed_in.refresh), refresh(&replica, &signed_in.refresh));
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!(text_of(&here.refresh), text_of(&there.refresh));
    refresh(&replica, &here.refresh).await.expect("the successor is good everywhere");
}

#[tokio::test]
async fn a_client_that_lost_the_answer_gets_it_again() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let lost = refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.advance(world.settings.session.refresh_grace);
    let again = refresh(&world, &signed_in.refresh).await.expect("the window includes its last moment");
    assert_eq!(text_of(&again.refresh), text_of(&lost.refresh));
    assert_eq!(again.refresh.expires_at, lost.refresh.expires_at, "nothing slides for a repeated answer");
    refresh(&world, &again.refresh).await.expect("the chain goes on");
}

#[tokio::test]
async fn a_spent_token_after_the_window_ends_the_session() {
    let world = World::new().await;
    let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let renewed = refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.advance(world.settings.session.refresh_grace + MICRO);
    is_caught(&world, &signed_in, &signed_in.refresh).await;
    for shown in [bearer_of(&signed_in), cookie_of(&signed_in), bearer(&renewed)] {
        assert!(world.sessions.authenticate(shown).await.is_err(), "nothing of the session is good");
    }
    is_refused(&world, Some(text_of(&renewed.refresh)), RefreshFailure::SessionEnded).await;
    assert!(world.is_live(&other).await, "another session of the account lives on");
}

#[tokio::test]
async fn a_grandparent_ends_the_session_at_once() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let first = refresh(&world, &signed_in.refresh).await.unwrap();
    refresh(&world, &first.refresh).await.unwrap();
    is_caught(&world, &signed_in, &signed_in.refresh).await;
}

#[tokio::test]
async fn a_parent_whose_repeated_answer_was_used_ends_the_session_inside_the_window() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    refresh(&world, &signed_in.refresh).await.unwrap();
    let again = refresh(&world, &signed_in.refresh).await.unwrap();
    refresh(&world, &again.refresh).await.unwrap();
    world.clock.advance(SECOND);
    is_caught(&world, &signed_in, &signed_in.refresh).await;
}

#[tokio::test]
async fn a_token_that_was_made_for_the_session_and_never_given_out_ends_it() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let twin = world.security.opaque.mint(OpaqueKind::Refresh, signed_in.session.as_bytes()).unwrap();
    is_caught(&world, &signed_in, &Issued { token: twin.token, expires_at: NOW }).await;
}

#[tokio::test]
async fn a_caught_thief_is_recorded_once() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let first = refresh(&world, &signed_in.refresh).await.unwrap();
    refresh(&world, &first.refresh).await.unwrap();
    is_caught(&world, &signed_in, &signed_in.refresh).await;
    is_refused(&world, Some(text_of(&signed_in.refresh)), RefreshFailure::SessionEnded).await;
}

#[tokio::test]
async fn a_session_that_is_not_renewed_in_time_cannot_be() {
    let world = World::new().await;
    let (in_time, late) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    world.clock.set(in_time.refresh.expires_at.minus(MICRO));
    refresh(&world, &in_time.refresh).await.unwrap();
    world.clock.set(late.refresh.expires_at);
    is_refused(&world, Some(text_of(&late.refresh)), RefreshFailure::SessionEnded).await;
}

#[tokio::test]
async fn the_absolute_limit_beats_every_renewal() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let end = NOW.plus(world.settings.session.absolute);
    let mut tokens = refresh(&world, &signed_in.refresh).await.unwrap();
    while tokens.refresh.expires_at < end {
        world.clock.set(tokens.refresh.expires_at.minus(MICRO));
        tokens = refresh(&world, &tokens.refresh).await.unwrap();
    }
    assert_eq!(tokens.refresh.expires_at, end);
    world.clock.set(end.minus(SECOND));
    tokens = refresh(&world, &tokens.refresh).await.unwrap();
    assert_eq!(tokens.refresh.expires_at, end, "the last renewal moves nothing");
    assert!(tokens.access.expires_at <= end, "no access token outlives the session");
    world.clock.set(end);
    is_refused(&world, Some(text_of(&tokens.refresh)), RefreshFailure::SessionEnded).await;
}

#[tokio::test]
async fn an_ended_session_is_not_renewed() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let logout = Logout { shown: cookie_of(&signed_in), ..Logout::default() };
    world.sessions.logout(&context(), logout).await.unwrap();
    world.events.take();
    is_refused(&world, Some(text_of(&signed_in.refresh)), RefreshFailure::SessionEnded).await;
}

#[tokio::test]
async fn a_change_of_the_account_ends_renewal_also_within_the_window() {
    for change in [
        AccountChange::SetActive(false),
        AccountChange::SetActive(true),
        AccountChange::SetRole(Role::Customer),
        AccountChange::EndSessions,
    ] {
        let world = World::new().await;
        let signed_in = world.register(ADA).await;
        let renewed = refresh(&world, &signed_in.refresh).await.unwrap();
        world.administration.change(&context(), &email(ADA), change).await.unwrap();
        world.events.take();
        for token in [&renewed.refresh, &signed_in.refresh] {
            is_refused(&world, Some(text_of(token)), RefreshFailure::SessionEnded).await;
        }
    }
}

#[tokio::test]
async fn the_session_of_a_deleted_account_is_not_renewed() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.store.delete_account(signed_in.user.id);
    world.events.take();
    is_refused(&world, Some(text_of(&signed_in.refresh)), RefreshFailure::Unknown).await;
}

#[tokio::test]
async fn nothing_but_a_refresh_token_renews() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let stranger = World::new().await.register(ADA).await;
    let nowhere = world.security.opaque.mint(OpaqueKind::Refresh, &[7; 16]).unwrap().token;
    world.events.take();
    is_refused(&world, None, RefreshFailure::Missing).await;
    for text in [
        text_of(&signed_in.access),
        text_of(&signed_in.cookie),
        text_of(&stranger.refresh),
        nowhere.expose_secret(),
        "",
        "nonsense",
        &format!("{} ", text_of(&signed_in.refresh)),
    ] {
        is_refused(&world, Some(text), RefreshFailure::Unknown).await;
    }
    assert!(world.is_live(&signed_in).await, "none of them ended anything");
    refresh(&world, &signed_in.refresh).await.unwrap();
}

#[tokio::test]
async fn clocks_that_differ_by_less_than_the_window_sign_nobody_out() {
    for (ahead, behind) in [(5, 0), (0, 5), (0, 60)] {
        let world = World::new().await;
        let replica = world.replica().await;
        let signed_in = world.register(ADA).await;
        world.clock.advance(Duration::from_mins(1));
        replica.clock.set(world.clock.now());
        replica.clock.advance(Duration::from_secs(ahead));
        replica.clock.set(replica.clock.now().minus(Duration::from_secs(behind)));

        let here = refresh(&world, &signed_in.refresh).await.unwrap();
        let there = refresh(&replica, &signed_in.refresh).await.unwrap();
        assert_eq!(text_of(&here.refresh), text_of(&there.refresh), "{ahead} s ahead, {behind} s behind");
        let next = refresh(&replica, &there.refresh).await.unwrap();
        refresh(&world, &next.refresh).await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_by_more_than_the_window_errs_on_the_side_of_the_thief_being_caught() {
    let world = World::new().await;
    let replica = world.replica().await;
    let signed_in = world.register(ADA).await;
    replica.clock.advance(Duration::from_mins(1));
    refresh(&world, &signed_in.refresh).await.unwrap();
    is_caught(&replica, &signed_in, &signed_in.refresh).await;
}

#[tokio::test]
async fn a_clock_that_jumps_signs_nobody_out() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.clock.advance(Duration::from_hours(8));
    let ahead = refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.set(NOW);
    let back = refresh(&world, &ahead.refresh).await.unwrap();
    world.clock.advance(Duration::from_hours(8));
    refresh(&world, &back.refresh).await.unwrap();
}

#[tokio::test]
async fn without_a_window_a_spent_token_is_caught_at_the_next_moment() {
    let session = SessionPolicy { refresh_grace: Duration::ZERO, ..WorldSettings::default().session };
    let world = World::with(WorldSettings { session, ..WorldSettings::default() }).await;
    let signed_in = world.register(ADA).await;
    refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.advance(MICRO);
    is_caught(&world, &signed_in, &signed_in.refresh).await;
}

#[tokio::test]
async fn a_session_is_renewed_while_keys_rotate() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let before = refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.advance(world.settings.keys.announce_for);
    world.keys.rotate(&context()).await.unwrap();
    let after = refresh(&world, &before.refresh).await.unwrap();
    world.sessions.authenticate(bearer(&after)).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_down_spends_nothing() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.events.take();
    world.store.go_down();
    let failed = refresh(&world, &signed_in.refresh).await;
    assert!(matches!(failed, Err(RefreshError::Port(_))), "{failed:?}");
    assert_eq!(world.events.take_outcomes(), [], "nobody was refused");
    world.store.come_back();
    refresh(&world, &signed_in.refresh).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_renewal_that_races_a_logout_leaves_a_live_session() {
    let world = Arc::new(World::new().await);
    world.register(ADA).await;
    for round in 0..50 {
        let signed_in = world.login(ADA).await.unwrap();
        race(4, |caller| {
            let (world, signed_in) = (Arc::clone(&world), signed_in.clone());
            async move {
                if caller == 0 {
                    let logout = Logout { shown: bearer_of(&signed_in), ..Logout::default() };
                    world.sessions.logout(&context(), logout).await.unwrap();
                } else {
                    let _ = refresh(&world, &signed_in.refresh).await;
                }
            }
        })
        .await;
        assert!(!world.is_live(&signed_in).await, "round {round}");
    }
    assert!(!world.events.take_names().contains(&"auth.refresh.reuse"), "nobody is called a thief");
}

async fn refresh(world: &World, token: &Issued) -> Result<RefreshedTokens, RefreshError> {
    world.sessions.refresh(&context(), Some(text_of(token))).await
}

fn bearer(renewed: &RefreshedTokens) -> ShownCredentials<'_> {
    ShownCredentials { bearer: Some(text_of(&renewed.access)), cookie: None }
}

async fn is_refused(world: &World, token: Option<&str>, reason: RefreshFailure) {
    world.events.take();
    let refused = world.sessions.refresh(&context(), token).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)), "{token:?}: {refused:?}");
    assert_eq!(world.events.take_outcomes(), [Event::RefreshFailed { reason }], "{token:?}");
}

/// The token is refused, recorded as stolen, and its session is dead.
async fn is_caught(world: &World, owner: &SignedIn, token: &Issued) {
    world.events.take();
    let refused = refresh(world, token).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)), "{refused:?}");
    let reused = Event::RefreshReused { user: owner.user.id, session: owner.session };
    assert_eq!(world.events.take_outcomes(), [reused]);
    assert!(!world.is_live(owner).await, "the session is dead");
    let session: Session = world.stores.sessions.find(owner.session).await.unwrap().unwrap().session;
    assert_eq!(session.revoked_at, Some(world.clock.now()));
}
