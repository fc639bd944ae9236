//! Seeing one's sessions, and ending them from the list.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::time::Duration;

use autorisen_domain::auth::{
    EndOthersError, EndSessionError, Principal, SessionId, SessionOverview, SignedIn,
};
use autorisen_domain::events::{EndSessionFailure, Event};
use autorisen_testkit::fixtures::{NOW, World, bearer_of, context, cookie_of, fresh_bytes, text_of};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";

#[tokio::test]
async fn a_user_sees_their_own_live_sessions_the_one_used_last_first() {
    let world = World::new().await;
    let (first, second) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let ended = world.login(ADA).await.unwrap();
    world.register(GRACE).await;
    let principal = principal(&world, &first).await;
    world.overview.end(&context(), &principal, ended.session).await.unwrap();

    world.clock.advance(Duration::from_mins(1));
    world.sessions.refresh(&context(), Some(text_of(&first.refresh))).await.unwrap();
    let listed = world.overview.list(&principal).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|summary| summary.id).collect();
    assert_eq!(ids, [first.session, second.session]);
    assert_eq!(listed[0].last_used_at, NOW.plus(Duration::from_mins(1)));
    assert_eq!(listed[0].created_at, NOW);
    assert_eq!(listed[0].client, context().client);
    assert_eq!(listed[0].user_agent, context().user_agent);

    world.clock.set(NOW.plus(world.settings.session.idle));
    let ids: Vec<_> =
        world.overview.list(&principal).await.unwrap().iter().map(|summary| summary.id).collect();
    assert_eq!(ids, [first.session], "a session past its idle limit is not shown");
}

#[tokio::test]
async fn of_very_many_sessions_those_used_last_are_shown() {
    let world = World::new().await;
    let first = world.register(ADA).await;
    for _ in 0..SessionOverview::MAX_LISTED {
        world.clock.advance(Duration::from_micros(1));
        world.login(ADA).await.unwrap();
    }
    let listed = world.overview.list(&principal(&world, &first).await).await.unwrap();
    assert_eq!(listed.len(), SessionOverview::MAX_LISTED as usize);
    assert!(listed.iter().all(|summary| summary.id != first.session));
}

#[tokio::test]
async fn ending_a_session_ends_it_everywhere_and_no_other() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (mine, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let principal = principal(&world, &mine).await;
    world.events.take();
    world.overview.end(&context(), &principal, other.session).await.unwrap();
    for world in [&world, &replica] {
        assert!(!world.is_live(&other).await);
        assert!(world.sessions.authenticate(bearer_of(&other)).await.is_err());
        assert!(world.sessions.refresh(&context(), Some(text_of(&other.refresh))).await.is_err());
        assert!(world.is_live(&mine).await);
    }
    let ended = Event::SessionEnded { user: mine.user.id, session: other.session };
    assert!(world.events.take_events().contains(&ended));
}

#[tokio::test]
async fn a_session_may_end_itself() {
    let world = World::new().await;
    let mine = world.register(ADA).await;
    let principal = principal(&world, &mine).await;
    world.overview.end(&context(), &principal, mine.session).await.unwrap();
    assert!(!world.is_live(&mine).await);
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_to_be_found() {
    let world = World::new().await;
    let (ada, grace) = (world.register(ADA).await, world.register(GRACE).await);
    let ended = world.login(ADA).await.unwrap();
    let principal = principal(&world, &ada).await;
    world.overview.end(&context(), &principal, ended.session).await.unwrap();
    world.events.take();
    for session in [grace.session, ended.session, SessionId::from_bytes(fresh_bytes())] {
        let refused = world.overview.end(&context(), &principal, session).await;
        assert!(matches!(refused, Err(EndSessionError::NotFound)), "{refused:?}");
        let event = Event::SessionNotEnded { user: ada.user.id, reason: EndSessionFailure::NotFound };
        assert_eq!(world.events.take_events(), [event], "and no session is named");
    }
    assert!(world.is_live(&grace).await);
}

#[tokio::test]
async fn ending_the_others_keeps_who_asks() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (mine, grace) = (world.register(ADA).await, world.register(GRACE).await);
    let others = [world.login(ADA).await.unwrap(), world.login(ADA).await.unwrap()];
    let principal = principal(&world, &mine).await;
    world.events.take();
    world.overview.end_others(&context(), &principal).await.unwrap();
    let ended = Event::OtherSessionsEnded { user: mine.user.id, session: mine.session };
    assert_eq!(world.events.take_events(), [ended]);
    for world in [&world, &replica] {
        for other in &others {
            assert!(!world.is_live(other).await);
            assert!(world.sessions.authenticate(bearer_of(other)).await.is_err());
            assert!(world.sessions.refresh(&context(), Some(text_of(&other.refresh))).await.is_err());
        }
        assert!(world.is_live(&grace).await, "another account is left alone");
        assert!(world.sessions.authenticate(bearer_of(&mine)).await.is_ok(), "old tokens stay good");
        assert!(world.is_live(&mine).await);
    }
    world.sessions.refresh(&context(), Some(text_of(&mine.refresh))).await.unwrap();
    let again = world.login(ADA).await.unwrap();
    assert!(world.is_live(&again).await);
}

#[tokio::test]
async fn who_was_ended_meanwhile_ends_nobody() {
    let world = World::new().await;
    let (mine, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let (mine, others) = (principal(&world, &mine).await, principal(&world, &other).await);
    world.overview.end_others(&context(), &mine).await.unwrap();
    world.events.take();
    let refused = world.overview.end_others(&context(), &others).await;
    assert!(matches!(refused, Err(EndOthersError::SessionEnded)), "{refused:?}");
    assert_eq!(world.events.take_events(), []);
    assert_eq!(world.overview.list(&mine).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_down_shows_and_ends_nothing() {
    let world = World::new().await;
    let mine = world.register(ADA).await;
    let principal = principal(&world, &mine).await;
    world.store.go_down();
    world.overview.list(&principal).await.unwrap_err();
    let refused = world.overview.end(&context(), &principal, mine.session).await;
    assert!(matches!(refused, Err(EndSessionError::Port(_))), "{refused:?}");
    let refused = world.overview.end_others(&context(), &principal).await;
    assert!(matches!(refused, Err(EndOthersError::Port(_))), "{refused:?}");
}

async fn principal(world: &World, signed_in: &SignedIn) -> Principal {
    world.sessions.authenticate(cookie_of(signed_in)).await.unwrap()
}
