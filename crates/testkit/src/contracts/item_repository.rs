//! What every [`ItemRepository`](autorisen_domain::chat::ItemRepository) keeps.

use std::sync::Arc;

use autorisen_chatkit::{FeedbackKind, Item, ItemKind, Order, PageSize};
use autorisen_domain::chat::{Hidden, PageRequest, Thread, ThreadKey};
use serde_json::json;

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, hidden_in, said_in, thread_for};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! item_repository_contract {
    ($stores:path) => {
        $crate::item_repository_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, item_repository:
            items_come_back_as_they_are_and_in_their_order,
            an_item_that_is_there_is_replaced_in_its_place,
            items_put_at_the_same_moment_are_all_there,
            lists_are_exact_in_both_orders_with_hidden_items_left_out,
            a_cursor_that_no_client_may_know_is_told,
            items_of_somebody_elses_thread_do_not_exist,
            removing_takes_what_is_named,
            removing_after_an_item_takes_hidden_ones_too,
            a_rating_is_for_items_that_a_client_sees,
        }
    };
}

async fn opened(stores: &Stores) -> Thread {
    let user = stores.add_user("ada@example.org").await;
    stores.threads.open(&thread_for(&user, "support")).await.unwrap()
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

async fn all(stores: &Stores, key: ThreadKey, hidden: Hidden) -> Vec<Item> {
    let page = PageRequest { size: PageSize::new(100), order: Order::Asc, after: None };
    stores.items.list(key, hidden, &page).await.unwrap().unwrap().data
}

pub async fn items_come_back_as_they_are_and_in_their_order(stores: &Stores) {
    let thread = opened(stores).await;
    let items: Vec<Item> =
        ["Ünî \u{1f600}", "\"quoted\" \\ \n", ""].map(|text| said_in(&thread, text)).into();
    assert!(stores.items.put(thread.key(), &items, NOW).await.unwrap());
    assert_eq!(all(stores, thread.key(), Hidden::Left).await, items);
    for item in items {
        assert_eq!(stores.items.find(thread.key(), &item.id).await.unwrap(), Some(item));
    }
}

pub async fn an_item_that_is_there_is_replaced_in_its_place(stores: &Stores) {
    let thread = opened(stores).await;
    let items: Vec<Item> = ["one", "two", "three"].map(|text| said_in(&thread, text)).into();
    stores.items.put(thread.key(), &items, NOW).await.unwrap();
    let kind = ItemKind::HiddenContextItem { content: json!("now hidden") };
    let second = Item { kind, ..items[1].clone() };
    let fourth = said_in(&thread, "four");
    stores.items.put(thread.key(), &[second.clone(), fourth.clone()], NOW).await.unwrap();
    let expected = vec![items[0].clone(), second, items[2].clone(), fourth];
    assert_eq!(all(stores, thread.key(), Hidden::Included).await, expected);
    assert_eq!(all(stores, thread.key(), Hidden::Left).await.len(), 3);
}

pub async fn items_put_at_the_same_moment_are_all_there(stores: &Stores) {
    let thread = opened(stores).await;
    for _ in 0..ROUNDS {
        race(CALLERS, |_| {
            let (items, thread) = (Arc::clone(&stores.items), thread.clone());
            async move { items.put(thread.key(), &[said_in(&thread, "hi")], NOW).await.unwrap() }
        })
        .await;
    }
    assert_eq!(all(stores, thread.key(), Hidden::Left).await.len(), ROUNDS * CALLERS);
}

pub async fn lists_are_exact_in_both_orders_with_hidden_items_left_out(stores: &Stores) {
    let thread = opened(stores).await;
    let items: Vec<Item> = (0..12)
        .map(|number| if number % 3 == 0 { hidden_in(&thread) } else { said_in(&thread, "hi") })
        .collect();
    stores.items.put(thread.key(), &items, NOW).await.unwrap();
    let mut expected: Vec<&Item> = items.iter().filter(|item| !item.kind.is_hidden()).collect();
    for order in [Order::Asc, Order::Desc] {
        for size in [1, 3, 8, 100] {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let page = PageRequest { size: PageSize::new(size), order, after };
                let list = stores.items.list(thread.key(), Hidden::Left, &page).await.unwrap().unwrap();
                let is_last = expected.len() - found.len() <= usize::from(size);
                assert_eq!((list.has_more, list.after.is_none()), (!is_last, is_last));
                assert!(is_last || list.data.len() == usize::from(size), "a page is as long as it may be");
                found.extend(list.data);
                after = list.after;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{order:?} by {size}");
        }
        expected.reverse();
    }
}

pub async fn a_cursor_that_no_client_may_know_is_told(stores: &Stores) {
    let thread = opened(stores).await;
    let hidden = hidden_in(&thread);
    stores.items.put(thread.key(), std::slice::from_ref(&hidden), NOW).await.unwrap();
    for after in ["nothing", &hidden.id] {
        let page = PageRequest { size: PageSize::new(5), order: Order::Asc, after: Some(after.to_owned()) };
        assert_eq!(stores.items.list(thread.key(), Hidden::Left, &page).await.unwrap(), None, "{after}");
    }
}

pub async fn items_of_somebody_elses_thread_do_not_exist(stores: &Stores) {
    let thread = opened(stores).await;
    let item = said_in(&thread, "hi");
    stores.items.put(thread.key(), std::slice::from_ref(&item), NOW).await.unwrap();
    let eve = stores.add_user("eve@example.org").await;
    let key = ThreadKey { user: eve.id, thread: thread.id };
    assert!(!stores.items.put(key, &[said_in(&thread, "mine")], NOW).await.unwrap());
    assert_eq!(stores.items.find(key, &item.id).await.unwrap(), None);
    assert_eq!(all(stores, key, Hidden::Included).await, []);
    stores.items.remove(key, std::slice::from_ref(&item.id)).await.unwrap();
    assert!(!stores.items.remove_after(key, &item.id).await.unwrap());
    let rated = stores.items.rate(key, std::slice::from_ref(&item.id), FeedbackKind::Positive).await.unwrap();
    assert!(!rated);
    assert_eq!(all(stores, thread.key(), Hidden::Included).await, [item]);
}

pub async fn removing_takes_what_is_named(stores: &Stores) {
    let thread = opened(stores).await;
    let items: Vec<Item> = ["one", "two", "three"].map(|text| said_in(&thread, text)).into();
    stores.items.put(thread.key(), &items, NOW).await.unwrap();
    let named = [items[0].id.clone(), "nothing".to_owned(), items[2].id.clone()];
    stores.items.remove(thread.key(), &named).await.unwrap();
    assert_eq!(ids(&all(stores, thread.key(), Hidden::Left).await), [items[1].id.as_str()]);
}

pub async fn removing_after_an_item_takes_hidden_ones_too(stores: &Stores) {
    let thread = opened(stores).await;
    let items =
        vec![said_in(&thread, "one"), hidden_in(&thread), said_in(&thread, "two"), hidden_in(&thread)];
    stores.items.put(thread.key(), &items, NOW).await.unwrap();
    assert!(!stores.items.remove_after(thread.key(), "nothing").await.unwrap());
    assert!(stores.items.remove_after(thread.key(), &items[0].id).await.unwrap());
    assert_eq!(all(stores, thread.key(), Hidden::Included).await, items[..1]);
    let next = said_in(&thread, "again");
    stores.items.put(thread.key(), std::slice::from_ref(&next), NOW).await.unwrap();
    assert_eq!(all(stores, thread.key(), Hidden::Left).await, [items[0].clone(), next]);
}

pub async fn a_rating_is_for_items_that_a_client_sees(stores: &Stores) {
    let thread = opened(stores).await;
    let items = vec![said_in(&thread, "one"), hidden_in(&thread)];
    stores.items.put(thread.key(), &items, NOW).await.unwrap();
    let rate = async |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        stores.items.rate(thread.key(), &ids, FeedbackKind::Negative).await.unwrap()
    };
    assert!(rate(&[&items[0].id]).await);
    assert!(rate(&[&items[0].id, &items[0].id]).await, "twice is once");
    for wrong in [&items[1].id, "nothing"] {
        assert!(!rate(&[&items[0].id, wrong]).await, "{wrong}");
    }
}
