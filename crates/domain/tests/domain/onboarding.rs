//! What a new user has to do.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;

use autorisen_domain::onboarding::{Checklist, OnboardingService, TaskChange, TaskId, TaskLabel, ThreadName};
use autorisen_testkit::fixtures::World;

fn change(task: &str, done: bool) -> TaskChange {
    TaskChange { task: TaskId::parse(task).unwrap(), label: None, done, thread: None }
}

#[tokio::test]
async fn everybody_begins_with_the_same_tasks_and_looking_stores_nothing() {
    let world = World::new().await;
    let ada = world.register("ada@example.org").await.user.id;
    let list = world.onboarding.checklist(ada).await.unwrap();
    assert_eq!((list.clone(), list.completed()), (Checklist::default(), 0));
    let ids: Vec<&str> = list.tasks.keys().map(TaskId::as_str).collect();
    assert_eq!(ids, ["configure_notifications", "connect_data_sources", "invite_team", "launch_first_run"]);
    assert_eq!(world.stores.checklists.find(ada).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_changed_stays_changed() {
    let world = World::new().await;
    let ada = world.register("ada@example.org").await.user.id;
    world.onboarding.change(ada, change("invite_team", true)).await.unwrap();
    let renamed = TaskChange {
        label: Some(TaskLabel::parse("  Ask Grace ").unwrap()),
        thread: Some(ThreadName::parse("thr_1").unwrap()),
        ..change("launch_first_run", false)
    };
    world.onboarding.change(ada, renamed).await.unwrap();
    let list = world.onboarding.change(ada, change("launch_first_run", true)).await.unwrap();
    assert_eq!(list.completed(), 2);
    assert_eq!(list.tasks[&TaskId::parse("launch_first_run").unwrap()].label.as_str(), "Ask Grace");
    assert_eq!(list.thread.as_ref().map(ThreadName::as_str), Some("thr_1"));
    let another = OnboardingService::new(world.stores.checklists.clone(), Arc::clone(&world.clock) as _);
    assert_eq!(another.checklist(ada).await.unwrap(), list, "another process reads the same");
}

#[test]
fn a_task_that_is_not_there_is_called_by_its_id() {
    let mut list = Checklist::default();
    for (id, label) in [("write_the-docs", "Write The Docs"), ("éclair", "Éclair"), ("__", "__")] {
        list.apply(&change(id, false)).unwrap();
        assert_eq!(list.tasks[&TaskId::parse(id).unwrap()].label.as_str(), label);
    }
}

#[test]
fn texts_have_bounds() {
    for text in ["", "a", " a ", &"a".repeat(101), "a\u{0}b", "a\nb"] {
        assert!(TaskId::parse(text).is_err(), "{text:?}");
    }
    assert!(TaskId::parse(&"é".repeat(100)).is_ok());
    assert!(TaskLabel::parse(" ").is_err() && TaskLabel::parse(&"a".repeat(161)).is_err());
    assert!(ThreadName::parse("").is_err() && ThreadName::parse(&"a".repeat(65)).is_err());
}
