//! What every [`ThreadDirectory`](autorisen_domain::chat::ThreadDirectory) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_chatkit::{Item, Order, PageSize, ThreadStatus};
use autorisen_domain::chat::{
    BeginThreadError, Claimed, Hidden, PageRequest, Thread, ThreadChange, ThreadKey,
};
use serde_json::{Map, json};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, claim_at, file_of, placement_name, said_in, thread_for};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! thread_directory_contract {
    ($stores:path) => {
        $crate::thread_directory_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, thread_directory:
            a_thread_begins_with_its_item_and_a_claim,
            no_user_gets_more_threads_than_the_cap,
            concurrent_calls_keep_the_cap,
            lists_are_whole_in_both_orders_and_by_placement,
            an_unknown_or_foreign_cursor_is_told,
            a_change_changes_what_it_names_and_nothing_else,
            a_thread_of_somebody_else_is_neither_changed_nor_deleted_nor_claimed,
            a_deleted_thread_is_gone_with_its_items,
            of_claims_at_the_same_moment_one_is_given,
            a_claim_that_is_over_may_be_taken_and_a_held_one_not,
            a_claim_is_given_back_by_its_holder_alone,
            sweeping_takes_old_threads_that_nobody_answers_in,
            a_sweep_takes_no_more_than_it_may_of_a_long_thread,
            files_of_a_thread_that_is_swept_are_files_of_none,
        }
    };
}

const CAP: u32 = 100;

async fn begin(stores: &Stores, thread: &Thread) {
    let (item, claim) = (said_in(thread, "hi"), claim_at(NOW));
    stores.thread_directory.begin(thread, &item, claim, CAP).await.unwrap();
    stores.thread_directory.release(thread.key(), claim.answer).await.unwrap();
}

fn page(size: u8, order: Order, after: Option<String>) -> PageRequest {
    PageRequest { size: PageSize::new(size), order, after }
}

pub async fn a_thread_begins_with_its_item_and_a_claim(stores: &Stores) {
    let thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    let (item, claim) = (said_in(&thread, "hi"), claim_at(NOW));
    stores.thread_directory.begin(&thread, &item, claim, CAP).await.unwrap();
    assert_eq!(stores.threads.find(thread.user, thread.id).await.unwrap().as_ref(), Some(&thread));
    assert_eq!(stores.items.find(thread.key(), &item.id).await.unwrap(), Some(item));
    let other = stores.thread_directory.claim(thread.key(), claim_at(NOW)).await.unwrap();
    assert_eq!(other, Claimed::Busy);
}

pub async fn no_user_gets_more_threads_than_the_cap(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    stores.threads.open(&thread_for(&ada, "support")).await.unwrap();
    for user in [&ada, &ada, &eve] {
        let thread = thread_for(user, "support");
        let begun = stores.thread_directory.begin(&thread, &said_in(&thread, "hi"), claim_at(NOW), 2).await;
        begun.unwrap();
    }
    let third = thread_for(&ada, "support");
    let refused = stores.thread_directory.begin(&third, &said_in(&third, "hi"), claim_at(NOW), 2).await;
    assert!(matches!(refused, Err(BeginThreadError::TooMany)), "{refused:?}");
    assert_eq!(stores.threads.find(ada.id, third.id).await.unwrap(), None, "nothing was stored");
}

pub async fn concurrent_calls_keep_the_cap(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let begun = race(CALLERS, |_| {
            let (directory, thread) = (Arc::clone(&stores.thread_directory), thread_for(&user, "support"));
            async move { directory.begin(&thread, &said_in(&thread, "hi"), claim_at(NOW), 3).await.is_ok() }
        })
        .await;
        assert_eq!(begun.iter().filter(|&&begun| begun).count(), 3, "round {round}");
    }
}

pub async fn lists_are_whole_in_both_orders_and_by_placement(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    stores.threads.open(&thread_for(&user, "support")).await.unwrap();
    let mut threads = Vec::new();
    for number in 0..7 {
        let placement = if number % 2 == 0 { "support" } else { "admin" };
        // Two of them are made in the same moment: then the id decides.
        let created_at = NOW.plus(Duration::from_secs(number / 2));
        let thread = Thread { created_at, ..thread_for(&user, placement) };
        begin(stores, &thread).await;
        threads.push(thread);
    }
    threads.sort_by_key(|thread| (thread.created_at, thread.id));
    for placement in [None, Some(placement_name("admin"))] {
        let mut expected = threads.clone();
        expected.retain(|thread| placement.as_ref().is_none_or(|name| *name == thread.placement));
        for order in [Order::Asc, Order::Desc] {
            for size in [1, 2, 3, 100] {
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let asked = page(size, order, after);
                    let list =
                        stores.thread_directory.list(user.id, placement.as_ref(), &asked).await.unwrap();
                    let list = list.expect("the cursor is known");
                    assert_eq!(list.has_more, list.after.is_some());
                    found.extend(list.data);
                    after = list.after;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(found, expected, "{order:?} by {size}");
            }
            expected.reverse();
        }
    }
}

pub async fn an_unknown_or_foreign_cursor_is_told(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    let hers = thread_for(&ada, "support");
    begin(stores, &hers).await;
    for after in ["nothing".to_owned(), hers.id.to_string()] {
        let asked = page(10, Order::Desc, Some(after));
        assert_eq!(stores.thread_directory.list(eve.id, None, &asked).await.unwrap(), None);
    }
}

pub async fn a_change_changes_what_it_names_and_nothing_else(stores: &Stores) {
    let mut thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    begin(stores, &thread).await;
    let metadata = Map::from_iter([("a".to_owned(), json!([1, null]))]);
    let changes = [
        ThreadChange { title: Some("Ünî \"quoted\"".to_owned()), ..ThreadChange::default() },
        ThreadChange {
            status: Some(ThreadStatus::Locked { reason: Some("held".to_owned()) }),
            ..ThreadChange::default()
        },
        ThreadChange { metadata: Some(metadata), ..ThreadChange::default() },
        ThreadChange { allowed_image_domains: Some(vec!["a.example".to_owned()]), ..ThreadChange::default() },
    ];
    for change in changes {
        change.clone().apply(&mut thread);
        let changed = stores.thread_directory.change(thread.key(), &change, NOW).await.unwrap();
        assert_eq!(changed.as_ref(), Some(&thread));
        assert_eq!(stores.threads.find(thread.user, thread.id).await.unwrap().as_ref(), Some(&thread));
    }
}

pub async fn a_thread_of_somebody_else_is_neither_changed_nor_deleted_nor_claimed(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    let thread = thread_for(&ada, "support");
    begin(stores, &thread).await;
    let key = ThreadKey { user: eve.id, thread: thread.id };
    let change = ThreadChange { title: Some("hers".to_owned()), ..ThreadChange::default() };
    assert_eq!(stores.thread_directory.change(key, &change, NOW).await.unwrap(), None);
    assert!(!stores.thread_directory.delete(key).await.unwrap());
    assert_eq!(stores.thread_directory.claim(key, claim_at(NOW)).await.unwrap(), Claimed::NotFound);
    assert!(!stores.thread_directory.extend(key, claim_at(NOW)).await.unwrap());
    assert_eq!(stores.threads.find(ada.id, thread.id).await.unwrap(), Some(thread));
}

pub async fn a_deleted_thread_is_gone_with_its_items(stores: &Stores) {
    let thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    let item = said_in(&thread, "hi");
    stores.thread_directory.begin(&thread, &item, claim_at(NOW), CAP).await.unwrap();
    assert!(stores.thread_directory.delete(thread.key()).await.unwrap());
    assert!(!stores.thread_directory.delete(thread.key()).await.unwrap(), "once");
    assert_eq!(stores.items.find(thread.key(), &item.id).await.unwrap(), None);
    assert!(!stores.items.put(thread.key(), &[item], NOW).await.unwrap(), "nothing comes after");
}

pub async fn of_claims_at_the_same_moment_one_is_given(stores: &Stores) {
    let thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    begin(stores, &thread).await;
    for round in 0..ROUNDS {
        let key = thread.key();
        let claims = race(CALLERS, |_| {
            let (directory, claim) = (Arc::clone(&stores.thread_directory), claim_at(NOW));
            async move { (claim, directory.claim(key, claim).await.unwrap()) }
        })
        .await;
        let given: Vec<_> = claims.iter().filter(|(_, claimed)| *claimed == Claimed::Yes).collect();
        assert_eq!(given.len(), 1, "round {round}: {claims:?}");
        stores.thread_directory.release(key, given[0].0.answer).await.unwrap();
    }
}

pub async fn a_claim_that_is_over_may_be_taken_and_a_held_one_not(stores: &Stores) {
    let thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    begin(stores, &thread).await;
    let (key, first) = (thread.key(), claim_at(NOW));
    assert_eq!(stores.thread_directory.claim(key, first).await.unwrap(), Claimed::Yes);
    let longer = claim_at(first.until);
    let extended = autorisen_domain::chat::Claim { answer: first.answer, ..longer };
    assert!(stores.thread_directory.extend(key, extended).await.unwrap());
    assert_eq!(stores.thread_directory.claim(key, claim_at(first.until)).await.unwrap(), Claimed::Busy);
    let second = claim_at(longer.until);
    assert_eq!(stores.thread_directory.claim(key, second).await.unwrap(), Claimed::Yes);
    assert!(!stores.thread_directory.extend(key, extended).await.unwrap(), "somebody else has it");
}

pub async fn a_claim_is_given_back_by_its_holder_alone(stores: &Stores) {
    let thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    begin(stores, &thread).await;
    let (key, held) = (thread.key(), claim_at(NOW));
    stores.thread_directory.claim(key, held).await.unwrap();
    stores.thread_directory.release(key, claim_at(NOW).answer).await.unwrap();
    assert_eq!(stores.thread_directory.claim(key, claim_at(NOW)).await.unwrap(), Claimed::Busy);
    stores.thread_directory.release(key, held.answer).await.unwrap();
    assert_eq!(stores.thread_directory.claim(key, claim_at(NOW)).await.unwrap(), Claimed::Yes);
}

pub async fn sweeping_takes_old_threads_that_nobody_answers_in(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let (idle, busy, fresh) =
        (thread_for(&user, "support"), thread_for(&user, "support"), thread_for(&user, "support"));
    let later = NOW.plus(Duration::from_secs(100));
    for thread in [&idle, &busy, &fresh] {
        begin(stores, thread).await;
    }
    stores.thread_directory.claim(busy.key(), claim_at(later)).await.unwrap();
    stores.items.put(fresh.key(), &[said_in(&fresh, "more")], later).await.unwrap();
    let before = NOW.plus(Duration::from_secs(50));
    assert_eq!(
        stores.thread_directory.sweep(before, later, 0).await.unwrap(),
        0,
        "no more than is asked for"
    );
    assert_eq!(stores.thread_directory.sweep(before, later, 10).await.unwrap(), 2, "with its item");
    assert_eq!(stores.thread_directory.sweep(before, later, 10).await.unwrap(), 0, "nothing is left");
    assert_eq!(stores.threads.find(user.id, idle.id).await.unwrap(), None);
    for thread in [busy, fresh] {
        assert_eq!(stores.threads.find(user.id, thread.id).await.unwrap(), Some(thread));
    }
}

pub async fn a_sweep_takes_no_more_than_it_may_of_a_long_thread(stores: &Stores) {
    let thread = thread_for(&stores.add_user("ada@example.org").await, "support");
    begin(stores, &thread).await;
    let items: Vec<Item> = (0..6).map(|number| said_in(&thread, &number.to_string())).collect();
    stores.items.put(thread.key(), &items, NOW).await.unwrap();
    let later = NOW.plus(Duration::from_secs(1));
    let sweep = async || stores.thread_directory.sweep(later, later, 4).await.unwrap();

    assert_eq!(sweep().await, 4);
    let left = stores.items.list(thread.key(), Hidden::Included, &page(100, Order::Asc, None)).await.unwrap();
    assert_eq!(left.unwrap().data, items[3..], "the oldest go first");
    let mut swept = Vec::new();
    while swept.last() != Some(&0) {
        swept.push(sweep().await);
        assert!(swept.len() < 10 && swept.iter().all(|&rows| rows <= 4), "{swept:?}");
    }
    assert_eq!(swept.iter().sum::<u64>(), 4, "three items and the thread");
    assert_eq!(stores.threads.find(thread.user, thread.id).await.unwrap(), None);
}

pub async fn files_of_a_thread_that_is_swept_are_files_of_none(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let thread = thread_for(&user, "support");
    begin(stores, &thread).await;
    let file = file_of(&user, 1);
    stores.attachments.insert(&file, 100).await.unwrap();
    stores.attachments.complete(user.id, file.id, 1).await.unwrap();
    assert!(stores.attachments.attach(thread.key(), &[file.id]).await.unwrap());
    let later = NOW.plus(Duration::from_secs(1));
    assert_eq!(stores.attachments.sweep(later, 10).await.unwrap(), 0, "it has a thread");

    assert_eq!(stores.thread_directory.sweep(later, later, 10).await.unwrap(), 2);
    let found = stores.attachments.find(user.id, file.id).await.unwrap().unwrap();
    assert_eq!(found.thread, None);
    assert_eq!(stores.attachments.sweep(later, 10).await.unwrap(), 1, "and goes as those do");
    assert_eq!(stores.attachments.find(user.id, file.id).await.unwrap(), None);
}
