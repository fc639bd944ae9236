//! What every [`UserRepository`](autorisen_domain::auth::UserRepository) keeps.

use std::sync::Arc;

use autorisen_domain::auth::{
    CompanyName, NewAccount, PersonName, Profile, RegisterAccountError, RegistrationId, Role, User,
};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, account, email, fresh_bytes, noted, pending, session_for, user};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! user_repository_contract {
    ($stores:path) => {
        $crate::user_repository_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, user_repository:
            stores_accounts_and_finds_them_by_their_addresses,
            finds_nothing_under_an_unknown_address,
            says_which_addresses_are_taken,
            refuses_a_second_account_with_the_same_address,
            an_account_with_a_first_session_is_signed_in,
            a_registration_is_gone_once_it_is_finished,
            a_registration_finishes_only_once,
            a_registration_that_never_began_finishes_nothing,
            an_account_refused_for_its_address_leaves_nothing_behind,
            an_account_refused_for_its_registration_leaves_nothing_behind,
            of_concurrent_accounts_with_one_address_exactly_one_is_stored,
            of_concurrent_finishes_of_one_registration_exactly_one_succeeds,
            of_concurrent_doubles_exactly_one_is_stored,
        }
    };
}

pub async fn stores_accounts_and_finds_them_by_their_addresses(stores: &Stores) {
    let plain = user("ada@example.org");
    let odd = User {
        email_verified: true,
        first_name: PersonName::stored("").unwrap(),
        company_name: CompanyName::default(),
        role: Role::Developer,
        is_active: false,
        session_epoch: 1 << 40,
        last_login_at: Some(plain.created_at),
        ..user("grace.h+x@sub.example.org")
    };
    for user in [&plain, &odd] {
        let account = NewAccount { profile: Profile::default(), ..account(user) };
        stores.users.register(&account, &noted(NOW)).await.expect("the account is stored");
    }
    for user in [plain, odd] {
        let found = stores.users.find_credentials(&user.email).await.unwrap().expect("it is found");
        assert_eq!(found.hash.expose(), account(&user).hash.expose(), "the hash comes back as it was");
        assert_eq!(found.user, user, "the account comes back as it was");
    }
}

pub async fn finds_nothing_under_an_unknown_address(stores: &Stores) {
    stores.add_user("ada@example.org").await;
    for text in ["bda@example.org", "ada@example.or", "ad_@example.org", "%@example.org"] {
        let found = stores.users.find_credentials(&email(text)).await.unwrap();
        assert!(found.is_none(), "{text} finds {found:?}");
    }
}

pub async fn says_which_addresses_are_taken(stores: &Stores) {
    let address = email("ada@example.org");
    assert!(!stores.users.is_taken(&address).await.unwrap(), "free at first");
    stores.add_user("ada@example.org").await;
    assert!(stores.users.is_taken(&address).await.unwrap(), "taken now");
    assert!(!stores.users.is_taken(&email("grace@example.org")).await.unwrap(), "another is free");
}

pub async fn refuses_a_second_account_with_the_same_address(stores: &Stores) {
    let first = stores.add_user("ada@example.org").await;
    let refused = stores.users.register(&account(&user("ada@example.org")), &noted(NOW)).await;
    assert!(matches!(refused, Err(RegisterAccountError::EmailTaken)), "{refused:?}");
    let found = stores.users.find_credentials(&first.email).await.unwrap().unwrap();
    assert_eq!(found.user, first, "the first account is untouched");
}

pub async fn an_account_with_a_first_session_is_signed_in(stores: &Stores) {
    let user = user("ada@example.org");
    let session = session_for(&user);
    let account = NewAccount { session: Some(session.clone()), ..account(&user) };
    stores.users.register(&account, &noted(NOW)).await.expect("the account is stored");
    let record = stores.record_of(&session).await;
    assert_eq!(record.session, session);
    assert_eq!(record.user.id, user.id);
    assert!(record.is_live(session.created_at), "the session is alive");
}

pub async fn a_registration_is_gone_once_it_is_finished(stores: &Stores) {
    let (pending, other) = (pending("ada@example.org"), pending("grace@example.org"));
    stores.pending.add(&pending).await.unwrap();
    stores.pending.add(&other).await.unwrap();
    let account = NewAccount { finishes: Some(pending.id), ..account(&user("ada@example.org")) };
    stores.users.register(&account, &noted(NOW)).await.expect("the account is stored");
    assert!(stores.pending.find(pending.id).await.unwrap().is_none(), "the finished one is gone");
    assert!(stores.pending.find(other.id).await.unwrap().is_some(), "another one stays");
}

pub async fn a_registration_finishes_only_once(stores: &Stores) {
    let pending = pending("ada@example.org");
    stores.pending.add(&pending).await.unwrap();
    let finish = |address| NewAccount { finishes: Some(pending.id), ..account(&user(address)) };
    stores.users.register(&finish("ada@example.org"), &noted(NOW)).await.expect("the first succeeds");
    let second = stores.users.register(&finish("grace@example.org"), &noted(NOW)).await;
    assert!(matches!(second, Err(RegisterAccountError::RegistrationSpent)), "{second:?}");
}

pub async fn a_registration_that_never_began_finishes_nothing(stores: &Stores) {
    let unknown = RegistrationId::from_bytes(fresh_bytes());
    let account = NewAccount { finishes: Some(unknown), ..account(&user("ada@example.org")) };
    let refused = stores.users.register(&account, &noted(NOW)).await;
    assert!(matches!(refused, Err(RegisterAccountError::RegistrationSpent)), "{refused:?}");
    assert!(!stores.users.is_taken(&account.user.email).await.unwrap(), "no account was stored");
}

pub async fn an_account_refused_for_its_address_leaves_nothing_behind(stores: &Stores) {
    let pending = pending("ada@example.org");
    stores.pending.add(&pending).await.unwrap();
    stores.add_user("ada@example.org").await;

    let second = user("ada@example.org");
    let session = session_for(&second);
    let refused =
        NewAccount { session: Some(session.clone()), finishes: Some(pending.id), ..account(&second) };
    let answer = stores.users.register(&refused, &noted(NOW)).await;
    assert!(matches!(answer, Err(RegisterAccountError::EmailTaken)), "{answer:?}");
    assert!(stores.sessions.find(session.id).await.unwrap().is_none(), "no session was stored");
    assert!(stores.pending.find(pending.id).await.unwrap().is_some(), "the registration is not spent");
}

pub async fn an_account_refused_for_its_registration_leaves_nothing_behind(stores: &Stores) {
    let user = user("ada@example.org");
    let session = session_for(&user);
    let refused = NewAccount {
        session: Some(session.clone()),
        finishes: Some(RegistrationId::from_bytes(fresh_bytes())),
        ..account(&user)
    };
    let answer = stores.users.register(&refused, &noted(NOW)).await;
    assert!(matches!(answer, Err(RegisterAccountError::RegistrationSpent)), "{answer:?}");
    assert!(!stores.users.is_taken(&user.email).await.unwrap(), "no account was stored");
    assert!(stores.sessions.find(session.id).await.unwrap().is_none(), "no session was stored");
}

pub async fn of_concurrent_accounts_with_one_address_exactly_one_is_stored(stores: &Stores) {
    for round in 0..ROUNDS {
        let address = format!("round-{round}@example.org");
        let answers = race(CALLERS, |_| register(stores, account(&user(&address)))).await;
        let stored = one_winner(round, &answers);
        for (_, answer) in &answers {
            let expected = matches!(answer, Ok(()) | Err(RegisterAccountError::EmailTaken));
            assert!(expected, "round {round}: {answer:?}");
        }
        let found = stores.users.find_credentials(&email(&address)).await.unwrap().unwrap();
        assert_eq!(&found.user, stored, "round {round}: the one that was told so is the one that is there");
    }
}

pub async fn of_concurrent_finishes_of_one_registration_exactly_one_succeeds(stores: &Stores) {
    for round in 0..ROUNDS {
        let pending = pending(&format!("round-{round}@example.org"));
        stores.pending.add(&pending).await.unwrap();
        let answers = race(CALLERS, |caller| {
            let user = user(&format!("round-{round}-{caller}@example.org"));
            register(stores, NewAccount { finishes: Some(pending.id), ..account(&user) })
        })
        .await;
        let winner = one_winner(round, &answers).id;
        for (user, answer) in &answers {
            let expected = matches!(answer, Ok(()) | Err(RegisterAccountError::RegistrationSpent));
            assert!(expected, "round {round}: {answer:?}");
            let stored = stores.users.is_taken(&user.email).await.unwrap();
            assert_eq!(stored, user.id == winner, "round {round}: only the winner's account is there");
        }
    }
}

pub async fn of_concurrent_doubles_exactly_one_is_stored(stores: &Stores) {
    for round in 0..ROUNDS {
        let address = format!("round-{round}@example.org");
        let pending = pending(&address);
        stores.pending.add(&pending).await.unwrap();
        let answers = race(CALLERS, |_| {
            let user = user(&address);
            let session = Some(session_for(&user));
            register(stores, NewAccount { session, finishes: Some(pending.id), ..account(&user) })
        })
        .await;
        one_winner(round, &answers);
        for (_, answer) in &answers {
            let port_failed = matches!(answer, Err(RegisterAccountError::Port(_)));
            assert!(!port_failed, "round {round}: {answer:?}");
        }
    }
}

type Answer = (User, Result<(), RegisterAccountError>);

fn register(stores: &Stores, account: NewAccount) -> impl Future<Output = Answer> + Send + 'static {
    let users = Arc::clone(&stores.users);
    async move {
        let answer = users.register(&account, &noted(NOW)).await;
        (account.user, answer)
    }
}

fn one_winner(round: usize, answers: &[Answer]) -> &User {
    let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_ok()).collect();
    assert_eq!(winners.len(), 1, "round {round}: exactly one succeeds, but {answers:?}");
    &winners[0].0
}
