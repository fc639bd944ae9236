//! Whether the service can do its work.

use std::sync::Arc;

use autorisen_domain::health::{CheckResult, HealthService};
use autorisen_testkit::fakes::StaticCheck;

#[tokio::test]
async fn all_well_is_ready() {
    let (_, _, health) = two_checks();
    let readiness = health.readiness().await;
    assert!(readiness.is_ready());
    assert_eq!(readiness.checks, [result("database", None), result("keys", None)]);
}

#[tokio::test]
async fn one_fault_is_not_ready_and_the_other_checks_are_still_asked() {
    let (database, keys, health) = two_checks();
    database.find(Some("does not answer"));
    let readiness = health.readiness().await;
    assert!(!readiness.is_ready());
    assert_eq!(readiness.checks, [result("database", Some("does not answer")), result("keys", None)]);

    keys.find(Some("there is no current key"));
    let readiness = health.readiness().await;
    assert_eq!(readiness.checks[1], result("keys", Some("there is no current key")));
}

#[tokio::test]
async fn a_fault_that_went_away_is_ready_again() {
    let (database, _, health) = two_checks();
    database.find(Some("does not answer"));
    assert!(!health.readiness().await.is_ready());
    database.find(None);
    assert!(health.readiness().await.is_ready());
}

#[tokio::test]
async fn nothing_to_check_is_ready() {
    assert!(HealthService::new(Vec::new()).readiness().await.is_ready());
}

fn two_checks() -> (Arc<StaticCheck>, Arc<StaticCheck>, HealthService) {
    let (database, keys) = (Arc::new(StaticCheck::new("database")), Arc::new(StaticCheck::new("keys")));
    let health = HealthService::new(vec![database.clone(), keys.clone()]);
    (database, keys, health)
}

fn result(name: &'static str, fault: Option<&str>) -> CheckResult {
    CheckResult { name, fault: fault.map(str::to_owned) }
}
