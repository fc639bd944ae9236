//! What the audit gets of logins, and of what ends sessions.

use std::time::Duration;

use autorisen_domain::auth::{AccountChange, LoginError, Logout};
use autorisen_testkit::fixtures::{World, bearer_of, context, email, text_of};

const ADA: &str = "ada@example.org";
const NOBODY: &str = "nobody@example.org";

fn actions(world: &World) -> Vec<String> {
    world.store.audit_rows().into_iter().map(|row| row.action).collect()
}

#[tokio::test]
async fn every_refused_login_leaves_a_row_with_the_address_that_it_came_from() {
    let world = World::new().await;
    let ada = world.register(ADA).await.user;
    assert!(world.try_password(ADA, "another password").await.is_err());
    assert!(world.login(NOBODY).await.is_err());
    let disable = AccountChange::SetActive(false);
    world.administration.change(&context(), &email(ADA), disable).await.unwrap();
    assert!(world.login(ADA).await.is_err());

    let rows = world.store.audit_rows();
    let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.account.as_deref())).collect();
    let id = ada.id.to_string();
    let expected = [
        ("account.registered", Some(id.as_str())),
        ("login.refused.wrong_password", Some(&id)),
        ("login.refused.unknown_account", None),
        ("account.disabled", Some(&id)),
        ("login.refused.disabled", Some(&id)),
    ];
    assert_eq!(told, expected);
    assert!(rows.iter().all(|row| row.client_ip == "192.0.2.1" && row.request_id == "test-request"));
}

#[tokio::test]
async fn a_login_that_a_limit_refuses_leaves_a_row() {
    let world = World::new().await;
    let mut limited = 0;
    for _ in 0..8 {
        limited += usize::from(matches!(world.login(NOBODY).await, Err(LoginError::Limited(_))));
    }
    let actions = actions(&world);
    assert_eq!(actions.len(), 8, "each try left one");
    assert!(limited > 0);
    assert_eq!(actions.iter().filter(|action| *action == "login.refused.limited").count(), limited);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_kept_is_no_answer_about_the_password() {
    let world = World::new().await;
    world.register(ADA).await;
    world.store.break_down("append to audit");
    for address in [ADA, NOBODY] {
        let refused = world.try_password(address, "another password").await;
        assert!(matches!(refused, Err(LoginError::Port(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_begins_and_ends_a_session_leaves_a_row_and_a_renewal_none() {
    let world = World::new().await;
    let first = world.register(ADA).await;
    world.sessions.refresh(&context(), Some(text_of(&first.refresh))).await.unwrap();
    let second = world.login(ADA).await.unwrap();
    let logout = |all_devices| Logout { shown: bearer_of(&second), refresh: None, all_devices };
    world.sessions.logout(&context(), logout(false)).await.unwrap();
    world.sessions.logout(&context(), logout(false)).await.unwrap();
    assert_eq!(actions(&world), ["account.registered", "login.succeeded", "session.ended.logout"]);
}

#[tokio::test]
async fn a_stolen_refresh_token_is_told_of() {
    let world = World::new().await;
    let first = world.register(ADA).await;
    world.sessions.refresh(&context(), Some(text_of(&first.refresh))).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    assert!(world.sessions.refresh(&context(), Some(text_of(&first.refresh))).await.is_err());
    let rows = world.store.audit_rows();
    let last = rows.last().unwrap();
    assert_eq!(last.action, "session.ended.refresh_reuse");
    assert_eq!(last.session, Some(first.session.to_string()));
}
