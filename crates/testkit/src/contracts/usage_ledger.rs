//! What every [`UsageLedger`](autorisen_domain::chat::UsageLedger) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::User;
use autorisen_domain::chat::{Quota, Usage, Used};
use autorisen_domain::clock::Timestamp;

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::NOW;
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! usage_ledger_contract {
    ($stores:path) => {
        $crate::usage_ledger_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, usage_ledger:
            a_charge_above_a_quota_is_refused_and_not_counted,
            a_day_ends_at_midnight_of_utc,
            all_users_share_the_quota_of_all,
            what_has_happened_is_counted_also_above_the_quota,
            concurrent_charges_keep_the_quota,
            sweeping_forgets_days_and_never_what_counts_for_ever,
        }
    };
}

const NONE: Quota = Quota { user_day: None, user_total: None, all_day: None };

fn use_of(user: &User, amount: u64, at: Timestamp) -> Used {
    Used { user: user.id, usage: Usage::Messages, amount, at }
}

pub async fn a_charge_above_a_quota_is_refused_and_not_counted(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let quota = Quota { user_total: Some(10), ..NONE };
    let charge = async |amount| stores.ledger.charge(use_of(&user, amount, NOW), quota).await.unwrap();
    assert!(charge(7).await.is_ok());
    let refused = charge(4).await.unwrap_err();
    assert_eq!((refused.usage, refused.retry_after), (Usage::Messages, None), "there is never more");
    assert!(charge(3).await.is_ok(), "what was refused did not count");
    assert!(charge(1).await.is_err());
    let other = Used { usage: Usage::Output, ..use_of(&user, 10, NOW) };
    assert!(stores.ledger.charge(other, quota).await.unwrap().is_ok(), "each use has its own count");
}

pub async fn a_day_ends_at_midnight_of_utc(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let quota = Quota { user_day: Some(1), ..NONE };
    let late = NOW.next_utc_day().minus(Duration::from_secs(90));
    assert!(stores.ledger.charge(use_of(&user, 1, late), quota).await.unwrap().is_ok());
    let refused = stores.ledger.charge(use_of(&user, 1, late), quota).await.unwrap().unwrap_err();
    assert_eq!(refused.retry_after, Some(Duration::from_secs(90)));
    let next = late.plus(Duration::from_secs(90));
    assert!(stores.ledger.charge(use_of(&user, 1, next), quota).await.unwrap().is_ok());
}

pub async fn all_users_share_the_quota_of_all(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    let quota = Quota { all_day: Some(3), ..NONE };
    assert!(stores.ledger.charge(use_of(&ada, 2, NOW), quota).await.unwrap().is_ok());
    assert!(stores.ledger.charge(use_of(&eve, 1, NOW), quota).await.unwrap().is_ok());
    for user in [&ada, &eve] {
        assert!(stores.ledger.charge(use_of(user, 1, NOW), quota).await.unwrap().is_err());
    }
}

pub async fn what_has_happened_is_counted_also_above_the_quota(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let quota = Quota { user_total: Some(10), ..NONE };
    assert!(stores.ledger.note(use_of(&user, 10, NOW), quota).await.unwrap().is_ok());
    assert!(stores.ledger.note(use_of(&user, 5, NOW), quota).await.unwrap().is_err());
    let larger = Quota { user_total: Some(15), ..NONE };
    assert!(stores.ledger.charge(use_of(&user, 1, NOW), larger).await.unwrap().is_err(), "15 are counted");
}

pub async fn concurrent_charges_keep_the_quota(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        // One quota alone may be kept in another way than several.
        let quota = match round % 2 {
            0 => Quota { user_day: Some(5), all_day: Some(1_000), user_total: Some(5) },
            _ => Quota { user_day: Some(5), ..NONE },
        };
        let charged = race(CALLERS, |_| {
            let (ledger, used) = (Arc::clone(&stores.ledger), use_of(&user, 1, NOW));
            async move { ledger.charge(used, quota).await.unwrap().is_ok() }
        })
        .await;
        assert_eq!(charged.iter().filter(|&&charged| charged).count(), 5, "round {round}");
    }
}

pub async fn sweeping_forgets_days_and_never_what_counts_for_ever(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let quota = Quota { user_day: Some(1), user_total: Some(2), all_day: None };
    stores.ledger.charge(use_of(&user, 1, NOW), quota).await.unwrap().unwrap();
    assert_eq!(stores.ledger.sweep(NOW, 10).await.unwrap(), 0, "today counts");
    assert_eq!(stores.ledger.sweep(NOW.next_utc_day(), 0).await.unwrap(), 0, "no more than is asked for");
    assert_eq!(stores.ledger.sweep(NOW.next_utc_day(), 10).await.unwrap(), 1);
    assert!(
        stores.ledger.charge(use_of(&user, 1, NOW), quota).await.unwrap().is_ok(),
        "the day is forgotten"
    );
    let tomorrow = NOW.next_utc_day();
    assert!(stores.ledger.charge(use_of(&user, 1, tomorrow), quota).await.unwrap().is_err(), "not the rest");
}
