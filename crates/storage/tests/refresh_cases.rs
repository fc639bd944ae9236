//! Renewing a session, the use case over the tables of each database. `server/tests/attack_lists` says
//! which line of the list each test is of.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{
    AccountChange, Issued, Logout, RefreshError, RefreshedTokens, Role, SessionPolicy, ShownCredentials,
    SignedIn,
};
use autorisen_domain::clock::Clock as _;
use autorisen_testkit::fixtures::{NOW, World, WorldSettings, bearer_of, context, cookie_of, email, text_of};
use autorisen_testkit::race;
use support::{OwnStores, Place, is_long};

const ADA: &str = "ada@example.org";
const SECOND: Duration = Duration::from_secs(1);
const MICRO: Duration = Duration::from_micros(1);

macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::run(super::Place::sqlite(), super::$name) })+
        }
        mod postgres {
            $(#[test] fn $name() { super::run(super::Place::postgres(), super::$name) })+
        }
    };
}

on_both_databases! {
    a_long_chain_of_renewals_holds,
    one_token_shown_fifty_times_at_once_gets_one_successor,
    a_client_that_lost_the_answer_gets_it_again,
    a_parent_after_the_window_ends_the_family_and_is_in_the_audit,
    a_grandparent_ends_the_family_at_once,
    a_parent_whose_successor_was_used_ends_the_family_inside_the_window,
    two_replicas_shown_one_parent_at_the_same_moment_give_one_successor,
    clocks_that_differ_sign_nobody_out,
    the_absolute_limit_beats_every_renewal,
    what_is_revoked_disabled_or_deleted_is_not_renewed,
    a_session_is_renewed_while_keys_rotate,
    three_tabs_that_wake_from_a_long_sleep_go_on,
}

/// Runs a test on threads enough for a race.
fn run<F: Future<Output = ()>>(place: Place, test: fn(Arc<OwnStores>) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(test(Arc::new(OwnStores::new(place))));
}

async fn world(stores: &OwnStores) -> World {
    World::keeping_in((**stores).clone(), WorldSettings::default()).await
}

async fn a_long_chain_of_renewals_holds(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let signed_in = world.register(ADA).await;
    let links = if is_long() { 10_000 } else { 300 };
    let mut seen = HashSet::new();
    let mut token = signed_in.refresh.clone();
    for link in 0..links {
        world.clock.advance(SECOND);
        assert!(seen.insert(text_of(&token).to_owned()), "a token comes twice at link {link}");
        token = refresh(&world, &token).await.unwrap().refresh;
    }
    assert!(world.is_live(&signed_in).await);
    is_caught(&world, &signed_in, &signed_in.refresh).await;
}

async fn one_token_shown_fifty_times_at_once_gets_one_successor(stores: Arc<OwnStores>) {
    let world = Arc::new(world(&stores).await);
    let signed_in = world.register(ADA).await;
    let mut token = signed_in.refresh.clone();
    for round in 0..4 {
        let answers = race(50, |_| {
            let (world, token) = (Arc::clone(&world), token.clone());
            async move { refresh(&world, &token).await }
        })
        .await;
        let renewed: Vec<RefreshedTokens> = answers.into_iter().map(Result::unwrap).collect();
        let successors: HashSet<_> = renewed.iter().map(|renewed| text_of(&renewed.refresh)).collect();
        assert_eq!(successors.len(), 1, "round {round}");
        world.sessions.authenticate(bearer(&renewed[49])).await.unwrap();
        token = renewed[0].refresh.clone();
    }
    assert!(!world.events.take_names().contains(&"auth.refresh.reuse"));
}

async fn a_client_that_lost_the_answer_gets_it_again(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let signed_in = world.register(ADA).await;
    let lost = refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.advance(world.settings.session.refresh_grace);
    let again = refresh(&world, &signed_in.refresh).await.expect("the window includes its last moment");
    assert_eq!(text_of(&again.refresh), text_of(&lost.refresh));
    refresh(&world, &again.refresh).await.expect("the chain goes on");
}

async fn a_parent_after_the_window_ends_the_family_and_is_in_the_audit(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let (signed_in, other) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let renewed = refresh(&world, &signed_in.refresh).await.unwrap();
    world.clock.advance(world.settings.session.refresh_grace + MICRO);
    is_caught(&world, &signed_in, &signed_in.refresh).await;
    for shown in [bearer_of(&signed_in), cookie_of(&signed_in), bearer(&renewed)] {
        assert!(world.sessions.authenticate(shown).await.is_err(), "nothing of the family is good");
    }
    is_refused(&world, &renewed.refresh).await;
    assert!(world.is_live(&other).await, "another session of the account lives on");
    let rows = stores.trail.page(0, 100).await.unwrap();
    let ends: Vec<_> = rows.iter().filter(|row| row.action == "session.ended.refresh_reuse").collect();
    assert_eq!(ends.len(), 1, "{rows:?}");
    assert_eq!(ends[0].session, Some(signed_in.session.to_string()));
}

async fn a_grandparent_ends_the_family_at_once(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let signed_in = world.register(ADA).await;
    let first = refresh(&world, &signed_in.refresh).await.unwrap();
    let second = refresh(&world, &first.refresh).await.unwrap();
    is_caught(&world, &signed_in, &signed_in.refresh).await;
    is_refused(&world, &second.refresh).await;
}

async fn a_parent_whose_successor_was_used_ends_the_family_inside_the_window(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let signed_in = world.register(ADA).await;
    let lost = refresh(&world, &signed_in.refresh).await.unwrap();
    let again = refresh(&world, &signed_in.refresh).await.unwrap();
    assert_eq!(text_of(&lost.refresh), text_of(&again.refresh));
    refresh(&world, &again.refresh).await.unwrap();
    world.clock.advance(SECOND);
    is_caught(&world, &signed_in, &signed_in.refresh).await;
}

async fn two_replicas_shown_one_parent_at_the_same_moment_give_one_successor(stores: Arc<OwnStores>) {
    let world = Arc::new(world(&stores).await);
    let replica = Arc::new(world.replica().await);
    let mut token = world.register(ADA).await.refresh;
    for round in 0..20 {
        let answers = race(2, |caller| {
            let world = Arc::clone(if caller == 0 { &world } else { &replica });
            let token = token.clone();
            async move { refresh(&world, &token).await.unwrap() }
        })
        .await;
        assert_eq!(text_of(&answers[0].refresh), text_of(&answers[1].refresh), "round {round}");
        token = answers[0].refresh.clone();
    }
}

async fn clocks_that_differ_sign_nobody_out(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    for (number, (ahead, behind)) in [(5, 0), (0, 5), (0, 60)].into_iter().enumerate() {
        let replica = world.replica().await;
        let signed_in = world.register(&format!("user{number}@example.org")).await;
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

async fn the_absolute_limit_beats_every_renewal(stores: Arc<OwnStores>) {
    let session = SessionPolicy {
        idle: Duration::from_hours(24),
        absolute: Duration::from_hours(72),
        ..WorldSettings::default().session
    };
    let settings = WorldSettings { session, ..WorldSettings::default() };
    let world = World::keeping_in((**stores).clone(), settings).await;
    let signed_in = world.register(ADA).await;
    let end = NOW.plus(session.absolute);
    let mut token = signed_in.refresh.clone();
    while token.expires_at < end {
        world.clock.set(token.expires_at.minus(MICRO));
        let renewed = refresh(&world, &token).await.unwrap();
        assert!(renewed.refresh.expires_at <= end && renewed.access.expires_at <= end);
        token = renewed.refresh;
    }
    world.clock.set(end);
    is_refused(&world, &token).await;
    assert!(!world.is_live(&signed_in).await);
}

async fn what_is_revoked_disabled_or_deleted_is_not_renewed(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let signed_in = world.register(ADA).await;
    let logout = Logout { shown: cookie_of(&signed_in), ..Logout::default() };
    world.sessions.logout(&context(), logout).await.unwrap();
    is_refused(&world, &signed_in.refresh).await;

    for change in
        [AccountChange::EndSessions, AccountChange::SetRole(Role::Customer), AccountChange::SetActive(false)]
    {
        let signed_in = world.login(ADA).await.unwrap();
        let renewed = refresh(&world, &signed_in.refresh).await.unwrap();
        world.administration.change(&context(), &email(ADA), change).await.unwrap();
        for token in [&renewed.refresh, &signed_in.refresh] {
            is_refused(&world, token).await;
        }
    }
    let deleted = world.register("grace@example.org").await;
    stores.place().execute("DELETE FROM users WHERE email = 'grace@example.org'");
    is_refused(&world, &deleted.refresh).await;
    let successor = world.register("grace@example.org").await;
    assert_ne!(successor.user.id, deleted.user.id);
    is_refused(&world, &deleted.refresh).await;
    assert!(world.is_live(&successor).await);
    assert!(!world.events.take_names().contains(&"auth.refresh.reuse"), "nobody is called a thief");
}

async fn a_session_is_renewed_while_keys_rotate(stores: Arc<OwnStores>) {
    let world = world(&stores).await;
    let replica = world.replica().await;
    let mut token = world.register(ADA).await.refresh;
    for _ in 0..5 {
        world.clock.advance(world.settings.keys.announce_for);
        replica.clock.set(world.clock.now());
        replica.keys.tend(&context()).await.unwrap();
        world.keys.rotate(&context()).await.unwrap();
        let renewed = refresh(&world, &token).await.unwrap();
        replica.sessions.authenticate(bearer(&renewed)).await.expect("announced before it signed");
        token = renewed.refresh;
    }
}

/// Tabs of one browser share its cookies: each that wakes shows the token that the jar has then.
async fn three_tabs_that_wake_from_a_long_sleep_go_on(stores: Arc<OwnStores>) {
    let world = Arc::new(world(&stores).await);
    let mut jar = world.register(ADA).await.refresh;
    for (nap, jump_back) in [(8, 0), (60, 0), (1, 9), (100, 1)] {
        world.clock.advance(Duration::from_hours(nap));
        world.clock.set(world.clock.now().minus(Duration::from_hours(jump_back)));
        let answers = race(3, |_| {
            let (world, token) = (Arc::clone(&world), jar.clone());
            async move { refresh(&world, &token).await.unwrap() }
        })
        .await;
        let kept: HashSet<_> = answers.iter().map(|renewed| text_of(&renewed.refresh)).collect();
        assert_eq!(kept.len(), 1, "whichever answer comes last, the jar has the same token");
        jar = answers[0].refresh.clone();
    }
    assert!(!world.events.take_names().contains(&"auth.refresh.reuse"));
}

async fn refresh(world: &World, token: &Issued) -> Result<RefreshedTokens, RefreshError> {
    world.sessions.refresh(&context(), Some(text_of(token))).await
}

fn bearer(renewed: &RefreshedTokens) -> ShownCredentials<'_> {
    ShownCredentials { bearer: Some(text_of(&renewed.access)), cookie: None }
}

async fn is_refused(world: &World, token: &Issued) {
    let refused = refresh(world, token).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)), "{refused:?}");
}

async fn is_caught(world: &World, owner: &SignedIn, token: &Issued) {
    world.events.take();
    is_refused(world, token).await;
    assert!(world.events.take_names().contains(&"auth.refresh.reuse"));
    assert!(!world.is_live(owner).await, "the family is dead");
}
