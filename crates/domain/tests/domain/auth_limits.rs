//! How many tries are admitted, and from whom.
#![expect(clippy::panic, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AuthLimitsPolicy, ChargeError, Login, LoginError, SignedIn};
use autorisen_domain::context::Context;
use autorisen_domain::events::{Action, Event};
use autorisen_domain::rate_limit::{LimitPolicy, Limited};
use autorisen_testkit::fixtures::{PASSWORD, World, WorldSettings, attempt, context, context_from, email};
use autorisen_testkit::race;

const ADA: &str = "ada@example.org";
const WRONG: &str = "the wrong password";
const SECOND: Duration = Duration::from_secs(1);
/// What the default settings of a world allow per client address and account.
const ATTEMPTS: usize = 5;

#[tokio::test]
async fn one_try_too_many_is_refused_also_with_the_right_password() {
    let world = World::new().await;
    world.register(ADA).await;
    exhaust(&world, &context(), ADA).await;
    let verified = world.hasher.verified();
    world.events.take();
    let limited = limited(world.login(ADA).await);
    assert_eq!(limited.retry_after, Duration::from_mins(10), "the block has its own length");
    assert_eq!(world.hasher.verified(), verified, "a refused try costs no hashing");
    let refused = Event::RateLimited { action: Action::Login, retry_after: limited.retry_after };
    assert_eq!(world.events.take_events(), [Event::LoginAttempted, refused]);
}

#[tokio::test]
async fn an_unknown_account_is_limited_like_a_known_one() {
    let world = World::new().await;
    world.register(ADA).await;
    for address in [ADA, "nobody@example.org"] {
        let mut answers = Vec::new();
        for _ in 0..=ATTEMPTS + 1 {
            answers.push(match world.try_password(address, WRONG).await {
                Err(LoginError::Limited(limited)) => limited.retry_after.as_secs(),
                Err(LoginError::InvalidCredentials) => 0,
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(answers, [0, 0, 0, 0, 0, 600, 600], "{address}");
    }
}

#[tokio::test]
async fn the_limit_is_charged_before_the_account_is_looked_up() {
    let world = World::new().await;
    for _ in 0..ATTEMPTS {
        let _ = world.login(ADA).await;
    }
    world.register(ADA).await;
    limited(world.login(ADA).await);
}

#[tokio::test]
async fn the_second_that_a_refusal_names_is_admitted() {
    let world = World::new().await;
    world.register(ADA).await;
    exhaust(&world, &context(), ADA).await;
    let wait = limited(world.login(ADA).await).retry_after;
    world.clock.advance(wait.saturating_sub(SECOND));
    assert_eq!(limited(world.login(ADA).await).retry_after, SECOND, "no try prolongs the block");
    world.clock.advance(SECOND);
    world.login(ADA).await.unwrap();
}

#[tokio::test]
async fn tries_leave_the_window_one_by_one() {
    let world = World::new().await;
    world.register(ADA).await;
    for _ in 0..2 * ATTEMPTS {
        let refused = world.try_password(ADA, WRONG).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{refused:?}");
        world.clock.advance(Duration::from_mins(1));
    }
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it() {
    let world = World::new().await;
    world.register(ADA).await;
    for _ in 0..4 {
        for _ in 1..ATTEMPTS {
            assert!(world.try_password(ADA, WRONG).await.is_err());
        }
        world.login(ADA).await.unwrap();
    }
}

#[tokio::test]
async fn a_success_does_not_forget_what_the_address_asked_for() {
    let world = World::new().await;
    world.register(ADA).await;
    for _ in 0..60 {
        world.limits.charge_address(&context(), Action::Login).await.unwrap();
        world.login(ADA).await.unwrap();
    }
    let refused = world.limits.charge_address(&context(), Action::Login).await;
    assert!(matches!(refused, Err(ChargeError::Limited(_))), "{refused:?}");
}

#[tokio::test]
async fn spellings_of_an_address_share_a_bucket() {
    let world = World::new().await;
    world.register(ADA).await;
    for spelling in [ADA, "ADA@example.org", " ada@example.org", "Ada@EXAMPLE.org ", "ada@Example.Org\n"] {
        assert!(world.try_password(spelling, WRONG).await.is_err());
    }
    limited(world.login(ADA).await);
}

#[tokio::test]
async fn other_accounts_and_other_addresses_are_counted_by_themselves() {
    let world = World::new().await;
    for address in [ADA, "grace@example.org"] {
        world.register(address).await;
    }
    exhaust(&world, &context(), ADA).await;
    world.login("grace@example.org").await.expect("another account is not limited");
    from(&world, "192.0.2.2", ADA, PASSWORD).await.expect("the owner, elsewhere, is not locked out");
    limited(world.login(ADA).await);
}

#[tokio::test]
async fn addresses_of_one_network_share_a_bucket() {
    let world = World::new().await;
    world.register(ADA).await;
    for host in 1..=ATTEMPTS {
        assert!(from(&world, &format!("2001:db8:1:2::{host}"), ADA, WRONG).await.is_err());
    }
    limited(from(&world, "2001:db8:1:2:ffff::9", ADA, PASSWORD).await);
    from(&world, "2001:db8:1:3::1", ADA, PASSWORD).await.expect("the next network is another");

    exhaust(&world, &context_from("::ffff:198.51.100.7"), ADA).await;
    limited(from(&world, "198.51.100.7", ADA, PASSWORD).await);
}

#[tokio::test]
async fn replicas_share_a_bucket() {
    let world = World::new().await;
    let replica = world.replica().await;
    world.register(ADA).await;
    exhaust(&world, &context(), ADA).await;
    limited(replica.login(ADA).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_burst_gets_no_more_than_the_limit() {
    let world = Arc::new(World::new().await);
    world.register(ADA).await;
    let answers = race(1_000, |_| {
        let world = Arc::clone(&world);
        async move { world.try_password(ADA, WRONG).await }
    })
    .await;
    let tried = answers.iter().filter(|answer| matches!(answer, Err(LoginError::InvalidCredentials)));
    assert_eq!(tried.count(), ATTEMPTS);
    assert_eq!(world.hasher.verified(), ATTEMPTS as u64, "no more passwords were checked");
}

#[tokio::test]
async fn all_routes_share_the_bucket_of_an_address() {
    let world = World::new().await;
    let actions =
        [Action::Csrf, Action::Register, Action::Login, Action::Refresh, Action::Logout, Action::Session];
    for action in actions.into_iter().cycle().take(60) {
        world.limits.charge_address(&context(), action).await.unwrap();
    }
    world.events.take();
    for action in actions {
        let refused = world.limits.charge_address(&context(), action).await;
        let Err(ChargeError::Limited(Limited { retry_after })) = refused else { panic!("{refused:?}") };
        assert_eq!(retry_after, Duration::from_mins(1), "all tries were made at once");
        assert_eq!(world.events.take_events(), [Event::RateLimited { action, retry_after }]);
    }
    world.limits.charge_address(&context_from("192.0.2.2"), Action::Login).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    world.limits.charge_address(&context(), Action::Login).await.unwrap();
}

#[tokio::test]
async fn an_address_may_be_left_unlimited() {
    let limits = AuthLimitsPolicy { per_minute: None, ..WorldSettings::default().limits };
    let world = World::with(WorldSettings { limits, ..WorldSettings::default() }).await;
    for _ in 0..1_000 {
        world.limits.charge_address(&context(), Action::Login).await.unwrap();
    }
    exhaust(&world, &context(), ADA).await;
    limited(world.login(ADA).await);
}

#[tokio::test]
async fn without_a_block_the_window_itself_says_when_to_come_back() {
    let login = LimitPolicy { attempts: 2, window: Duration::from_mins(5), block: Duration::ZERO };
    let limits = AuthLimitsPolicy { login, per_minute: None, ..WorldSettings::default().limits };
    let world = World::with(WorldSettings { limits, ..WorldSettings::default() }).await;
    world.register(ADA).await;
    for _ in 0..2 {
        assert!(world.try_password(ADA, WRONG).await.is_err());
        world.clock.advance(Duration::from_mins(1));
    }
    let wait = limited(world.login(ADA).await).retry_after;
    assert_eq!(wait, Duration::from_mins(3));
    world.clock.advance(wait);
    world.login(ADA).await.unwrap();
}

#[tokio::test]
async fn a_limiter_that_is_down_admits_nobody() {
    let world = World::new().await;
    world.store.go_down();
    let charged = world.limits.charge_address(&context(), Action::Login).await;
    assert!(matches!(charged, Err(ChargeError::Port(_))), "{charged:?}");
    let login = world.login(ADA).await;
    assert!(matches!(login, Err(LoginError::Port(_))), "{login:?}");
    assert_eq!(world.hasher.verified(), 0);
}

async fn exhaust(world: &World, ctx: &Context, address: &str) {
    for _ in 0..ATTEMPTS {
        let login = Login::new(email(address), attempt(WRONG));
        let refused = world.login.login(ctx, login).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{refused:?}");
    }
}

async fn from(world: &World, client: &str, address: &str, password: &str) -> Result<SignedIn, LoginError> {
    let login = Login::new(email(address), attempt(password));
    world.login.login(&context_from(client), login).await
}

#[track_caller]
fn limited(answer: Result<SignedIn, LoginError>) -> Limited {
    match answer {
        Err(LoginError::Limited(limited)) => limited,
        other => panic!("it is limited, not {other:?}"),
    }
}
