//! What an operator does with accounts.

use autorisen_domain::auth::{
    AccountChange, AddressPrefix, Adoption, CreateAccountError, LoginError, PasswordHash, Role,
};
use autorisen_domain::events::Event;
use autorisen_testkit::fakes::PlainHasher;
use autorisen_testkit::fixtures::{NOW, PASSWORD, World, company, context, email, registration};

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn an_account_made_by_an_operator_is_verified_and_can_sign_in() {
    let world = World::new().await;
    let created =
        world.administration.create(&context(), registration(ADA), company("Engines")).await.unwrap();
    assert_eq!(world.events.take_events(), [Event::AccountCreated { user: created.id }]);
    assert_eq!((created.email_verified, created.is_active, created.role), (true, true, Role::Developer));
    assert_eq!((created.created_at, created.last_login_at), (NOW, None));
    let (stored, said) = world.store.account(&email(ADA)).unwrap();
    assert_eq!((stored, said.as_json()), (created.clone(), "{}"));
    assert!(world.store.sessions_of(created.id).is_empty(), "nobody is signed in");
    assert_eq!(world.login(ADA).await.unwrap().user.id, created.id);
}

#[tokio::test]
async fn an_account_of_another_system_keeps_its_password() {
    let world = World::new().await;
    let registered = registration(ADA);
    let adoption = |hash| Adoption {
        email: email(ADA),
        hash,
        first_name: registered.first_name.clone(),
        last_name: registered.last_name.clone(),
        role: Role::Customer,
    };
    let nothing = adoption(PasswordHash::new("no hash".to_owned()));
    let refused = world.administration.adopt(&context(), nothing, company("")).await;
    assert!(matches!(refused, Err(CreateAccountError::UnknownHash)), "{refused:?}");
    assert!(world.store.account(&email(ADA)).is_none());

    let older = adoption(PlainHasher::older_hash(PASSWORD));
    let adopted = world.administration.adopt(&context(), older.clone(), company("Engines")).await.unwrap();
    assert_eq!(world.events.take_events(), [Event::AccountCreated { user: adopted.id }]);
    assert_eq!((adopted.email_verified, adopted.company_name.as_str()), (true, "Engines"));
    assert_eq!(world.login(ADA).await.unwrap().user.id, adopted.id);
    let again = world.administration.adopt(&context(), older, company("")).await;
    assert!(matches!(again, Err(CreateAccountError::EmailTaken)), "{again:?}");
}

#[tokio::test]
async fn an_address_is_given_once() {
    let world = World::new().await;
    let first = world.register(ADA).await.user;
    world.events.take();
    let again = world.administration.create(&context(), registration(ADA), company("")).await;
    assert!(matches!(again, Err(CreateAccountError::EmailTaken)), "{again:?}");
    assert_eq!(world.events.take_events(), []);
    assert_eq!(world.store.account(&email(ADA)).unwrap().0, first);
}

#[tokio::test]
async fn every_change_is_stored_recorded_and_ends_the_sessions() {
    for change in [
        AccountChange::SetActive(false),
        AccountChange::SetActive(true),
        AccountChange::SetRole(Role::Customer),
        AccountChange::SetAdministrator(true),
        AccountChange::SetAdministrator(false),
        AccountChange::EndSessions,
    ] {
        let world = World::new().await;
        let (first, second) = (world.register(ADA).await, world.login(ADA).await.unwrap());
        world.events.take();
        let address = email("ADA@example.org");
        let changed = world.administration.change(&context(), &address, change).await.unwrap().unwrap();
        assert_eq!(world.events.take_events(), [Event::AccountChanged { user: first.user.id, change }]);
        assert_eq!(world.store.account(&email(ADA)).unwrap().0, changed);
        match change {
            AccountChange::SetActive(active) => assert_eq!(changed.is_active, active),
            AccountChange::SetRole(role) => assert_eq!(changed.role, role),
            AccountChange::SetAdministrator(is_one) => assert_eq!(changed.is_administrator, is_one),
            AccountChange::EndSessions => {}
        }
        assert!(!world.is_live(&first).await && !world.is_live(&second).await, "{change:?}");
    }
}

#[tokio::test]
async fn a_disabled_account_signs_in_again_once_it_is_enabled() {
    let world = World::new().await;
    world.register(ADA).await;
    for (active, signs_in) in [(false, false), (true, true)] {
        let change = AccountChange::SetActive(active);
        world.administration.change(&context(), &email(ADA), change).await.unwrap().unwrap();
        let answer = world.login(ADA).await;
        assert_eq!(answer.is_ok(), signs_in, "{answer:?}");
        assert!(signs_in || matches!(answer, Err(LoginError::InvalidCredentials)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_change_of_nobody_says_so_and_is_not_recorded() {
    let world = World::new().await;
    let change = AccountChange::SetActive(false);
    let changed = world.administration.change(&context(), &email(ADA), change).await.unwrap();
    assert_eq!(changed, None);
    assert_eq!(world.events.take_events(), []);
}

#[tokio::test]
async fn accounts_are_listed_page_by_page() {
    let world = World::new().await;
    for address in ["c@example.org", "a@example.org", "b@example.org"] {
        world.register(address).await;
    }
    let first = world.administration.list(&AddressPrefix::default(), None, 2).await.unwrap();
    let texts = |users: &[autorisen_domain::auth::User]| {
        users.iter().map(|user| user.email.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&first.users), ["a@example.org", "b@example.org"]);
    let last = world.administration.list(&AddressPrefix::default(), first.next.as_ref(), 2).await.unwrap();
    assert_eq!((texts(&last.users), last.next), (vec!["c@example.org".to_owned()], None));
}

#[tokio::test]
async fn a_store_that_is_down_is_an_error_and_no_absence() {
    let world = World::new().await;
    world.register(ADA).await;
    world.store.go_down();
    assert!(world.administration.list(&AddressPrefix::default(), None, 2).await.is_err());
    let change = world.administration.change(&context(), &email(ADA), AccountChange::EndSessions).await;
    assert!(change.is_err());
    let created = world.administration.create(&context(), registration(ADA), company("")).await;
    assert!(matches!(created, Err(CreateAccountError::Port(_))), "{created:?}");
}
