//! A session that lives in a browser's cookie: it lasts as long as it is used, and no longer.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::time::Duration;

use autorisen_domain::auth::{AuthenticateError, Session, SessionPolicy, SignedIn};
use autorisen_domain::clock::Clock as _;
use autorisen_domain::events::Event;
use autorisen_testkit::fixtures::{NOW, World, WorldSettings, bearer_of, context, cookie_of, noted, text_of};

const ADA: &str = "ada@example.org";
const MICRO: Duration = Duration::from_micros(1);

#[tokio::test]
async fn a_session_in_use_lives_past_its_first_idle_limit_until_the_absolute_one() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let (idle, absolute) = (world.settings.session.idle, world.settings.session.absolute);
    let end = NOW.plus(absolute);
    let mut uses = 0;
    while world.clock.now().plus(idle) <= end {
        world.clock.advance(idle.saturating_sub(MICRO));
        let principal = world.sessions.authenticate(cookie_of(&signed_in)).await.unwrap();
        assert_eq!(principal.session_expires_at, world.clock.now().plus(idle).min(end));
        uses += 1;
    }
    assert!(uses > 3, "{uses}");
    world.clock.set(end.minus(MICRO));
    assert!(world.is_live(&signed_in).await, "the cookie of the login is still the one");
    world.clock.set(end);
    let refused = world.sessions.authenticate(cookie_of(&signed_in)).await;
    assert!(matches!(refused, Err(AuthenticateError::Revoked)), "{refused:?}");
}

#[tokio::test]
async fn the_cookie_is_kept_as_long_as_the_session_may_live() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let end = stored(&world, &signed_in).absolute_expires_at;
    assert_eq!(signed_in.cookie.expires_at, end, "so it need not be sent again when it is renewed");
    world.clock.advance(Duration::from_hours(1));
    let renewed = world.sessions.refresh(&context(), Some(text_of(&signed_in.refresh))).await.unwrap();
    assert!(renewed.keep_until >= end && renewed.keep_until > renewed.refresh.expires_at);
}

#[tokio::test]
async fn a_session_in_use_is_written_once_an_hour_and_read_every_time() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let step = world.settings.session.renewal_step();
    assert_eq!(step, Duration::from_hours(1));
    world.clock.set(NOW.plus(step).minus(MICRO));
    assert!(world.is_live(&signed_in).await);
    assert_eq!(stored(&world, &signed_in).last_used_at, NOW, "not yet");
    world.clock.set(NOW.plus(step));
    assert!(world.is_live(&signed_in).await);
    let renewed = stored(&world, &signed_in);
    assert_eq!(renewed.last_used_at, NOW.plus(step));
    assert_eq!(renewed.expires_at, NOW.plus(step).plus(world.settings.session.idle));
    world.clock.advance(step.saturating_sub(MICRO));
    assert!(world.is_live(&signed_in).await);
    assert_eq!(stored(&world, &signed_in), renewed, "not again so soon");
}

#[test]
fn short_sessions_are_renewed_more_often() {
    let mut policy: SessionPolicy = WorldSettings::default().session;
    policy.idle = Duration::from_mins(24);
    assert_eq!(policy.renewal_step(), Duration::from_mins(1));
    policy.idle = Duration::from_hours(24);
    assert_eq!(policy.renewal_step(), Duration::from_hours(1));
}

#[tokio::test]
async fn a_bearer_token_keeps_no_session_alive() {
    let mut settings = WorldSettings::default();
    settings.session.access_ttl = Duration::from_hours(24);
    let world = World::with(settings).await;
    let signed_in = world.register(ADA).await;
    let before = stored(&world, &signed_in);
    world.clock.advance(Duration::from_hours(2));
    let both = autorisen_domain::auth::ShownCredentials {
        bearer: bearer_of(&signed_in).bearer,
        cookie: cookie_of(&signed_in).cookie,
    };
    for shown in [bearer_of(&signed_in), both] {
        let principal = world.sessions.authenticate(shown).await.unwrap();
        assert_eq!(principal.session_expires_at, before.expires_at);
    }
    assert_eq!(stored(&world, &signed_in), before);
}

#[tokio::test]
async fn a_cookie_that_is_refused_keeps_nothing_alive() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.stores.sessions.end_all(signed_in.user.id, &noted(NOW)).await.unwrap();
    let before = stored(&world, &signed_in);
    world.clock.advance(Duration::from_hours(2));
    assert!(!world.is_live(&signed_in).await);
    assert_eq!(stored(&world, &signed_in), before);
}

#[tokio::test]
async fn a_store_that_cannot_write_does_not_keep_out_who_is_signed_in() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let before = stored(&world, &signed_in);
    world.clock.advance(Duration::from_hours(2));
    world.store.break_down("keep session alive");
    let principal = world.sessions.authenticate(cookie_of(&signed_in)).await.unwrap();
    assert_eq!(principal.session_expires_at, before.expires_at, "it is told as it is");
    assert_eq!(stored(&world, &signed_in), before);
    world.store.come_back();
    assert!(world.is_live(&signed_in).await);
    assert!(stored(&world, &signed_in).expires_at > before.expires_at, "the next request tries again");
}

#[tokio::test]
async fn a_clock_that_jumps_back_renews_nothing() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let before = stored(&world, &signed_in);
    world.clock.set(NOW.minus(Duration::from_hours(5)));
    assert!(world.is_live(&signed_in).await);
    assert_eq!(stored(&world, &signed_in), before);
}

#[tokio::test]
async fn a_replaced_session_ends_and_its_successor_lives() {
    let world = World::new().await;
    let (old, new) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    world.events.take();
    world.sessions.replace(&context(), text_of(&old.cookie)).await.unwrap();
    assert_eq!(
        world.events.take_events(),
        [Event::SessionReplaced { user: old.user.id, session: old.session }]
    );
    assert!(!world.is_live(&old).await && world.is_live(&new).await);
}

#[tokio::test]
async fn only_the_cookie_of_a_live_session_replaces_one() {
    let world = World::new().await;
    let (live, ended) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    world.sessions.replace(&context(), text_of(&ended.cookie)).await.unwrap();
    world.events.take();
    for cookie in ["", "nonsense", text_of(&live.refresh), text_of(&live.access), text_of(&ended.cookie)] {
        world.sessions.replace(&context(), cookie).await.unwrap();
    }
    assert_eq!(world.events.take_events(), []);
    assert!(world.is_live(&live).await);
    world.store.go_down();
    world.sessions.replace(&context(), text_of(&live.cookie)).await.unwrap_err();
}

fn stored(world: &World, signed_in: &SignedIn) -> Session {
    let sessions = world.store.sessions_of(signed_in.user.id);
    sessions.into_iter().find(|session| session.id == signed_in.session).unwrap()
}
