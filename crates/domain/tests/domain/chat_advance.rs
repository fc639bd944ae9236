//! Quotas that are charged in advance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use autorisen_domain::auth::{User, UserId};
use autorisen_domain::chat::{LedgerInAdvance, Quota, QuotaExceeded, Usage, UsageLedger, Used};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_testkit::contracts::Stores;
use autorisen_testkit::fixtures::{NOW, World};
use autorisen_testkit::race;

const QUOTA: Quota = Quota { user_day: Some(1_000), user_total: None, all_day: None };

/// Counts how often it is asked.
struct Counting {
    ledger: Arc<dyn UsageLedger>,
    charges: AtomicUsize,
}

#[async_trait]
impl UsageLedger for Counting {
    async fn charge(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        self.charges.fetch_add(1, Ordering::Relaxed);
        self.ledger.charge(used, quota).await
    }

    async fn note(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        self.ledger.note(used, quota).await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.ledger.sweep(before, limit).await
    }
}

/// A ledger in advance for each of some processes, what they share, and a user.
async fn processes(number: usize) -> (Vec<Arc<LedgerInAdvance>>, Arc<Counting>, User) {
    let world = World::new().await;
    let user = world.register("ada@example.org").await.user;
    let stores: &Stores = &world.stores;
    let shared = Arc::new(Counting { ledger: Arc::clone(&stores.ledger), charges: AtomicUsize::new(0) });
    let ledgers = (0..number).map(|_| Arc::new(LedgerInAdvance::new(shared.clone()))).collect();
    (ledgers, shared, user)
}

fn token(user: &User, at: Timestamp) -> Used {
    Used { user: user.id, usage: Usage::Tokens, amount: 1, at }
}

#[tokio::test]
async fn one_process_gives_all_of_a_quota_and_asks_seldom() {
    let (ledgers, shared, user) = processes(1).await;
    let charge = async || ledgers[0].charge(token(&user, NOW), QUOTA).await.unwrap();
    for number in 0..1_000 {
        assert!(charge().await.is_ok(), "{number}");
    }
    assert_eq!(shared.charges.load(Ordering::Relaxed), 100);
    let refused = charge().await.unwrap_err();
    assert_eq!(refused.retry_after, Some(NOW.next_utc_day().since(NOW)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_never_give_more_and_hardly_less() {
    // At the end of a quota each of the others may hold what is left of an advance.
    let least = 1_000 - 2 * 9;
    for calls_at_once in [6, 1_500] {
        let (ledgers, _, user) = processes(3).await;
        let given = race(calls_at_once, |number| {
            let (ledger, used) = (Arc::clone(&ledgers[number % 3]), token(&user, NOW));
            async move {
                let mut given = 0;
                for _ in 0..1_500 / calls_at_once {
                    given += usize::from(ledger.charge(used, QUOTA).await.unwrap().is_ok());
                }
                given
            }
        })
        .await;
        let given: usize = given.iter().sum();
        assert!((least..=1_000).contains(&given), "{given} of {calls_at_once} at once");
    }
}

#[tokio::test]
async fn what_was_charged_to_a_day_is_not_used_on_another() {
    let (ledgers, shared, user) = processes(1).await;
    let tomorrow = NOW.next_utc_day();
    for at in [NOW, tomorrow, tomorrow, NOW] {
        ledgers[0].charge(token(&user, at), QUOTA).await.unwrap().unwrap();
    }
    assert_eq!(shared.charges.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn users_and_kinds_of_use_have_advances_of_their_own() {
    let (ledgers, shared, ada) = processes(1).await;
    let bob = User { id: UserId::from_bytes([9; 16]), ..ada.clone() };
    for used in [token(&ada, NOW), token(&bob, NOW), Used { usage: Usage::Messages, ..token(&ada, NOW) }] {
        ledgers[0].charge(used, QUOTA).await.unwrap().unwrap();
    }
    assert_eq!(shared.charges.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn small_quotas_and_none_are_charged_use_by_use() {
    let (ledgers, shared, user) = processes(1).await;
    let small = Quota { all_day: Some(150), ..QUOTA };
    let none = Quota { user_day: None, ..QUOTA };
    for quota in [small, none, small, none] {
        ledgers[0].charge(token(&user, NOW), quota).await.unwrap().unwrap();
    }
    assert_eq!(shared.charges.load(Ordering::Relaxed), 4);
}

/// Has no quota.
struct Boundless;

#[async_trait]
impl UsageLedger for Boundless {
    async fn charge(&self, _: Used, _: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        Ok(Ok(()))
    }

    async fn note(&self, _: Used, _: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        Ok(Ok(()))
    }

    async fn sweep(&self, _: Timestamp, _: u32) -> Result<u64, PortError> {
        Ok(0)
    }
}

#[tokio::test]
async fn of_very_many_users_not_all_are_remembered() {
    let shared = Arc::new(Counting { ledger: Arc::new(Boundless), charges: AtomicUsize::new(0) });
    let ledger = LedgerInAdvance::new(shared.clone());
    let charges = async |number: u128, at| {
        let user = UserId::from_bytes(number.to_be_bytes());
        ledger.charge(Used { user, usage: Usage::Tokens, amount: 1, at }, QUOTA).await.unwrap().unwrap();
        shared.charges.load(Ordering::Relaxed)
    };
    let mut before = 0;
    for number in 0..10_001 {
        before = charges(number, NOW).await;
    }
    assert_eq!(charges(0, NOW).await, before, "this one was");
    assert_eq!(charges(10_000, NOW).await, before + 1, "and this one was not");
    let tomorrow = NOW.next_utc_day();
    for _ in 0..2 {
        assert_eq!(charges(10_000, tomorrow).await, before + 2, "yesterday's make room");
    }
}
