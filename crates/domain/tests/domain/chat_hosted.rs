//! Hosted sessions: what is opened, for how long, and that a login that is over leaves none open.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, Logout, Principal, SignedIn};
use autorisen_domain::chat::{ChatGrant, ChatTokenError, ChatTokenRequest, HostedFault, Quota};
use autorisen_domain::events::{ChatTokenRefusal, Event};
use autorisen_testkit::fixtures::{Hosted, NOW, World, WorldSettings, bearer_of, context, cookie_of, email};
use autorisen_testkit::race;
use secrecy::ExposeSecret;

const ADA: &str = "ada@example.org";

async fn issue(world: &World, hosted: &Hosted, signed_in: &SignedIn) -> Result<ChatGrant, ChatTokenError> {
    hosted.tokens.issue(&context(), &principal(world, signed_in).await, ChatTokenRequest::default()).await
}

async fn principal(world: &World, signed_in: &SignedIn) -> Principal {
    world.sessions.authenticate(cookie_of(signed_in)).await.unwrap()
}

async fn logout(world: &World, signed_in: &SignedIn) {
    world
        .sessions
        .logout(&context(), Logout { shown: bearer_of(signed_in), ..Logout::default() })
        .await
        .unwrap();
}

/// Cancels until nothing is due.
async fn cancel_all(hosted: &Hosted) {
    while hosted.cancellation.run(&context()).await.unwrap() {}
}

#[tokio::test]
async fn a_token_is_the_secret_of_a_session_that_was_kept_before() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    world.events.take();
    let grant = issue(&world, &hosted, &signed_in).await.unwrap();

    let opened = hosted.api.opened();
    assert_eq!(opened.len(), 1);
    let number = opened[0].id.as_str().strip_prefix("cksess_").unwrap();
    assert_eq!(grant.token.expose_secret(), format!("ek_{number}"));
    assert_eq!((opened[0].life, grant.hosted_life), (Duration::from_mins(10), Some(Duration::from_mins(10))));
    assert_eq!(grant.expires_at, NOW.plus(Duration::from_mins(10)));
    let kept = world.store.hosted_sessions();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].user, kept[0].session), (signed_in.user.id, signed_in.session));
    assert_eq!((&kept[0].id, kept[0].expires_at), (&opened[0].id, grant.expires_at));
    assert_eq!(world.events.take_names(), ["chatkit.hosted_open.success", "chatkit.token.issued"]);
}

#[tokio::test]
async fn a_user_is_the_same_in_every_session_and_nobody_else_and_tells_nothing() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let (ada, grace) = (world.register(ADA).await, world.register("grace@example.org").await);
    let elsewhere = world.login(ADA).await.unwrap();
    for signed_in in [&ada, &elsewhere, &grace] {
        issue(&world, &hosted, signed_in).await.unwrap();
    }
    let staging = world.hosted("staging");
    issue(&world, &staging, &ada).await.unwrap();

    let users: Vec<String> =
        hosted.api.opened().iter().map(|opened| opened.user.as_str().to_owned()).collect();
    assert_eq!(users[0], users[1], "two logins of one account");
    let different: BTreeSet<_> =
        users.iter().cloned().chain([staging.api.opened()[0].user.as_str().to_owned()]).collect();
    assert_eq!(different.len(), 3, "another account and another environment");
    let id = ada.user.id.to_string();
    assert!(users.iter().all(|user| !user.contains('@') && !user.contains(&id) && user.len() <= 512));
}

#[tokio::test]
async fn a_session_lives_no_longer_than_the_login_and_not_for_less_than_half_a_minute() {
    let mut settings = WorldSettings::default();
    settings.session.absolute = settings.session.idle;
    let world = World::with(settings).await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    let end = signed_in.cookie.expires_at;
    for (before, life) in [(700, 600), (600, 600), (599, 599), (31, 31), (30, 30)] {
        world.clock.set(end.minus(Duration::from_secs(before)));
        let grant = issue(&world, &hosted, &signed_in).await.unwrap();
        assert_eq!(grant.hosted_life, Some(Duration::from_secs(life)), "{before} s before the end");
        assert_eq!(hosted.api.opened().last().unwrap().life, Duration::from_secs(life));
    }
    world.events.take();
    world.clock.set(end.minus(Duration::from_millis(29_999)));
    let refused = issue(&world, &hosted, &signed_in).await;
    assert!(matches!(refused, Err(ChatTokenError::SessionEnding)), "{refused:?}");
    let reason = ChatTokenRefusal::SessionEnding;
    assert_eq!(world.events.take_events(), [Event::ChatTokenRefused { reason }]);
    assert_eq!(hosted.api.opened().len(), 5, "the other side was not asked");
}

#[tokio::test]
async fn a_quota_is_kept_and_the_other_side_not_asked_beyond_it() {
    let token_quota = Quota { user_day: Some(2), ..Quota::default() };
    let world = World::with(WorldSettings { token_quota, ..WorldSettings::default() }).await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    issue(&world, &hosted, &signed_in).await.unwrap();
    issue(&world, &hosted, &signed_in).await.unwrap();
    let refused = issue(&world, &hosted, &signed_in).await;
    assert!(matches!(refused, Err(ChatTokenError::Quota(_))), "{refused:?}");
    assert_eq!(hosted.api.opened().len(), 2);
}

#[tokio::test]
async fn a_fault_of_the_other_side_gives_no_token_and_says_which() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    for fault in HostedFault::ALL {
        world.events.take();
        hosted.api.fail(fault, None);
        let failed = issue(&world, &hosted, &signed_in).await;
        assert!(
            matches!(&failed, Err(ChatTokenError::Hosted(failure)) if failure.fault == fault),
            "{failed:?}"
        );
        assert_eq!(world.events.take_names(), ["chatkit.hosted_open.failure"]);
    }
    assert_eq!(world.store.hosted_sessions(), []);
}

#[tokio::test]
async fn a_session_that_cannot_be_kept_is_given_to_nobody() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    world.store.break_down("keep hosted session");
    let failed = issue(&world, &hosted, &signed_in).await;
    assert!(matches!(failed, Err(ChatTokenError::Port(_))), "{failed:?}");
}

#[tokio::test]
async fn a_login_that_ended_meanwhile_gets_nothing_and_its_session_is_cancelled() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    let principal = principal(&world, &signed_in).await;
    logout(&world, &signed_in).await;
    world.events.take();
    let refused = hosted.tokens.issue(&context(), &principal, ChatTokenRequest::default()).await;
    assert!(matches!(refused, Err(ChatTokenError::SessionEnded)), "{refused:?}");
    let recorded = world.events.take_events();
    assert!(recorded.last().unwrap().may_end_sessions(), "who cancels is told: {recorded:?}");
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled(), [hosted.api.opened()[0].id.clone()]);
}

#[tokio::test]
async fn every_end_of_a_login_cancels_what_it_opened_and_nothing_else() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let (ada, grace) = (world.register(ADA).await, world.register("grace@example.org").await);
    issue(&world, &hosted, &ada).await.unwrap();
    issue(&world, &hosted, &grace).await.unwrap();
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled(), [], "both are signed in");

    world.events.take();
    logout(&world, &ada).await;
    let told = world.events.take_events();
    assert!(told.iter().any(Event::may_end_sessions), "{told:?}");
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled(), [hosted.api.opened()[0].id.clone()]);
    assert_eq!(world.events.take_names(), ["chatkit.hosted_cancel.success"]);
    assert_eq!(world.store.hosted_sessions().len(), 1, "it is forgotten");

    let disabled = AccountChange::SetActive(false);
    world.administration.change(&context(), &email("grace@example.org"), disabled).await.unwrap();
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled().len(), 2);

    let linus = world.register("linus@example.org").await;
    issue(&world, &hosted, &linus).await.unwrap();
    world.store.delete_account(linus.user.id);
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled().len(), 3, "also when nothing is left of the account");
}

#[tokio::test]
async fn a_fault_only_delays_and_a_wait_that_is_asked_for_is_kept() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    issue(&world, &hosted, &signed_in).await.unwrap();
    logout(&world, &signed_in).await;
    world.events.take();

    let mut pauses = Vec::new();
    for _ in 0..4 {
        hosted.api.fail(HostedFault::Unreachable, None);
        cancel_all(&hosted).await;
        let [Event::HostedCancelFailed { fault: HostedFault::Unreachable, retry_after, .. }] =
            world.events.take_events()[..]
        else {
            unreachable!("it fails once");
        };
        world.clock.advance(retry_after.saturating_sub(Duration::from_micros(1)));
        cancel_all(&hosted).await;
        assert_eq!(world.events.take_events(), [], "not before its time");
        world.clock.advance(Duration::from_micros(1));
        pauses.push(retry_after);
    }
    for (pause, longest) in pauses.iter().zip([2, 4, 8, 16].map(Duration::from_secs)) {
        assert!((longest / 2..=longest).contains(pause), "{pauses:?}");
    }
    hosted.api.fail(HostedFault::Busy, Some(Duration::from_mins(2)));
    cancel_all(&hosted).await;
    world.clock.advance(Duration::from_secs(119));
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled(), []);
    world.clock.advance(Duration::from_secs(1));
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled().len(), 1);
    assert_eq!(world.store.hosted_sessions(), []);
}

#[tokio::test]
async fn one_that_ended_by_itself_is_left_alone() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let signed_in = world.register(ADA).await;
    issue(&world, &hosted, &signed_in).await.unwrap();
    logout(&world, &signed_in).await;
    world.clock.advance(Duration::from_mins(10));
    cancel_all(&hosted).await;
    assert_eq!(hosted.api.cancelled(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_cancel_each_session_once() {
    let world = World::new().await;
    let hosted = world.hosted("test");
    let mut signed_in = Vec::new();
    for number in 0..20 {
        signed_in.push(world.register(&format!("user-{number}@example.org")).await);
        issue(&world, &hosted, &signed_in[number]).await.unwrap();
        logout(&world, &signed_in[number]).await;
    }
    let replica = world.replica().await;
    let other = replica.hosted_on("test", Arc::clone(&hosted.api));
    let both = [Arc::clone(&hosted.cancellation), Arc::clone(&other.cancellation)];
    race(8, |number| {
        let cancellation = Arc::clone(&both[number % 2]);
        async move { while cancellation.run(&context()).await.unwrap() {} }
    })
    .await;
    let cancelled = hosted.api.cancelled();
    let different: BTreeSet<_> = cancelled.iter().cloned().collect();
    assert_eq!((cancelled.len(), different.len()), (20, 20));
}
