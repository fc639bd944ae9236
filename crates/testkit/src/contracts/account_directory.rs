//! What every [`AccountDirectory`](autorisen_domain::auth::AccountDirectory) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, AddressPrefix, Role, User, UserId};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, email, fresh_bytes, noted, session_for};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! account_directory_contract {
    ($stores:path) => {
        $crate::account_directory_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, account_directory:
            an_empty_directory_has_one_empty_page,
            lists_accounts_in_the_order_of_their_addresses,
            pages_join_without_a_gap_or_a_repeat,
            a_page_may_begin_after_an_address_that_nobody_has,
            the_last_page_says_so_also_when_it_is_full,
            a_prefix_lists_the_accounts_whose_addresses_begin_with_it,
            pages_of_a_prefix_join_and_end_with_it,
            an_account_is_found_by_its_id,
            a_change_is_stored_and_answered,
            a_change_of_an_unknown_account_changes_nothing,
            every_change_ends_the_sessions_of_the_account,
            a_change_leaves_other_accounts_alone,
            enabling_an_account_revives_no_session,
            a_login_checked_before_a_change_cannot_start_a_session_after_it,
            concurrent_changes_are_all_applied,
            no_session_that_begins_during_a_change_survives_it,
        }
    };
}

const CHANGES: [AccountChange; 6] = [
    AccountChange::EndSessions,
    AccountChange::SetAdministrator(true),
    AccountChange::SetAdministrator(false),
    AccountChange::SetRole(Role::Developer),
    AccountChange::SetActive(false),
    AccountChange::SetActive(true),
];

pub async fn an_empty_directory_has_one_empty_page(stores: &Stores) {
    let page = stores.directory.list(&AddressPrefix::default(), None, 10).await.unwrap();
    assert_eq!((page.users, page.next), (Vec::new(), None));
}

pub async fn lists_accounts_in_the_order_of_their_addresses(stores: &Stores) {
    // The order of bytes, and of no language: a collation would sort these otherwise.
    let sorted = [
        "a+c@example.org",
        "a-z@example.org",
        "a.b@example.org",
        "a9@example.org",
        "a_a@example.org",
        "ab@example.org",
    ];
    let mut users = Vec::new();
    for index in [3, 0, 5, 1, 4, 2] {
        users.push(stores.add_user(sorted[index]).await);
    }
    users.sort_by(|a, b| a.email.cmp(&b.email));
    let page = stores.directory.list(&AddressPrefix::default(), None, 10).await.unwrap();
    assert_eq!(texts(&page.users), sorted);
    assert_eq!(page.users, users, "the accounts come back as they were");
    assert_eq!(page.next, None);
}

pub async fn pages_join_without_a_gap_or_a_repeat(stores: &Stores) {
    let all = add_users(stores, 7).await;
    for limit in [1, 2, 3, 6, 7, 8] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = stores.directory.list(&AddressPrefix::default(), after.as_ref(), limit).await.unwrap();
            assert!(page.users.len() <= limit as usize, "a page of {limit} has {}", page.users.len());
            listed.extend(texts(&page.users));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
            assert!(listed.len() < 8, "pages of {limit} do not end: {listed:?}");
        }
        assert_eq!(listed, all, "in pages of {limit}");
    }
}

pub async fn a_page_may_begin_after_an_address_that_nobody_has(stores: &Stores) {
    let all = add_users(stores, 3).await;
    let page = stores
        .directory
        .list(&AddressPrefix::default(), Some(&email("user-1z@example.org")), 10)
        .await
        .unwrap();
    assert_eq!(texts(&page.users), all[1..]);
    let page =
        stores.directory.list(&AddressPrefix::default(), Some(&email("zoe@example.org")), 10).await.unwrap();
    assert_eq!((page.users, page.next), (Vec::new(), None));
}

pub async fn the_last_page_says_so_also_when_it_is_full(stores: &Stores) {
    let all = add_users(stores, 4).await;
    let first = stores.directory.list(&AddressPrefix::default(), None, 2).await.unwrap();
    assert_eq!(first.next, Some(email(&all[1])), "there is more after the first two of four");
    let last = stores.directory.list(&AddressPrefix::default(), first.next.as_ref(), 2).await.unwrap();
    assert_eq!(texts(&last.users), all[2..]);
    assert_eq!(last.next, None, "nothing comes after the fourth of four");
}

pub async fn a_prefix_lists_the_accounts_whose_addresses_begin_with_it(stores: &Stores) {
    for address in ["ad@example.org", "ada@example.org", "ada@example.org.uk", "adb@example.org", "a~@b.org"]
    {
        stores.add_user(address).await;
    }
    for (prefix, found) in [
        ("", &["a~@b.org", "ad@example.org", "ada@example.org", "ada@example.org.uk", "adb@example.org"][..]),
        ("ad", &["ad@example.org", "ada@example.org", "ada@example.org.uk", "adb@example.org"]),
        ("ADA@", &["ada@example.org", "ada@example.org.uk"]),
        ("ada@example.org", &["ada@example.org", "ada@example.org.uk"]),
        ("a~", &["a~@b.org"]),
        // Nothing of it is a pattern.
        ("a%", &[]),
        ("a_", &[]),
        ("b", &[]),
        ("~~~", &[]),
    ] {
        let prefix = AddressPrefix::parse(prefix).unwrap();
        let page = stores.directory.list(&prefix, None, 10).await.unwrap();
        let mut found = found.to_vec();
        found.sort_unstable();
        assert_eq!(texts(&page.users), found, "{:?}", prefix.as_str());
    }
}

pub async fn pages_of_a_prefix_join_and_end_with_it(stores: &Stores) {
    let all = add_users(stores, 5).await;
    stores.add_user("aaa@example.org").await;
    stores.add_user("zoe@example.org").await;
    let prefix = AddressPrefix::parse("user-").unwrap();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = stores.directory.list(&prefix, after.as_ref(), 2).await.unwrap();
        listed.extend(texts(&page.users));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
        assert!(listed.len() < 6, "{listed:?}");
    }
    assert_eq!(listed, all);
    // A page may begin outside of what is looked for.
    let page = stores.directory.list(&prefix, Some(&email("aaa@example.org")), 10).await.unwrap();
    assert_eq!(texts(&page.users), all);
    let page = stores.directory.list(&prefix, Some(&email("zoe@example.org")), 10).await.unwrap();
    assert_eq!((page.users, page.next), (Vec::new(), None));
}

pub async fn an_account_is_found_by_its_id(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    stores.add_user("grace@example.org").await;
    assert_eq!(stores.directory.find(user.id).await.unwrap(), Some(user));
    assert_eq!(stores.directory.find(UserId::from_bytes(fresh_bytes())).await.unwrap(), None);
}

pub async fn a_change_is_stored_and_answered(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let mut epoch = user.session_epoch;
    for (change, is_active, role, is_administrator) in [
        (AccountChange::EndSessions, true, Role::Customer, false),
        (AccountChange::SetRole(Role::Developer), true, Role::Developer, false),
        (AccountChange::SetAdministrator(true), true, Role::Developer, true),
        (AccountChange::SetActive(false), false, Role::Developer, true),
        (AccountChange::SetRole(Role::Customer), false, Role::Customer, true),
        (AccountChange::SetAdministrator(false), false, Role::Customer, false),
        (AccountChange::SetActive(true), true, Role::Customer, false),
    ] {
        let answered = stores.directory.change(&user.email, change, &noted(NOW)).await.unwrap();
        let answered = answered.expect("there is such an account");
        assert!(answered.session_epoch > epoch, "{change:?} moves the epoch on");
        epoch = answered.session_epoch;
        let expected = User { is_active, role, is_administrator, session_epoch: epoch, ..user.clone() };
        assert_eq!(answered, expected, "{change:?} answers the account as it is then");
        let stored = stores.users.find_credentials(&user.email).await.unwrap().unwrap();
        assert_eq!(stored.user, expected, "{change:?} is stored");
    }
}

pub async fn a_change_of_an_unknown_account_changes_nothing(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for change in CHANGES {
        let answered =
            stores.directory.change(&email("grace@example.org"), change, &noted(NOW)).await.unwrap();
        assert_eq!(answered, None, "{change:?}");
    }
    let page = stores.directory.list(&AddressPrefix::default(), None, 10).await.unwrap();
    assert_eq!(page.users, [user]);
}

pub async fn every_change_ends_the_sessions_of_the_account(stores: &Stores) {
    for (n, change) in CHANGES.into_iter().enumerate() {
        let user = stores.add_user(&format!("user-{n}@example.org")).await;
        let sessions = [stores.add_session(&user).await, stores.add_session(&user).await];
        stores.directory.change(&user.email, change, &noted(NOW)).await.unwrap();
        for session in sessions {
            assert!(!stores.record_of(&session).await.is_live(NOW), "{change:?} ends every session");
        }
    }
}

pub async fn a_change_leaves_other_accounts_alone(stores: &Stores) {
    let other = stores.add_user("grace@example.org").await;
    let session = stores.add_session(&other).await;
    let before = stores.record_of(&session).await;
    let user = stores.add_user("ada@example.org").await;
    for change in CHANGES {
        stores.directory.change(&user.email, change, &noted(NOW)).await.unwrap();
        assert_eq!(stores.record_of(&session).await, before, "after {change:?} of another account");
    }
}

pub async fn enabling_an_account_revives_no_session(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    for active in [false, true] {
        stores.directory.change(&user.email, AccountChange::SetActive(active), &noted(NOW)).await.unwrap();
        assert!(!stores.record_of(&session).await.is_live(NOW), "active: {active}");
    }
}

pub async fn a_login_checked_before_a_change_cannot_start_a_session_after_it(stores: &Stores) {
    for (n, change) in CHANGES.into_iter().enumerate() {
        let user = stores.add_user(&format!("user-{n}@example.org")).await;
        stores.directory.change(&user.email, change, &noted(NOW)).await.unwrap();
        let started = stores.sessions.start(&session_for(&user), &noted(NOW)).await.unwrap();
        assert!(!started, "a session of the epoch before {change:?} starts");
    }
}

pub async fn concurrent_changes_are_all_applied(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let answers = race(CALLERS, |caller| {
            let (directory, address) = (Arc::clone(&stores.directory), user.email.clone());
            let change = match caller {
                0 => AccountChange::SetActive(false),
                1 => AccountChange::SetRole(Role::Developer),
                _ => AccountChange::EndSessions,
            };
            async move { directory.change(&address, change, &noted(NOW)).await }
        })
        .await;

        let mut epochs: Vec<_> =
            answers.into_iter().map(|answer| answer.unwrap().unwrap().session_epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        assert_eq!(epochs.len(), CALLERS, "round {round}: every change has an epoch of its own: {epochs:?}");

        let stored = stores.users.find_credentials(&user.email).await.unwrap().unwrap().user;
        assert!(!stored.is_active, "round {round}: one change disabled the account");
        assert_eq!(stored.role, Role::Developer, "round {round}: one change set the role");
        assert_eq!(epochs.last(), Some(&stored.session_epoch), "round {round}: the last epoch is stored");
    }
}

pub async fn no_session_that_begins_during_a_change_survives_it(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let change = CHANGES[round % CHANGES.len()];
        let sessions = race(CALLERS, |caller| {
            let (stores, user) = (stores.clone(), user.clone());
            async move {
                if caller == 0 {
                    stores.directory.change(&user.email, change, &noted(NOW)).await.unwrap();
                    return None;
                }
                let session = session_for(&user);
                stores.sessions.start(&session, &noted(NOW)).await.unwrap().then_some(session)
            }
        })
        .await;
        for session in sessions.into_iter().flatten() {
            let live = stores.record_of(&session).await.is_live(NOW.plus(Duration::from_secs(1)));
            assert!(!live, "round {round}: a session that raced {change:?} is alive after it");
        }
    }
}

async fn add_users(stores: &Stores, count: usize) -> Vec<String> {
    let addresses: Vec<_> = (1..=count).map(|n| format!("user-{n}@example.org")).collect();
    for address in addresses.iter().rev() {
        stores.add_user(address).await;
    }
    addresses
}

fn texts(users: &[User]) -> Vec<String> {
    users.iter().map(|user| user.email.as_str().to_owned()).collect()
}
