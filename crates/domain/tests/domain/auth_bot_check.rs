//! Whether a person asks: where that is asked for, and what it comes before and after.

use autorisen_domain::auth::{
    BotGate, Login, LoginError, RegisterError, Registration, RegistrationMode, RegistrationPolicy,
};
use autorisen_domain::events::{Event, LoginFailure, RegisterFailure};
use autorisen_testkit::fakes::FakeBotCheck;
use autorisen_testkit::fixtures::{
    PASSWORD, World, WorldSettings, attempt, company, context, email, profile, registration,
};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";

async fn guarded() -> World {
    World::with(WorldSettings { asks_for_persons: true, ..WorldSettings::default() }).await
}

fn with_proof(address: &str, proof: Option<&str>) -> Registration {
    Registration { proof: proof.map(str::to_owned), ..registration(address) }
}

/// A registration in one call with this proof.
async fn register(world: &World, address: &str, proof: Option<&str>) -> Result<(), RegisterError> {
    let stated = with_proof(address, proof);
    world.registration.register(&context(), stated, company("C"), profile()).await.map(drop)
}

async fn login(world: &World, password: &str, proof: Option<&str>) -> Result<(), LoginError> {
    let login = Login { proof: proof.map(str::to_owned), ..Login::new(email(ADA), attempt(password)) };
    world.login.login(&context(), login).await.map(drop)
}

#[tokio::test]
async fn nobody_registers_without_a_good_proof() {
    let world = guarded().await;
    let too_long = format!("{}{}", FakeBotCheck::GOOD, " ".repeat(BotGate::MAX_PROOF) + "x");
    for proof in [None, Some(""), Some("  \n")] {
        let refused = world.registration.begin(&context(), with_proof(ADA, proof)).await;
        assert!(matches!(refused, Err(RegisterError::BotProofMissing)), "{refused:?}");
        assert!(matches!(register(&world, ADA, proof).await, Err(RegisterError::BotProofMissing)));
    }
    assert_eq!(world.bot_check.judged(), 0, "nobody is asked about nothing");
    for proof in ["a program", &too_long] {
        let refused = world.registration.begin(&context(), with_proof(ADA, Some(proof))).await;
        assert!(matches!(refused, Err(RegisterError::BotRefused)), "{refused:?}");
        assert!(matches!(register(&world, ADA, Some(proof)).await, Err(RegisterError::BotRefused)));
    }
    assert_eq!(world.hasher.hashed(), 0, "a refusal costs no hashing");
    let reason = RegisterFailure::BotCheck;
    assert_eq!(world.events.take_events().last(), Some(&Event::RegisterFailed { reason }));

    register(&world, ADA, Some(FakeBotCheck::GOOD)).await.unwrap();
    let used = register(&world, GRACE, Some(FakeBotCheck::GOOD)).await;
    assert!(matches!(used, Err(RegisterError::BotRefused)), "a proof is good once: {used:?}");
}

#[tokio::test]
async fn the_second_step_asks_for_no_other_proof() {
    let world = guarded().await;
    let stated = with_proof(ADA, Some("a person with a browser"));
    let started = world.registration.begin(&context(), stated).await.unwrap();
    let token = secrecy::ExposeSecret::expose_secret(&started.token).to_owned();
    world.registration.finish(&context(), Some(&token), company("C"), profile()).await.unwrap();
    assert_eq!(world.bot_check.judged(), 1);
}

#[tokio::test]
async fn a_refused_proof_does_not_tell_a_taken_address() {
    let world = guarded().await;
    register(&world, ADA, Some("a person 1")).await.unwrap();
    for address in [ADA, GRACE] {
        let refused = register(&world, address, Some("a program")).await;
        assert!(matches!(refused, Err(RegisterError::BotRefused)), "{address}: {refused:?}");
    }
}

#[tokio::test]
async fn a_login_is_checked_where_its_client_sends_a_proof() {
    let world = guarded().await;
    register(&world, ADA, Some("a person 1")).await.unwrap();
    login(&world, PASSWORD, None).await.unwrap();
    login(&world, PASSWORD, Some("a person 2")).await.unwrap();
    let verified = world.hasher.verified();
    world.events.take();
    let refused = login(&world, PASSWORD, Some("a program")).await;
    assert!(matches!(refused, Err(LoginError::BotRefused)), "{refused:?}");
    assert_eq!(world.hasher.verified(), verified, "a refusal costs no hashing");
    let reason = LoginFailure::BotCheck;
    assert_eq!(world.events.take_events(), [Event::LoginAttempted, Event::LoginFailed { reason }]);
}

#[tokio::test]
async fn limits_are_charged_before_anybody_is_asked() {
    let world = guarded().await;
    for _ in 0..5 {
        assert!(matches!(login(&world, PASSWORD, Some("a program")).await, Err(LoginError::BotRefused)));
    }
    let judged = world.bot_check.judged();
    for _ in 0..3 {
        let refused = login(&world, PASSWORD, Some("a person 1")).await;
        assert!(matches!(refused, Err(LoginError::Limited(_))), "{refused:?}");
    }
    assert_eq!(world.bot_check.judged(), judged);
}

#[tokio::test]
async fn a_check_that_cannot_be_asked_lets_nobody_pass_and_costs_no_try() {
    let world = guarded().await;
    register(&world, ADA, Some("a person 1")).await.unwrap();
    world.bot_check.set_down(true);
    let refused = register(&world, GRACE, Some("a person 2")).await;
    assert!(matches!(refused, Err(RegisterError::Port(_))), "{refused:?}");
    for n in 0..7 {
        let refused = login(&world, PASSWORD, Some(&format!("a person 3{n}"))).await;
        assert!(matches!(refused, Err(LoginError::Port(_))), "{refused:?}");
    }
    world.bot_check.set_down(false);
    login(&world, PASSWORD, Some("a person 4")).await.unwrap();
}

#[tokio::test]
async fn where_nobody_is_asked_any_proof_will_do() {
    let world = World::new().await;
    register(&world, ADA, Some("dev-bypass-token")).await.unwrap();
    register(&world, GRACE, None).await.unwrap();
    login(&world, PASSWORD, Some("dev-bypass-token")).await.unwrap();
    assert_eq!(world.bot_check.judged(), 0);
}

#[tokio::test]
async fn closed_registration_has_one_answer_and_does_no_work() {
    let policy = WorldSettings::default().registration;
    let world = guarded().await;
    register(&world, ADA, Some("a person 1")).await.unwrap();
    let stated = with_proof(GRACE, Some("a person 2"));
    let begun = world.registration.begin(&context(), stated).await.unwrap();

    let settings = WorldSettings {
        registration: RegistrationPolicy { mode: RegistrationMode::Closed, ..policy },
        ..world.settings.clone()
    };
    let closed = world.replica_with(settings).await;
    let hashed = world.hasher.hashed();
    closed.events.take();
    for address in [ADA, GRACE] {
        for proof in [None, Some("a person 3")] {
            let begun = closed.registration.begin(&context(), with_proof(address, proof)).await;
            assert!(matches!(begun, Err(RegisterError::Closed)), "{address}: {begun:?}");
            assert!(matches!(register(&closed, address, proof).await, Err(RegisterError::Closed)));
        }
    }
    let token = secrecy::ExposeSecret::expose_secret(&begun.token).to_owned();
    for token in [Some(&*token), Some("x"), None] {
        let finished = closed.registration.finish(&context(), token, company("C"), profile()).await;
        assert!(matches!(finished, Err(RegisterError::Closed)), "{finished:?}");
    }
    assert_eq!((closed.hasher.hashed(), closed.bot_check.judged()), (hashed, 0));
    let reason = RegisterFailure::Closed;
    assert!(closed.events.take_events().contains(&Event::RegisterFailed { reason }));
}
