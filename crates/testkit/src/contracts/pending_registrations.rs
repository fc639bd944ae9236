//! What every
//! [`PendingRegistrationRepository`](autorisen_domain::auth::PendingRegistrationRepository) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{PendingRegistration, RegistrationId};
use autorisen_domain::clock::Timestamp;

use crate::contracts::{ROUNDS, Stores};
use crate::fixtures::{NOW, fresh_bytes, pending};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! pending_registrations_contract {
    ($stores:path) => {
        $crate::pending_registrations_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, pending_registrations:
            keeps_a_registration_as_it_was_given,
            finds_nothing_that_was_not_kept,
            keeps_several_registrations_of_one_address,
            finds_a_registration_whose_time_is_over,
            a_sweep_forgets_what_is_over_and_nothing_else,
            a_sweep_forgets_at_most_as_many_as_it_may,
            concurrent_sweeps_count_every_registration_once,
        }
    };
}

pub async fn keeps_a_registration_as_it_was_given(stores: &Stores) {
    let given = pending("ada@example.org");
    stores.pending.add(&given).await.unwrap();
    let kept = stores.pending.find(given.id).await.unwrap().expect("it is kept");
    assert_eq!(kept.hash.expose(), given.hash.expose());
    let fields = |p: &PendingRegistration| {
        let names = (p.first_name.clone(), p.last_name.clone());
        (p.id, p.token, p.email.clone(), names, p.role, p.created_at, p.expires_at)
    };
    assert_eq!(fields(&kept), fields(&given));
}

pub async fn finds_nothing_that_was_not_kept(stores: &Stores) {
    stores.pending.add(&pending("ada@example.org")).await.unwrap();
    let found = stores.pending.find(RegistrationId::from_bytes(fresh_bytes())).await.unwrap();
    assert!(found.is_none(), "{found:?}");
}

pub async fn keeps_several_registrations_of_one_address(stores: &Stores) {
    let (first, second) = (pending("ada@example.org"), pending("ada@example.org"));
    stores.pending.add(&first).await.unwrap();
    stores.pending.add(&second).await.expect("who began before may begin again");
    for given in [first, second] {
        let kept = stores.pending.find(given.id).await.unwrap().expect("it is kept");
        assert_eq!(kept.token, given.token);
    }
}

pub async fn finds_a_registration_whose_time_is_over(stores: &Stores) {
    let over = add(stores, "ada@example.org", Timestamp::from_secs(1)).await;
    assert!(stores.pending.find(over).await.unwrap().is_some());
}

pub async fn a_sweep_forgets_what_is_over_and_nothing_else(stores: &Stores) {
    let long_over = add(stores, "a@example.org", NOW.minus(Duration::from_hours(1000))).await;
    let just_over = add(stores, "b@example.org", NOW).await;
    let almost_over = add(stores, "c@example.org", NOW.plus(Duration::from_micros(1))).await;
    let young = add(stores, "d@example.org", NOW.plus(Duration::from_hours(1))).await;

    assert_eq!(stores.pending.sweep(NOW, 100).await.unwrap(), 2, "it says how many");
    for (id, stays) in [(long_over, false), (just_over, false), (almost_over, true), (young, true)] {
        assert_eq!(stores.pending.find(id).await.unwrap().is_some(), stays);
    }
    assert_eq!(stores.pending.sweep(NOW, 100).await.unwrap(), 0, "nothing is left to forget");
}

pub async fn a_sweep_forgets_at_most_as_many_as_it_may(stores: &Stores) {
    for n in 0..5 {
        add(stores, &format!("user-{n}@example.org"), NOW).await;
    }
    let mut swept = Vec::new();
    for _ in 0..4 {
        swept.push(stores.pending.sweep(NOW, 2).await.unwrap());
    }
    assert_eq!(swept, [2, 2, 1, 0]);
}

pub async fn concurrent_sweeps_count_every_registration_once(stores: &Stores) {
    for round in 0..ROUNDS {
        for n in 0..6 {
            add(stores, &format!("user-{n}@example.org"), NOW).await;
        }
        let counts = race(3, |_| {
            let pending = Arc::clone(&stores.pending);
            async move { pending.sweep(NOW, 100).await.unwrap() }
        })
        .await;
        assert_eq!(counts.iter().sum::<u64>(), 6, "round {round}: {counts:?}");
    }
}

async fn add(stores: &Stores, address: &str, expires_at: Timestamp) -> RegistrationId {
    let created_at = expires_at.minus(Duration::from_mins(30));
    let pending = PendingRegistration { created_at, expires_at, ..pending(address) };
    stores.pending.add(&pending).await.unwrap();
    pending.id
}
