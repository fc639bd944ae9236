//! What every [`AnalyticsRepository`](autorisen_domain::analytics::AnalyticsRepository) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::analytics::{
    ChatStage, Day, Days, Details, EventType, Label, ServerCount, ServerEvent, TrackedCount, TrackedEvent,
    TrackedId, TrackedInput,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::events::Action;
use serde_json::json;

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, fresh_bytes, placement_name};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! analytics_contract {
    ($stores:path) => {
        $crate::analytics_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, analytics:
            what_is_counted_adds_up_by_day_and_event,
            of_concurrent_counts_each_counts,
            what_front_ends_track_is_told_by_how_often_it_came,
            an_event_that_is_kept_already_stays_as_it_is,
            what_front_ends_track_is_not_what_the_server_counts,
            days_are_told_from_the_first_to_the_last,
            sweeping_forgets_what_is_old_and_no_more_than_is_asked_for,
        }
    };
}

const DAY: Duration = Duration::from_hours(24);

fn days(count: u32) -> Days {
    Days::until(NOW, count).unwrap()
}

fn chat(stage: ChatStage, placement: &str) -> ServerEvent {
    ServerEvent::Chat { stage, placement: placement_name(placement) }
}

fn counted(at: Timestamp, event: ServerEvent, count: u64) -> ServerCount {
    ServerCount { day: Day::of(at), event, count }
}

fn tracked(at: Timestamp, event_type: &str, step: Option<&str>) -> TrackedEvent {
    let input = TrackedInput {
        event_type: EventType::parse(event_type).unwrap(),
        step: step.map(|step| Label::parse(step).unwrap()),
        role: Some(Label::parse("Customer").unwrap()),
        details: Some(Details::parse(json!({"ms": 17, "text": "«\u{0}\""})).unwrap()),
    };
    TrackedEvent { id: TrackedId::from_bytes(fresh_bytes()), input, at }
}

fn told(event_type: &str, step: Option<&str>, count: u64) -> TrackedCount {
    TrackedCount { event_type: event_type.to_owned(), step: step.map(str::to_owned), count }
}

pub async fn what_is_counted_adds_up_by_day_and_event(stores: &Stores) {
    let yesterday = NOW.minus(DAY);
    let hit = || ServerEvent::LimitHit { action: Action::Login };
    let first = [
        counted(NOW, chat(ChatStage::Token, "support"), 2),
        counted(NOW, chat(ChatStage::Token, "energy"), 1),
        counted(NOW, hit(), 4),
        counted(yesterday, chat(ChatStage::Token, "support"), 5),
    ];
    stores.analytics.add(&first).await.unwrap();
    let second = [
        counted(NOW, chat(ChatStage::Token, "support"), 3),
        counted(NOW, chat(ChatStage::Failed, "support"), 1),
        counted(NOW, hit(), 1),
        counted(NOW, ServerEvent::LimitHit { action: Action::Track }, 9),
    ];
    stores.analytics.add(&second).await.unwrap();
    stores.analytics.add(&[]).await.unwrap();

    let found = stores.analytics.counted(days(2)).await.unwrap();
    let expected = [
        counted(yesterday, chat(ChatStage::Token, "support"), 5),
        counted(NOW, chat(ChatStage::Token, "support"), 5),
        counted(NOW, chat(ChatStage::Token, "energy"), 1),
        counted(NOW, chat(ChatStage::Failed, "support"), 1),
        counted(NOW, hit(), 5),
        counted(NOW, ServerEvent::LimitHit { action: Action::Track }, 9),
    ];
    assert_eq!(found.first(), expected.first(), "the first day comes first");
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for count in expected {
        assert!(found.contains(&count), "{count:?} is in {found:?}");
    }
}

pub async fn of_concurrent_counts_each_counts(stores: &Stores) {
    for round in 0..ROUNDS {
        let event = |name: usize| chat(ChatStage::Token, &format!("placement-{round}-{name}"));
        race(CALLERS, |caller| {
            let analytics = Arc::clone(&stores.analytics);
            // Each in another order.
            let mut counts: Vec<_> = (0..4).map(|name| counted(NOW, event(name), 1)).collect();
            counts.rotate_left(caller % 4);
            async move { analytics.add(&counts).await.unwrap() }
        })
        .await;
        let found = stores.analytics.counted(days(1)).await.unwrap();
        for name in 0..4 {
            let expected = counted(NOW, event(name), CALLERS as u64);
            assert!(found.contains(&expected), "round {round}: {expected:?} is in {found:?}");
        }
    }
}

pub async fn what_front_ends_track_is_told_by_how_often_it_came(stores: &Stores) {
    let yesterday = NOW.minus(DAY);
    let events = [
        tracked(NOW, "step_view", Some("step2")),
        tracked(NOW, "step_view", Some("step1")),
        tracked(yesterday, "step_view", Some("step1")),
        tracked(NOW, "complete", None),
        tracked(NOW, "step_view", None),
        tracked(NOW, "Älter", Some("")),
    ];
    stores.analytics.track(&events).await.unwrap();
    stores.analytics.track(&[]).await.unwrap();
    let expected = [
        told("step_view", Some("step1"), 2),
        told("complete", None, 1),
        told("step_view", None, 1),
        told("step_view", Some("step2"), 1),
        told("Älter", Some(""), 1),
    ];
    assert_eq!(stores.analytics.tracked(days(2), 10).await.unwrap(), expected);
    assert_eq!(stores.analytics.tracked(days(2), 2).await.unwrap(), expected[..2]);
}

pub async fn an_event_that_is_kept_already_stays_as_it_is(stores: &Stores) {
    let event = tracked(NOW, "complete", None);
    stores.analytics.track(&[event.clone(), event.clone()]).await.unwrap();
    stores.analytics.track(&[event, tracked(NOW, "error", None)]).await.unwrap();
    let found = stores.analytics.tracked(days(1), 10).await.unwrap();
    assert_eq!(found, [told("complete", None, 1), told("error", None, 1)]);
}

pub async fn what_front_ends_track_is_not_what_the_server_counts(stores: &Stores) {
    let forged = ["token_issued", "chat_opened", "limit_hit"].map(|name| tracked(NOW, name, Some("login")));
    stores.analytics.track(&forged).await.unwrap();
    assert_eq!(stores.analytics.counted(days(1)).await.unwrap(), []);
    stores.analytics.add(&[counted(NOW, chat(ChatStage::Token, "support"), 7)]).await.unwrap();
    let found = stores.analytics.tracked(days(1), 10).await.unwrap();
    assert!(found.len() == 3 && found.iter().all(|told| told.count == 1), "{found:?}");
}

pub async fn days_are_told_from_the_first_to_the_last(stores: &Stores) {
    let midnight = Day::of(NOW).begins();
    let before = midnight.minus(Duration::from_micros(1));
    stores
        .analytics
        .track(&[tracked(midnight, "today", None), tracked(before, "yesterday", None)])
        .await
        .unwrap();
    let event = || chat(ChatStage::Opened, "support");
    stores.analytics.add(&[counted(midnight, event(), 1), counted(before, event(), 2)]).await.unwrap();

    assert_eq!(stores.analytics.tracked(days(1), 10).await.unwrap(), [told("today", None, 1)]);
    assert_eq!(stores.analytics.counted(days(1)).await.unwrap(), [counted(midnight, event(), 1)]);
    let day = Days { first: Day::of(before), last: Day::of(before) };
    assert_eq!(stores.analytics.tracked(day, 10).await.unwrap(), [told("yesterday", None, 1)]);
    assert_eq!(stores.analytics.counted(day).await.unwrap(), [counted(before, event(), 2)]);
}

pub async fn sweeping_forgets_what_is_old_and_no_more_than_is_asked_for(stores: &Stores) {
    let old = NOW.minus(DAY * 3);
    let events = [tracked(old, "old", None), tracked(old, "old", None), tracked(NOW, "new", None)];
    stores.analytics.track(&events).await.unwrap();
    let event = || chat(ChatStage::Opened, "support");
    stores.analytics.add(&[counted(old, event(), 5), counted(NOW, event(), 6)]).await.unwrap();

    let before = NOW.minus(DAY * 2);
    assert_eq!(stores.analytics.sweep(before, 2).await.unwrap(), 2);
    assert_eq!(stores.analytics.sweep(before, 2).await.unwrap(), 1);
    assert_eq!(stores.analytics.sweep(before, 2).await.unwrap(), 0);
    assert_eq!(stores.analytics.tracked(days(9), 10).await.unwrap(), [told("new", None, 1)]);
    assert_eq!(stores.analytics.counted(days(9)).await.unwrap(), [counted(NOW, event(), 6)]);
}
