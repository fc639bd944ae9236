//! What every [`ThreadRepository`](autorisen_domain::chat::ThreadRepository) keeps.

use std::sync::Arc;

use autorisen_domain::chat::ThreadId;

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{fresh_bytes, thread_for};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! thread_repository_contract {
    ($stores:path) => {
        $crate::thread_repository_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, thread_repository:
            opens_a_thread_and_finds_it_as_it_is,
            finds_nothing_that_was_not_opened,
            a_thread_is_found_by_its_owner_alone,
            who_asks_at_the_same_time_as_others_gets_their_own_thread,
            opening_again_gives_the_thread_in_which_nothing_was_said,
            every_placement_has_a_thread_of_its_own,
            every_user_has_a_thread_of_their_own,
            concurrent_calls_get_one_and_the_same_thread,
        }
    };
}

pub async fn opens_a_thread_and_finds_it_as_it_is(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let fresh = thread_for(&user, "support");
    assert_eq!(stores.threads.open(&fresh).await.unwrap(), fresh, "the fresh one is given");
    assert_eq!(stores.threads.find(user.id, fresh.id).await.unwrap(), Some(fresh), "and stored");
}

pub async fn finds_nothing_that_was_not_opened(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    stores.threads.open(&thread_for(&user, "support")).await.unwrap();
    let found = stores.threads.find(user.id, ThreadId::from_bytes(fresh_bytes())).await.unwrap();
    assert_eq!(found, None);
}

pub async fn a_thread_is_found_by_its_owner_alone(stores: &Stores) {
    let (owner, other) =
        (stores.add_user("ada@example.org").await, stores.add_user("grace@example.org").await);
    let thread = stores.threads.open(&thread_for(&owner, "support")).await.unwrap();
    assert_eq!(stores.threads.find(other.id, thread.id).await.unwrap(), None);
}

pub async fn who_asks_at_the_same_time_as_others_gets_their_own_thread(stores: &Stores) {
    let mut threads = Vec::new();
    for number in 0..5 {
        let user = stores.add_user(&format!("user-{number}@example.org")).await;
        threads.push(stores.threads.open(&thread_for(&user, "support")).await.unwrap());
    }
    let found = race(8 * threads.len(), |number| {
        // Each is asked for by several, some of whom are not its owner.
        let (thread, other) = (threads[number % 5].clone(), threads[number / 5 % 5].user);
        let repository = Arc::clone(&stores.threads);
        async move { (repository.find(other, thread.id).await.unwrap(), other, thread) }
    })
    .await;
    for (found, asked_by, thread) in found {
        assert_eq!(found, (thread.user == asked_by).then_some(thread));
    }
}

pub async fn opening_again_gives_the_thread_in_which_nothing_was_said(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let first = stores.threads.open(&thread_for(&user, "support")).await.unwrap();
    for _ in 0..3 {
        let fresh = thread_for(&user, "support");
        assert_eq!(stores.threads.open(&fresh).await.unwrap(), first);
        assert_eq!(stores.threads.find(user.id, fresh.id).await.unwrap(), None, "no other was stored");
    }
}

pub async fn every_placement_has_a_thread_of_its_own(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for placement in ["support", "admin"] {
        let fresh = thread_for(&user, placement);
        assert_eq!(stores.threads.open(&fresh).await.unwrap(), fresh, "{placement}");
    }
}

pub async fn every_user_has_a_thread_of_their_own(stores: &Stores) {
    for address in ["ada@example.org", "grace@example.org"] {
        let fresh = thread_for(&stores.add_user(address).await, "support");
        assert_eq!(stores.threads.open(&fresh).await.unwrap(), fresh, "{address}");
    }
}

pub async fn concurrent_calls_get_one_and_the_same_thread(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let given = race(CALLERS, |_| {
            let (threads, fresh) = (Arc::clone(&stores.threads), thread_for(&user, "support"));
            async move { threads.open(&fresh).await.unwrap() }
        })
        .await;
        let same = given.iter().all(|thread| thread == &given[0]);
        assert!(same, "round {round}: one thread for all, but {given:?}");
        let stored = stores.threads.find(user.id, given[0].id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&given[0]), "round {round}: it is stored");
    }
}
