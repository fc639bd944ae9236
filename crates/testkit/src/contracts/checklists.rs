//! What every [`ChecklistRepository`](autorisen_domain::onboarding::ChecklistRepository) keeps.

use std::sync::Arc;

use autorisen_domain::onboarding::{
    ChangeTaskError, Checklist, TaskChange, TaskId, TaskLabel, ThreadName, TooManyTasks,
};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::NOW;
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! checklists_contract {
    ($stores:path) => {
        $crate::checklists_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, checklists:
            a_list_that_was_never_changed_is_not_there,
            a_change_is_kept_beside_the_tasks_that_everybody_begins_with,
            of_concurrent_changes_each_is_kept,
            a_change_that_is_refused_changes_nothing,
            a_list_is_its_owners_alone,
        }
    };
}

fn done(task: &str) -> TaskChange {
    TaskChange { task: TaskId::parse(task).unwrap(), label: None, done: true, thread: None }
}

pub async fn a_list_that_was_never_changed_is_not_there(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    assert_eq!(stores.checklists.find(user.id).await.unwrap(), None);
}

pub async fn a_change_is_kept_beside_the_tasks_that_everybody_begins_with(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let change = TaskChange {
        label: Some(TaskLabel::parse("Ask Grace — and \"Bob\"").unwrap()),
        thread: Some(ThreadName::parse("thr_1").unwrap()),
        ..done("invite_team")
    };
    let mut expected = Checklist::default();
    expected.apply(&change).unwrap();
    assert_eq!(stores.checklists.change(user.id, NOW, change).await.unwrap(), expected);
    assert_eq!(stores.checklists.find(user.id).await.unwrap(), Some(expected.clone()));

    let undone = TaskChange { done: false, ..done("something-new") };
    expected.apply(&undone).unwrap();
    stores.checklists.change(user.id, NOW, undone).await.unwrap();
    assert_eq!(stores.checklists.find(user.id).await.unwrap(), Some(expected));
}

pub async fn of_concurrent_changes_each_is_kept(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        race(CALLERS, |caller| {
            let (checklists, user) = (Arc::clone(&stores.checklists), user.id);
            async move { checklists.change(user, NOW, done(&format!("task-{caller}"))).await.unwrap() }
        })
        .await;
        let kept = stores.checklists.find(user.id).await.unwrap().unwrap();
        assert_eq!(kept.completed(), CALLERS, "round {round}");
    }
}

pub async fn a_change_that_is_refused_changes_nothing(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for number in Checklist::default().tasks.len()..Checklist::MAX_TASKS {
        stores.checklists.change(user.id, NOW, done(&format!("task-{number}"))).await.unwrap();
    }
    let before = stores.checklists.find(user.id).await.unwrap();
    let refused = stores.checklists.change(user.id, NOW, done("one too many")).await;
    assert!(matches!(refused, Err(ChangeTaskError::TooMany(TooManyTasks))), "{refused:?}");
    assert_eq!(stores.checklists.find(user.id).await.unwrap(), before);
}

pub async fn a_list_is_its_owners_alone(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    stores.checklists.change(ada.id, NOW, done("invite_team")).await.unwrap();
    assert_eq!(stores.checklists.find(eve.id).await.unwrap(), None);
}
