//! What every [`RateLimiter`](autorisen_domain::rate_limit::RateLimiter) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::clock::Timestamp;
use autorisen_domain::digest::Digest;
use autorisen_domain::rate_limit::{LimitDecision, LimitPolicy, Limited, Tally};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, fresh_digest};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! rate_limiter_contract {
    ($stores:path) => {
        $crate::rate_limiter_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, rate_limiter:
            admits_as_many_tries_as_the_policy_allows,
            admits_again_once_the_window_has_room,
            one_try_too_many_begins_a_block,
            a_refused_try_does_not_count,
            a_try_that_is_taken_back_does_not_count,
            the_second_it_names_is_admitted,
            every_key_is_counted_by_itself,
            clearing_a_key_forgets_its_tries_and_its_block,
            clearing_an_unknown_key_is_no_failure,
            decides_as_the_tally_does,
            a_sweep_forgets_what_no_longer_matters_and_nothing_else,
            a_sweep_forgets_at_most_as_many_as_it_may,
            a_trim_within_the_room_forgets_nothing,
            a_trim_forgets_what_matters_shortest_and_blocks_last,
            trims_at_the_same_time_forget_no_more_than_one,
            no_burst_is_admitted_beyond_the_policy,
            no_burst_is_admitted_beyond_a_blocking_policy,
        }
    };
}

const MINUTE: Duration = Duration::from_mins(1);
const SLIDING: LimitPolicy = LimitPolicy { attempts: 3, window: MINUTE, block: Duration::ZERO };
const BLOCKING: LimitPolicy = LimitPolicy { attempts: 3, window: MINUTE, block: Duration::from_mins(5) };

pub async fn admits_as_many_tries_as_the_policy_allows(stores: &Stores) {
    let key = fresh_digest();
    for n in 1..=3 {
        assert!(is_admitted(stores, key, SLIDING, NOW).await, "try {n} of 3");
    }
    assert!(!is_admitted(stores, key, SLIDING, NOW).await, "try 4 of 3");
}

pub async fn admits_again_once_the_window_has_room(stores: &Stores) {
    let key = fresh_digest();
    for second in [0, 20, 40] {
        assert!(is_admitted(stores, key, SLIDING, after(second)).await, "at {second} s");
    }
    for (second, admitted) in [(59, false), (60, true), (79, false), (80, true), (81, false), (200, true)] {
        assert_eq!(is_admitted(stores, key, SLIDING, after(second)).await, admitted, "at {second} s");
    }
}

pub async fn one_try_too_many_begins_a_block(stores: &Stores) {
    let key = fresh_digest();
    for _ in 0..3 {
        charge(stores, key, BLOCKING, NOW).await;
    }
    assert_eq!(charge(stores, key, BLOCKING, after(10)).await, refused(300));
    assert_eq!(charge(stores, key, BLOCKING, after(100)).await, refused(210), "the block is not prolonged");
    assert_eq!(charge(stores, key, BLOCKING, after(309)).await, refused(1));
    for n in 1..=3 {
        assert!(is_admitted(stores, key, BLOCKING, after(310)).await, "try {n} of 3 after the block");
    }
}

pub async fn a_refused_try_does_not_count(stores: &Stores) {
    let key = fresh_digest();
    for second in [0, 1, 2, 30, 31, 59] {
        charge(stores, key, SLIDING, after(second)).await;
    }
    assert!(is_admitted(stores, key, SLIDING, after(60)).await, "the refused ones take no room");
}

pub async fn a_try_that_is_taken_back_does_not_count(stores: &Stores) {
    let key = fresh_digest();
    stores.limiter.refund(key, NOW).await.expect("an unknown key is no failure");
    for second in [0, 1, 2] {
        assert!(is_admitted(stores, key, SLIDING, after(second)).await);
    }
    stores.limiter.refund(key, after(7)).await.expect("a try that was never made is no failure");
    assert!(!is_admitted(stores, key, SLIDING, after(3)).await);
    stores.limiter.refund(key, after(1)).await.unwrap();
    assert!(is_admitted(stores, key, SLIDING, after(4)).await, "there is room for one");
    assert!(!is_admitted(stores, key, SLIDING, after(5)).await, "and for one alone");
}

pub async fn the_second_it_names_is_admitted(stores: &Stores) {
    for policy in [SLIDING, BLOCKING] {
        let key = fresh_digest();
        let mut now = NOW;
        for step in 0..12 {
            let decision = charge(stores, key, policy, now).await;
            if let LimitDecision::Refused(Limited { retry_after }) = decision {
                assert!(!retry_after.is_zero() && retry_after.subsec_nanos() == 0, "{retry_after:?}");
                now = now.plus(retry_after);
                assert!(is_admitted(stores, key, policy, now).await, "step {step} with {policy:?}");
            }
            now = now.plus(Duration::from_micros(1_234_567));
        }
    }
}

pub async fn every_key_is_counted_by_itself(stores: &Stores) {
    let (key, other) = (fresh_digest(), fresh_digest());
    for _ in 0..4 {
        charge(stores, key, BLOCKING, NOW).await;
    }
    assert!(is_admitted(stores, other, BLOCKING, NOW).await);
    stores.limiter.clear(other).await.unwrap();
    assert!(!is_admitted(stores, key, BLOCKING, NOW).await, "clearing one leaves the other");
}

pub async fn clearing_a_key_forgets_its_tries_and_its_block(stores: &Stores) {
    for policy in [SLIDING, BLOCKING] {
        let key = fresh_digest();
        for _ in 0..4 {
            charge(stores, key, policy, NOW).await;
        }
        stores.limiter.clear(key).await.unwrap();
        for n in 1..=3 {
            assert!(is_admitted(stores, key, policy, NOW).await, "try {n} of 3 with {policy:?}");
        }
        assert!(!is_admitted(stores, key, policy, NOW).await, "it counts again with {policy:?}");
    }
}

pub async fn clearing_an_unknown_key_is_no_failure(stores: &Stores) {
    stores.limiter.clear(fresh_digest()).await.expect("there is nothing to do");
}

pub async fn decides_as_the_tally_does(stores: &Stores) {
    for (n, policy) in [SLIDING, BLOCKING].into_iter().enumerate() {
        let (key, mut tally, mut now) = (fresh_digest(), Tally::default(), NOW);
        let mut chance = n as u64 + 1;
        for step in 0..60 {
            // Steps of up to 32 s, one in eight of them backwards.
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let span = Duration::from_micros((chance >> 39) & 0x1FF_FFFF);
            now = if chance >> 61 == 0 { now.minus(span) } else { now.plus(span) };
            let expected = tally.charge(policy, now);
            let decided = charge(stores, key, policy, now).await;
            assert_eq!(decided, expected, "step {step} with {policy:?}");
        }
    }
}

pub async fn a_sweep_forgets_what_no_longer_matters_and_nothing_else(stores: &Stores) {
    let (sliding, blocked, young) = (fresh_digest(), fresh_digest(), fresh_digest());
    charge(stores, sliding, SLIDING, NOW).await;
    for _ in 0..4 {
        charge(stores, blocked, BLOCKING, NOW).await;
    }
    for _ in 0..3 {
        charge(stores, young, SLIDING, after(59)).await;
    }
    let sweep = async |now| stores.limiter.sweep(now, 100).await.unwrap();
    assert_eq!(sweep(after(60).minus(Duration::from_micros(1))).await, 0, "everything matters");
    assert_eq!(sweep(after(60)).await, 1, "the window of the first is over");
    assert_eq!(charge(stores, blocked, BLOCKING, after(60)).await, refused(240), "the block holds");
    assert!(!is_admitted(stores, young, SLIDING, after(60)).await, "the tries of the last count");
    assert_eq!(sweep(after(299)).await, 1, "the window of the last is over");
    assert_eq!(sweep(after(300)).await, 1, "the block is over");
    assert_eq!(sweep(after(1_000_000)).await, 0, "nothing is left to forget");
}

pub async fn a_sweep_forgets_at_most_as_many_as_it_may(stores: &Stores) {
    for _ in 0..5 {
        charge(stores, fresh_digest(), SLIDING, NOW).await;
    }
    let mut swept = Vec::new();
    for _ in 0..4 {
        swept.push(stores.limiter.sweep(after(60), 2).await.unwrap());
    }
    assert_eq!(swept, [2, 2, 1, 0]);
}

pub async fn a_trim_within_the_room_forgets_nothing(stores: &Stores) {
    let trim = async |keep| stores.limiter.trim(NOW, keep).await.unwrap();
    assert_eq!(trim(0).await, 0, "there is nothing");
    let key = fresh_digest();
    for _ in 0..3 {
        charge(stores, key, SLIDING, NOW).await;
    }
    charge(stores, fresh_digest(), SLIDING, NOW).await;
    assert_eq!((trim(3).await, trim(2).await), (0, 0));
    assert!(!is_admitted(stores, key, SLIDING, NOW).await, "its tries count");
}

pub async fn a_trim_forgets_what_matters_shortest_and_blocks_last(stores: &Stores) {
    let (first, second, blocked) = (fresh_digest(), fresh_digest(), fresh_digest());
    let brief = LimitPolicy { block: Duration::from_secs(90), ..SLIDING };
    for _ in 0..4 {
        charge(stores, blocked, brief, NOW).await;
    }
    for (key, second) in [(second, 61), (first, 60)] {
        for _ in 0..3 {
            charge(stores, key, SLIDING, after(second)).await;
        }
    }
    let trim = async |keep| stores.limiter.trim(after(61), keep).await.unwrap();
    assert_eq!(trim(2).await, 1);
    assert!(!is_admitted(stores, second, SLIDING, after(61)).await, "it matters longer than the first");
    assert_eq!(charge(stores, blocked, brief, after(61)).await, refused(29), "though it matters shortest");
    assert_eq!(trim(1).await, 1);
    assert_eq!(charge(stores, blocked, brief, after(61)).await, refused(29));
    assert_eq!(trim(0).await, 1, "the room is bounded even when all of it is blocked");
    for key in [first, second, blocked] {
        assert!(is_admitted(stores, key, SLIDING, after(61)).await, "all are forgotten");
    }
}

pub async fn trims_at_the_same_time_forget_no_more_than_one(stores: &Stores) {
    for second in 0..30 {
        charge(stores, fresh_digest(), SLIDING, after(second)).await;
    }
    let forgotten = race(CALLERS, |_| {
        let limiter = Arc::clone(&stores.limiter);
        async move { limiter.trim(after(30), 10).await.unwrap() }
    })
    .await;
    assert_eq!(forgotten.iter().sum::<u64>(), 20, "{forgotten:?}");
}

pub async fn no_burst_is_admitted_beyond_the_policy(stores: &Stores) {
    admits_exactly(stores, LimitPolicy { attempts: 5, ..SLIDING }).await;
}

pub async fn no_burst_is_admitted_beyond_a_blocking_policy(stores: &Stores) {
    admits_exactly(stores, LimitPolicy { attempts: 5, ..BLOCKING }).await;
}

async fn admits_exactly(stores: &Stores, policy: LimitPolicy) {
    for round in 0..ROUNDS {
        let key = fresh_digest();
        let decisions = race(20, |_| {
            let limiter = Arc::clone(&stores.limiter);
            async move { limiter.charge(key, policy, NOW).await.unwrap() }
        })
        .await;
        let admitted = decisions.iter().filter(|&&decision| decision == LimitDecision::Admitted).count();
        assert_eq!(admitted, 5, "round {round}: five of twenty are admitted");
    }
}

async fn charge(stores: &Stores, key: Digest, policy: LimitPolicy, now: Timestamp) -> LimitDecision {
    stores.limiter.charge(key, policy, now).await.unwrap()
}

async fn is_admitted(stores: &Stores, key: Digest, policy: LimitPolicy, now: Timestamp) -> bool {
    charge(stores, key, policy, now).await == LimitDecision::Admitted
}

fn refused(seconds: u64) -> LimitDecision {
    LimitDecision::Refused(Limited { retry_after: Duration::from_secs(seconds) })
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}
