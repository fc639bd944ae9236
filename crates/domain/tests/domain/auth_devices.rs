//! Known devices: who attacks an account shuts out strangers, and not its owner.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails here fails")]

use std::time::Duration;

use autorisen_domain::auth::{ChangePassword, ChangePasswordError, Devices, Login, LoginError, SignedIn};
use autorisen_domain::context::Context;
use autorisen_testkit::fixtures::{
    PASSWORD, World, attempt, bearer_of, context, context_from, email, password,
};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
const WRONG: &str = "the wrong password";
const NEW: &str = "another horse, another battery";

async fn login(
    world: &World,
    from: &str,
    address: &str,
    password: &str,
    device: Option<&str>,
) -> Result<SignedIn, LoginError> {
    let login = Login { device: device.map(str::to_owned), ..Login::new(email(address), attempt(password)) };
    world.login.login(&context_from(from), login).await
}

fn remember(world: &World, shown: Option<&str>, address: &str) -> String {
    world.devices.remember(shown, &email(address)).unwrap().value
}

/// Tries wrong passwords from ever new addresses until strangers are shut out.
async fn attack(world: &World, address: &str) {
    for n in 0..25 {
        match login(world, &format!("203.0.113.{n}"), address, WRONG, None).await {
            Err(LoginError::InvalidCredentials) => {}
            Err(LoginError::Limited(_)) => return,
            other => panic!("{other:?}"),
        }
    }
    panic!("nobody is shut out");
}

#[track_caller]
fn is_limited(answer: Result<SignedIn, LoginError>) -> Duration {
    match answer {
        Err(LoginError::Limited(limited)) => limited.retry_after,
        other => panic!("it is limited, not {other:?}"),
    }
}

#[tokio::test]
async fn the_owner_of_an_attacked_account_signs_in_from_a_known_device_and_a_stranger_does_not() {
    let world = World::new().await;
    world.register(ADA).await;
    let device = remember(&world, None, ADA);
    // A day of it, an hour at a time.
    for _ in 0..24 {
        attack(&world, ADA).await;
        is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, None).await);
        for n in 0..3 {
            login(&world, &format!("192.0.2.{n}"), ADA, PASSWORD, Some(&device)).await.unwrap();
        }
        // The owner's success ends nothing for the attacker.
        is_limited(login(&world, "203.0.113.77", ADA, WRONG, None).await);
        world.clock.advance(Duration::from_hours(1));
    }
}

#[tokio::test]
async fn a_known_device_has_no_more_tries_than_an_address() {
    let world = World::new().await;
    world.register(ADA).await;
    let device = remember(&world, None, ADA);
    for n in 0..5 {
        let refused = login(&world, &format!("192.0.2.{n}"), ADA, WRONG, Some(&device)).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{refused:?}");
    }
    is_limited(login(&world, "192.0.2.9", ADA, PASSWORD, Some(&device)).await);
    login(&world, "192.0.2.9", ADA, PASSWORD, None).await.expect("as a stranger one may still try");
}

#[tokio::test]
async fn tries_from_many_addresses_share_the_accounts_limit_also_of_an_account_that_is_not_there() {
    let world = World::new().await;
    world.register(ADA).await;
    for address in [ADA, "nobody@example.org"] {
        let mut admitted = 0;
        for n in 0..40 {
            let refused = login(&world, &format!("203.0.113.{n}"), address, WRONG, None).await;
            admitted += u32::from(matches!(refused, Err(LoginError::InvalidCredentials)));
        }
        assert_eq!(admitted, 20, "{address}");
    }
}

#[tokio::test]
async fn the_second_that_the_accounts_limit_names_is_admitted() {
    let world = World::new().await;
    world.register(ADA).await;
    attack(&world, ADA).await;
    let wait = is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, None).await);
    world.clock.advance(wait.saturating_sub(Duration::from_secs(1)));
    for _ in 0..10 {
        // A refused try takes no room of the address either.
        is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, None).await);
    }
    world.clock.advance(Duration::from_secs(1));
    login(&world, "192.0.2.1", ADA, PASSWORD, None).await.unwrap();
}

#[tokio::test]
async fn right_passwords_take_no_room_of_the_accounts_limit() {
    let world = World::new().await;
    world.register(ADA).await;
    for n in 0..60 {
        login(&world, &format!("192.0.2.{n}"), ADA, PASSWORD, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_mark_is_good_for_its_account_its_device_and_its_time_alone() {
    let world = World::new().await;
    for address in [ADA, GRACE] {
        world.register(address).await;
        attack(&world, address).await;
    }
    let device = remember(&world, None, ADA);
    let other = remember(&world, None, ADA);
    let swapped = format!("{}{}", &other[..32], &device[32..]);
    is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, Some(&swapped)).await);
    is_limited(login(&world, "192.0.2.1", GRACE, PASSWORD, Some(&device)).await);
    for place in (0..device.len()).step_by(3) {
        let mut forged = device.clone().into_bytes();
        forged[place] = if forged[place] == b'0' { b'1' } else { b'0' };
        let forged = String::from_utf8(forged).unwrap();
        is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, Some(&forged)).await);
    }
    let (long, upper) = (device.repeat(9), device.to_uppercase());
    for nonsense in ["", "x", &device[1..], &device[..device.len() - 2], &long, &upper, "ünï-cødé", "0"] {
        is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, Some(nonsense)).await);
    }
    login(&world, "192.0.2.1", ADA, PASSWORD, Some(&device)).await.unwrap();

    world.clock.advance(Devices::LIFE.saturating_sub(Duration::from_secs(1)));
    attack(&world, ADA).await;
    login(&world, "192.0.2.1", ADA, PASSWORD, Some(&device)).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, Some(&device)).await);
}

#[tokio::test]
async fn several_accounts_are_known_on_one_device_and_its_mark_stays_short() {
    let world = World::new().await;
    let mut device = None;
    for n in 0..=Devices::MAX_ACCOUNTS {
        let address = format!("user{n}@example.org");
        world.register(&address).await;
        attack(&world, &address).await;
        for _ in 0..3 {
            device = Some(remember(&world, device.as_deref(), &address));
        }
        assert!(device.as_ref().unwrap().len() <= Devices::MAX_LENGTH);
    }
    is_limited(login(&world, "192.0.2.1", "user0@example.org", PASSWORD, device.as_deref()).await);
    for n in 1..=Devices::MAX_ACCOUNTS {
        let address = format!("user{n}@example.org");
        login(&world, "192.0.2.1", &address, PASSWORD, device.as_deref()).await.unwrap();
    }
}

#[tokio::test]
async fn a_mark_tells_nothing_of_its_account() {
    let world = World::new().await;
    let device = remember(&world, None, ADA);
    let again = remember(&world, None, ADA);
    assert_eq!(device.len(), again.len());
    assert_ne!(device[48..], again[48..], "the same account looks different on another device");
    assert!(!device.contains("ada"));
    assert!(!device.contains("616461"), "nor its beginning in hexadecimal");
}

#[tokio::test]
async fn a_change_of_the_password_makes_strangers_of_the_devices_before_it() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    let devices: Vec<_> = (0..3).map(|_| remember(&world, None, ADA)).collect();
    world.clock.advance(Duration::from_secs(1));
    let who = world.sessions.authenticate(bearer_of(&ada)).await.unwrap();
    let change =
        ChangePassword { current: attempt(PASSWORD), new: password(NEW), device: Some(devices[0].clone()) };
    world.passwords.change(&context(), &who, change).await.unwrap();
    let kept = remember(&world, Some(&devices[0]), ADA);
    attack(&world, ADA).await;
    for device in &devices {
        is_limited(login(&world, "192.0.2.1", ADA, NEW, Some(device)).await);
    }
    login(&world, "192.0.2.1", ADA, NEW, Some(&kept)).await.unwrap();
}

#[tokio::test]
async fn a_password_is_changed_under_attack_from_a_known_device_alone() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    let device = remember(&world, None, ADA);
    attack(&world, ADA).await;
    let who = world.sessions.authenticate(bearer_of(&ada)).await.unwrap();
    let change = |device: Option<&str>| ChangePassword {
        current: attempt(PASSWORD),
        new: password(NEW),
        device: device.map(str::to_owned),
    };
    let ctx: Context = context_from("192.0.2.1");
    let refused = world.passwords.change(&ctx, &who, change(None)).await;
    assert!(matches!(refused, Err(ChangePasswordError::Limited(_))), "guessing there is no way around");
    world.passwords.change(&ctx, &who, change(Some(&device))).await.unwrap();
}

#[tokio::test]
async fn each_kind_of_request_has_a_limit_of_its_own_within_that_of_all() {
    use autorisen_domain::auth::{AuthLimitsPolicy, ChargeError, KindLimits};
    use autorisen_domain::events::Action;
    use autorisen_testkit::fixtures::WorldSettings;

    let limits = AuthLimitsPolicy {
        per_minute: Some(10),
        kinds: KindLimits { login: 4, register: 3, password: 2, session: 6, track: 5 },
        chat_tokens: Some(2),
        ..WorldSettings::default().limits
    };
    for (action, expected) in [
        (Action::Login, 4),
        (Action::Register, 3),
        (Action::PasswordChange, 2),
        (Action::Refresh, 6),
        (Action::Logout, 6),
        (Action::Csrf, 6),
        (Action::Session, 6),
    ] {
        let world = World::with(WorldSettings { limits, ..WorldSettings::default() }).await;
        let mut admitted = 0;
        for _ in 0..12 {
            admitted += u32::from(world.limits.charge_address(&context(), action).await.is_ok());
        }
        assert_eq!(admitted, expected, "{action:?}");
        let mut all = admitted;
        for _ in 0..12 {
            for other in [Action::Login, Action::Register, Action::PasswordChange, Action::Refresh] {
                all += u32::from(world.limits.charge_address(&context(), other).await.is_ok());
            }
        }
        assert_eq!(all, 10, "all kinds together, {action:?} first");
        let Err(ChargeError::Limited(limited)) = world.limits.charge_address(&context(), action).await else {
            panic!("{action:?} is limited");
        };
        world.clock.advance(limited.retry_after);
        world.limits.charge_address(&context(), action).await.expect("the second it names is admitted");
    }
    let world = World::with(WorldSettings { limits, ..WorldSettings::default() }).await;
    let mut tracked = 0;
    for _ in 0..12 {
        tracked += u32::from(world.limits.charge_address(&context(), Action::Track).await.is_ok());
    }
    assert_eq!(tracked, 5, "what is tracked counts by itself");
    assert!(world.limits.charge_address(&context(), Action::Login).await.is_ok(), "and for nothing else");
    let limits = AuthLimitsPolicy { per_minute: None, ..limits };
    let world = World::with(WorldSettings { limits, ..WorldSettings::default() }).await;
    for _ in 0..5 {
        world.limits.charge_address(&context(), Action::Track).await.unwrap();
    }
    assert!(world.limits.charge_address(&context(), Action::Track).await.is_err(), "also without the others");
    let (ada, grace) = (world.register(ADA).await.user.id, world.register(GRACE).await.user.id);
    for (user, admitted) in [(ada, true), (ada, true), (ada, false), (grace, true), (ada, false)] {
        let charged = world.limits.charge_chat_token(&context(), user).await;
        assert_eq!(charged.is_ok(), admitted, "{charged:?}");
    }
}

#[tokio::test]
async fn the_room_for_counts_is_bounded_and_blocks_outlast_a_flood() {
    use autorisen_domain::auth::AuthLimitsPolicy;
    use autorisen_domain::events::Action;
    use autorisen_testkit::fixtures::WorldSettings;

    let limits = AuthLimitsPolicy { max_keys: 500, ..WorldSettings::default().limits };
    let world = World::with(WorldSettings { limits, ..WorldSettings::default() }).await;
    world.register(ADA).await;
    for _ in 0..5 {
        assert!(login(&world, "192.0.2.1", ADA, WRONG, None).await.is_err());
    }
    is_limited(login(&world, "192.0.2.1", ADA, WRONG, None).await);
    for n in 0..5_000 {
        let network = context_from(&format!("2001:db8:{n:x}::1"));
        world.limits.charge_address(&network, Action::Login).await.unwrap();
        assert!(world.store.limit_keys() <= 500 + 1_024 + 2, "{}", world.store.limit_keys());
    }
    is_limited(login(&world, "192.0.2.1", ADA, PASSWORD, None).await);
}
