//! What every [`PasswordRepository`](autorisen_domain::auth::PasswordRepository) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, PasswordChange, PasswordHash, Session, User, UserId};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, account, email, fresh_bytes, noted, session_for};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! password_repository_contract {
    ($stores:path) => {
        $crate::password_repository_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, password_repository:
            a_change_stores_the_hash_and_leaves_one_session_alive,
            a_change_from_another_epoch_changes_nothing,
            a_change_of_a_disabled_account_or_of_nobody_changes_nothing,
            a_password_that_is_set_ends_every_session,
            nobodys_password_is_not_set,
            it_is_known_since_when_a_password_is_the_accounts,
            an_upgrade_replaces_the_hash_and_nothing_else,
            an_upgrade_of_another_hash_changes_nothing,
            other_accounts_are_left_alone,
            a_login_checked_before_a_new_password_cannot_start_a_session_after_it,
            of_concurrent_changes_exactly_one_succeeds,
            no_session_that_begins_during_a_change_survives_it,
            an_upgrade_never_brings_an_old_password_back,
        }
    };
}

pub async fn a_change_stores_the_hash_and_leaves_one_session_alive(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let before = [stores.add_session(&user).await, stores.add_session(&user).await];
    let change = change_of(&user, "new");
    assert!(stores.passwords.change(&change, &noted(NOW)).await.unwrap(), "it is changed");

    let (stored, hash) = credentials(stores, &user).await;
    assert_eq!(hash, "new");
    let session_epoch = user.session_epoch + 1;
    let last_login_at = stored.last_login_at;
    assert_eq!(stored, User { session_epoch, last_login_at, ..user }, "nothing else is another");
    for session in &before {
        assert!(!stores.record_of(session).await.is_live(NOW), "an old session is alive");
    }
    let record = stores.record_of(&change.session).await;
    assert_eq!(record.session, change.session);
    assert!(record.is_live(NOW), "the new session is alive");
}

pub async fn a_change_from_another_epoch_changes_nothing(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    for epoch in [user.session_epoch - 1, user.session_epoch + 1] {
        let change = change_of(&User { session_epoch: epoch, ..user.clone() }, "new");
        assert!(!stores.passwords.change(&change, &noted(NOW)).await.unwrap(), "epoch {epoch}");
        assert!(stores.sessions.find(change.session.id).await.unwrap().is_none(), "no session is stored");
    }
    assert_eq!(credentials(stores, &user).await.1, old_hash(&user).expose());
    assert!(stores.record_of(&session).await.is_live(NOW), "the session lives on");
}

pub async fn a_change_of_a_disabled_account_or_of_nobody_changes_nothing(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let disable = AccountChange::SetActive(false);
    let disabled = stores.directory.change(&user.email, disable, &noted(NOW)).await.unwrap().unwrap();
    let nobody = User { id: UserId::from_bytes(fresh_bytes()), ..user.clone() };
    for user in [&disabled, &nobody] {
        assert!(!stores.passwords.change(&change_of(user, "new"), &noted(NOW)).await.unwrap());
    }
    assert_eq!(credentials(stores, &user).await, (disabled, old_hash(&user).expose().to_owned()));
}

pub async fn a_password_that_is_set_ends_every_session(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let answered = stores.passwords.set(&user.email, &hash("new"), &noted(NOW)).await.unwrap();
    let (stored, hash) = credentials(stores, &user).await;
    assert_eq!((answered.as_ref(), hash.as_str()), (Some(&stored), "new"), "it answers what is stored");
    assert!(stored.session_epoch > user.session_epoch);
    assert!(!stores.record_of(&session).await.is_live(NOW));
}

pub async fn nobodys_password_is_not_set(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let answered =
        stores.passwords.set(&email("grace@example.org"), &hash("new"), &noted(NOW)).await.unwrap();
    assert_eq!(answered, None);
    assert_eq!(credentials(stores, &user).await, (user.clone(), old_hash(&user).expose().to_owned()));
}

pub async fn an_upgrade_replaces_the_hash_and_nothing_else(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let before = credentials(stores, &user).await.0;
    assert!(stores.passwords.upgrade(user.id, &old_hash(&user), &hash("better"), &noted(NOW)).await.unwrap());
    assert_eq!(credentials(stores, &user).await, (before, "better".to_owned()));
    assert!(stores.record_of(&session).await.is_live(NOW), "the session lives on");
}

pub async fn an_upgrade_of_another_hash_changes_nothing(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let nobody = UserId::from_bytes(fresh_bytes());
    for (id, old) in [(user.id, hash("another")), (user.id, hash("")), (nobody, old_hash(&user))] {
        assert!(!stores.passwords.upgrade(id, &old, &hash("better"), &noted(NOW)).await.unwrap(), "{old:?}");
    }
    assert_eq!(credentials(stores, &user).await.1, old_hash(&user).expose());
}

pub async fn other_accounts_are_left_alone(stores: &Stores) {
    let other = stores.add_user("grace@example.org").await;
    let session = stores.add_session(&other).await;
    let before = credentials(stores, &other).await;
    let user = stores.add_user("ada@example.org").await;
    assert!(stores.passwords.upgrade(user.id, &old_hash(&user), &hash("better"), &noted(NOW)).await.unwrap());
    assert!(stores.passwords.change(&change_of(&user, "new"), &noted(NOW)).await.unwrap());
    stores.passwords.set(&user.email, &hash("newer"), &noted(NOW)).await.unwrap().unwrap();
    assert_eq!(credentials(stores, &other).await, before);
    assert!(stores.record_of(&session).await.is_live(NOW));
}

pub async fn a_login_checked_before_a_new_password_cannot_start_a_session_after_it(stores: &Stores) {
    let [changed, set] = [stores.add_user("ada@example.org").await, stores.add_user("b@example.org").await];
    assert!(stores.passwords.change(&change_of(&changed, "new"), &noted(NOW)).await.unwrap());
    stores.passwords.set(&set.email, &hash("new"), &noted(NOW)).await.unwrap().unwrap();
    for user in [changed, set] {
        assert!(
            !stores.sessions.start(&session_for(&user), &noted(NOW)).await.unwrap(),
            "{}",
            user.email.as_str()
        );
    }
}

pub async fn of_concurrent_changes_exactly_one_succeeds(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let answers = race(CALLERS, |caller| {
            let passwords = Arc::clone(&stores.passwords);
            let change = change_of(&user, &format!("new {caller}"));
            async move { (passwords.change(&change, &noted(NOW)).await.unwrap(), change) }
        })
        .await;
        let winners: Vec<_> = answers.iter().filter(|(changed, _)| *changed).collect();
        assert_eq!(winners.len(), 1, "round {round}: exactly one succeeds");
        let (stored, hash) = credentials(stores, &user).await;
        assert_eq!(hash, winners[0].1.hash.expose(), "round {round}: and its hash is stored");
        assert_eq!(stored.session_epoch, user.session_epoch + 1, "round {round}");
        for (changed, change) in answers {
            let found = stores.sessions.find(change.session.id).await.unwrap();
            let live = found.is_some_and(|record| record.is_live(NOW));
            assert_eq!(live, changed, "round {round}: only the winner is signed in");
        }
    }
}

pub async fn no_session_that_begins_during_a_change_survives_it(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let sessions = race(CALLERS, |caller| {
            let (stores, user) = (stores.clone(), user.clone());
            async move {
                if caller == 0 {
                    assert!(stores.passwords.change(&change_of(&user, "new"), &noted(NOW)).await.unwrap());
                    return None;
                }
                let session = session_for(&user);
                stores.sessions.start(&session, &noted(NOW)).await.unwrap().then_some(session)
            }
        })
        .await;
        for session in sessions.into_iter().flatten() {
            let live = stores.record_of(&session).await.is_live(NOW.plus(Duration::from_secs(1)));
            assert!(!live, "round {round}: a session of the old password is alive");
        }
    }
}

pub async fn an_upgrade_never_brings_an_old_password_back(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        race(CALLERS, |caller| {
            let (stores, user) = (stores.clone(), user.clone());
            async move {
                if caller == 0 {
                    assert!(stores.passwords.change(&change_of(&user, "new"), &noted(NOW)).await.unwrap());
                } else {
                    let better = hash(&format!("better {caller}"));
                    stores.passwords.upgrade(user.id, &old_hash(&user), &better, &noted(NOW)).await.unwrap();
                }
            }
        })
        .await;
        assert_eq!(credentials(stores, &user).await.1, "new", "round {round}");
    }
}

pub async fn it_is_known_since_when_a_password_is_the_accounts(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let since = async || {
        let found = stores.users.find_credentials(&user.email).await.unwrap();
        found.expect("the account is stored").password_since
    };
    assert_eq!(since().await, user.created_at, "it came with the account");
    assert!(
        stores.passwords.upgrade(user.id, &old_hash(&user), &hash("upgraded"), &noted(NOW)).await.unwrap()
    );
    assert_eq!(since().await, user.created_at, "it is the same password");
    let change = change_of(&user, "changed");
    let at = NOW.plus(Duration::from_secs(7));
    let change = PasswordChange { session: Session { created_at: at, ..change.session }, ..change };
    assert!(stores.passwords.change(&change, &noted(NOW)).await.unwrap());
    assert_eq!(since().await, at);
    let at = NOW.plus(Duration::from_secs(8));
    stores.passwords.set(&user.email, &hash("set"), &noted(at)).await.unwrap();
    assert_eq!(since().await, at);
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

/// The hash that [`Stores::add_user`] stores.
fn old_hash(user: &User) -> PasswordHash {
    account(user).hash
}

fn change_of(user: &User, new: &str) -> PasswordChange {
    let session = Session { epoch: user.session_epoch + 1, ..session_for(user) };
    PasswordChange { hash: hash(new), epoch: user.session_epoch, session }
}

async fn credentials(stores: &Stores, user: &User) -> (User, String) {
    let found = stores.users.find_credentials(&user.email).await.unwrap().expect("the account is stored");
    (found.user, found.hash.expose().to_owned())
}
