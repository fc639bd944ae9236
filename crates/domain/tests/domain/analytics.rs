//! Analytics over fakes: what waits is bounded, what fails waits on, and what is lost is told.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::time::Duration;

use autorisen_domain::analytics::{
    AnalyticsQueue, ChatStage, Details, EventType, Label, ReportError, TrackedInput,
};
use autorisen_domain::events::{Action, AnswerEnd, Event};
use autorisen_testkit::fixtures::World;
use serde_json::json;

const DAY: Duration = Duration::from_hours(24);

fn event(name: &str) -> TrackedInput {
    TrackedInput {
        event_type: EventType::parse(name).unwrap(),
        step: Some(Label::parse("step1").unwrap()),
        role: None,
        details: Some(Details::parse(json!({"ms": 17})).unwrap()),
    }
}

fn limited() -> Event {
    Event::RateLimited { action: Action::Login, retry_after: Duration::from_secs(1) }
}

async fn issued(world: &World) -> Event {
    let signed_in = world.register("ada@example.org").await;
    Event::ChatTokenIssued {
        user: signed_in.user.id,
        session: signed_in.session,
        thread: autorisen_domain::chat::ThreadId::from_bytes([3; 16]),
        placement: "support".to_owned(),
    }
}

#[tokio::test]
async fn a_report_tells_of_each_day_what_happened_on_it() {
    let world = World::new().await;
    let (issued, thread) = (issued(&world).await, autorisen_domain::chat::ThreadId::from_bytes([3; 16]));
    let Event::ChatTokenIssued { user, .. } = &issued else { unreachable!("it is one") };
    let placement = || "support".to_owned();
    let started = Event::ChatAnswerStarted { user: *user, thread, placement: placement(), first: true };
    let ended = |first| Event::ChatAnswerEnded {
        user: *user,
        thread,
        placement: placement(),
        first,
        end: AnswerEnd::Finished,
        characters: 9,
    };

    world.analytics.count(&issued);
    world.analytics.track(event("step_view"));
    assert_eq!(world.analytics.write().await.rows, 2);
    world.clock.advance(DAY);
    for told in [&issued, &issued, &started, &ended(true), &ended(false), &limited()] {
        world.analytics.count(told);
    }
    world.analytics.track(event("step_view"));
    world.analytics.track(event("complete"));
    // Tokens, chats, first answers, finished ones and limits are a row each.
    assert_eq!(world.analytics.write().await.rows, 7);
    assert_eq!(world.analytics.write().await.rows, 0, "nothing waits");

    let report = world.analytics.report(3).await.unwrap();
    assert_eq!(report.days.len(), 3);
    let chat = &report.chats[0];
    let by_day = |stage| chat.daily.iter().map(|counts| counts.of(stage)).collect::<Vec<_>>();
    assert_eq!(chat.placement.as_str(), "support");
    assert_eq!(by_day(ChatStage::Token), [0, 1, 2]);
    assert_eq!(by_day(ChatStage::Opened), [0, 0, 1]);
    assert_eq!(by_day(ChatStage::FirstAnswer), [0, 0, 1]);
    assert_eq!(by_day(ChatStage::Finished), [0, 0, 2]);
    assert_eq!(chat.total.of(ChatStage::Token), 3);
    let tracked: Vec<_> = report.tracked.iter().map(|told| (told.event_type.as_str(), told.count)).collect();
    assert_eq!(tracked, [("step_view", 2), ("complete", 1)]);
    assert!(!report.tracked_is_cut);
    assert_eq!((report.limits[0].action, &report.limits[0].daily), (Action::Login, &vec![0, 0, 1]));

    for days in [0, 732] {
        assert!(matches!(world.analytics.report(days).await, Err(ReportError::Days(_))), "{days}");
    }
}

#[tokio::test]
async fn no_more_kinds_of_tracked_events_are_told_than_fit() {
    let world = World::new().await;
    for number in 0..201 {
        world.analytics.track(event(&format!("event-{number}")));
    }
    world.analytics.write().await;
    let report = world.analytics.report(1).await.unwrap();
    assert_eq!((report.tracked.len(), report.tracked_is_cut), (200, true));
}

#[tokio::test]
async fn what_cannot_be_stored_waits_and_what_has_no_room_is_lost_and_told() {
    let world = World::new().await;
    world.store.go_down();
    for _ in 0..=AnalyticsQueue::MAX_TRACKED {
        world.analytics.track(event("step_view"));
    }
    for _ in 0..1_000 {
        world.analytics.count(&limited());
    }
    let written = world.analytics.write().await;
    assert_eq!((written.rows, written.failures.len(), written.lost), (0, 2, 1));
    world.analytics.track(event("later"));
    assert_eq!(world.analytics.write().await.lost, 1, "what came first stays");

    world.store.come_back();
    let written = world.analytics.write().await;
    assert_eq!((written.rows, written.lost), (AnalyticsQueue::MAX_TRACKED as u64 + 1, 0));
    assert!(written.failures.is_empty(), "{:?}", written.failures);
    let report = world.analytics.report(1).await.unwrap();
    assert_eq!(report.tracked[0].count, AnalyticsQueue::MAX_TRACKED as u64);
    assert_eq!(report.limits[0].total, 1_000, "all of them are one row");
}

#[tokio::test]
async fn what_is_given_up_is_counted_to_the_last_event() {
    let world = World::new().await;
    for _ in 0..3 {
        world.analytics.count(&limited());
    }
    world.analytics.track(event("step_view"));
    world.analytics.lose();
    assert_eq!(world.analytics.abandon(), 5);
    assert_eq!(world.analytics.abandon(), 0);
    assert_eq!(world.analytics.write().await.rows, 0);
}
