//! What every [`HostedSessionRepository`](autorisen_domain::chat::HostedSessionRepository) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, PasswordChange, PasswordHash, Role, Session, SessionEnd, User};
use autorisen_domain::chat::{HostedSessionId, KeptHostedSession};
use autorisen_domain::clock::Timestamp;

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{self, NOW, fresh_bytes, noted};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! hosted_sessions_contract {
    ($stores:path) => {
        $crate::hosted_sessions_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, hosted_sessions:
            one_of_a_live_login_is_not_due,
            one_is_due_however_its_login_ended,
            one_is_due_when_the_time_of_its_login_is_over,
            one_without_a_login_is_kept_and_due,
            one_that_ended_by_itself_is_not_due,
            a_claim_holds_until_its_time_and_counts_tries,
            a_postponed_one_is_due_later_and_a_forgotten_one_never,
            concurrent_claims_share_what_is_due,
            those_that_end_last_come_first_and_no_more_than_are_asked_for,
            sweeping_forgets_what_ended_by_itself,
        }
    };
}

const LIFE: Duration = Duration::from_mins(10);
const LEASE: Duration = Duration::from_secs(45);

fn later(span: Duration) -> Timestamp {
    NOW.plus(span)
}

fn hosted_for(session: &Session) -> KeptHostedSession {
    let id = format!("cksess_{}", uuid::Uuid::from_bytes(fresh_bytes()).simple());
    KeptHostedSession {
        id: HostedSessionId::parse(&id).unwrap(),
        user: session.user,
        session: session.id,
        created_at: NOW,
        expires_at: later(LIFE),
    }
}

async fn open(stores: &Stores, session: &Session) -> KeptHostedSession {
    let hosted = hosted_for(session);
    assert!(stores.hosted.add(&hosted).await.unwrap(), "its login is live");
    hosted
}

/// The ids of what is due, and that are claimed by asking.
async fn due(stores: &Stores, now: Timestamp) -> Vec<HostedSessionId> {
    let claimed = stores.hosted.claim_due(now, now.plus(LEASE), 100).await.unwrap();
    claimed.into_iter().map(|session| session.id).collect()
}

async fn end(stores: &Stores, session: &Session) {
    assert!(stores.sessions.end(session.id, SessionEnd::Logout, &noted(NOW)).await.unwrap());
}

async fn add(stores: &Stores, address: &str) -> (User, Session) {
    let user = stores.add_user(address).await;
    let session = stores.add_session(&user).await;
    (user, session)
}

pub async fn one_of_a_live_login_is_not_due(stores: &Stores) {
    let (_, session) = add(stores, "ada@example.org").await;
    open(stores, &session).await;
    assert_eq!(due(stores, NOW).await, []);
    assert_eq!(due(stores, later(LIFE).minus(Duration::from_micros(1))).await, []);
}

pub async fn one_is_due_however_its_login_ended(stores: &Stores) {
    for (number, way) in
        ["logout", "owner", "others", "all", "disable", "role", "sessions", "password", "own password"]
            .iter()
            .enumerate()
    {
        let (user, session) = add(stores, &format!("user-{number}@example.org")).await;
        let other = stores.add_session(&user).await;
        let (hosted, of_other) = (open(stores, &session).await, open(stores, &other).await);
        let entry = noted(NOW);
        let change = async |change| {
            assert!(stores.directory.change(&user.email, change, &entry).await.unwrap().is_some());
        };
        match *way {
            "logout" => end(stores, &session).await,
            "owner" => assert!(stores.own_sessions.end_own(user.id, session.id, &entry).await.unwrap()),
            "others" => assert!(stores.own_sessions.end_others(user.id, other.id, &entry).await.unwrap()),
            "all" => assert!(stores.sessions.end_all(user.id, &entry).await.unwrap()),
            "disable" => change(AccountChange::SetActive(false)).await,
            "role" => change(AccountChange::SetRole(Role::Customer)).await,
            "sessions" => change(AccountChange::EndSessions).await,
            "password" => {
                let hash = PasswordHash::new("new".to_owned());
                assert!(stores.passwords.set(&user.email, &hash, &entry).await.unwrap().is_some());
            }
            _ => {
                let epoch = user.session_epoch;
                let next = User { session_epoch: epoch + 1, ..user.clone() };
                let (hash, session) = (PasswordHash::new("new".to_owned()), fixtures::session_for(&next));
                let change = PasswordChange { hash, epoch, session };
                assert!(stores.passwords.change(&change, &entry).await.unwrap());
            }
        }
        let due = due(stores, NOW).await;
        assert!(due.contains(&hosted.id), "{way}");
        let ends_one = ["logout", "owner", "others"].contains(way);
        assert_eq!(!due.contains(&of_other.id), ends_one, "{way}: the other login");
    }
}

pub async fn one_is_due_when_the_time_of_its_login_is_over(stores: &Stores) {
    let (_, session) = add(stores, "ada@example.org").await;
    let over = session.expires_at;
    let hosted = KeptHostedSession {
        created_at: over.minus(Duration::from_mins(1)),
        expires_at: over.plus(Duration::from_mins(1)),
        ..hosted_for(&session)
    };
    assert!(stores.hosted.add(&hosted).await.unwrap());
    assert_eq!(due(stores, over.minus(Duration::from_micros(1))).await, []);
    assert_eq!(due(stores, over).await, [hosted.id]);
}

pub async fn one_without_a_login_is_kept_and_due(stores: &Stores) {
    let (user, session) = add(stores, "ada@example.org").await;
    end(stores, &session).await;
    let late = hosted_for(&session);
    assert!(!stores.hosted.add(&late).await.unwrap(), "its login ended while it was opened");
    let gone = hosted_for(&fixtures::session_for(&user));
    assert!(!stores.hosted.add(&gone).await.unwrap(), "there is no such login");
    let mut found = due(stores, NOW).await;
    found.sort();
    let mut expected = [late.id, gone.id];
    expected.sort();
    assert_eq!(found, expected);
}

pub async fn one_that_ended_by_itself_is_not_due(stores: &Stores) {
    let (_, session) = add(stores, "ada@example.org").await;
    open(stores, &session).await;
    end(stores, &session).await;
    assert_eq!(due(stores, later(LIFE)).await, []);
}

pub async fn a_claim_holds_until_its_time_and_counts_tries(stores: &Stores) {
    let (user, session) = add(stores, "ada@example.org").await;
    let hosted = open(stores, &session).await;
    end(stores, &session).await;
    let mut now = NOW;
    for tries in 1..=3 {
        let claimed = stores.hosted.claim_due(now, now.plus(LEASE), 100).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(
            (&claimed[0].id, claimed[0].user, claimed[0].session, claimed[0].tries),
            (&hosted.id, user.id, session.id, tries)
        );
        assert_eq!(due(stores, now).await, []);
        assert_eq!(due(stores, now.plus(LEASE).minus(Duration::from_micros(1))).await, []);
        now = now.plus(LEASE);
    }
}

pub async fn a_postponed_one_is_due_later_and_a_forgotten_one_never(stores: &Stores) {
    let (_, session) = add(stores, "ada@example.org").await;
    let (one, two) = (open(stores, &session).await, open(stores, &session).await);
    end(stores, &session).await;
    assert_eq!(due(stores, NOW).await.len(), 2);
    let at = later(Duration::from_secs(3));
    stores.hosted.postpone(&one.id, at).await.unwrap();
    stores.hosted.forget(&two.id).await.unwrap();
    assert_eq!(due(stores, at.minus(Duration::from_micros(1))).await, []);
    assert_eq!(due(stores, at).await, [one.id]);
    assert_eq!(due(stores, later(LEASE * 2)).await.len(), 1, "the other one is forgotten");
    stores.hosted.forget(&two.id).await.unwrap();
    stores.hosted.postpone(&two.id, NOW).await.unwrap();
    assert_eq!(due(stores, later(LEASE)).await, []);
}

pub async fn concurrent_claims_share_what_is_due(stores: &Stores) {
    for round in 0..ROUNDS {
        let (_, session) = add(stores, &format!("round-{round}@example.org")).await;
        let mut opened = Vec::new();
        for _ in 0..5 {
            opened.push(open(stores, &session).await.id);
        }
        end(stores, &session).await;
        let claimed = race(CALLERS, |_| {
            let hosted = Arc::clone(&stores.hosted);
            async move { hosted.claim_due(NOW, later(LEASE), 2).await.unwrap() }
        })
        .await;
        let mut claimed: Vec<_> = claimed.into_iter().flatten().map(|session| session.id).collect();
        let count = claimed.len();
        // Who waited for another may get less than is left: then it is left for the next call.
        claimed.extend(due(stores, NOW).await);
        claimed.sort();
        opened.sort();
        assert_eq!(claimed, opened, "round {round}: {count} at once, each by one");
    }
}

pub async fn those_that_end_last_come_first_and_no_more_than_are_asked_for(stores: &Stores) {
    let (_, session) = add(stores, "ada@example.org").await;
    let mut opened = Vec::new();
    for secs in [100, 300, 200] {
        let hosted =
            KeptHostedSession { expires_at: later(Duration::from_secs(secs)), ..hosted_for(&session) };
        assert!(stores.hosted.add(&hosted).await.unwrap());
        opened.push(hosted.id);
    }
    end(stores, &session).await;
    let mut claimed = Vec::new();
    for _ in 0..3 {
        let next = stores.hosted.claim_due(NOW, later(LEASE), 1).await.unwrap();
        claimed.extend(next.into_iter().map(|session| session.id));
    }
    assert_eq!(claimed, [opened[1].clone(), opened[2].clone(), opened[0].clone()]);
    assert_eq!(stores.hosted.claim_due(NOW, later(LEASE), 0).await.unwrap(), []);
}

pub async fn sweeping_forgets_what_ended_by_itself(stores: &Stores) {
    let (_, session) = add(stores, "ada@example.org").await;
    for _ in 0..3 {
        open(stores, &session).await;
    }
    assert_eq!(stores.hosted.sweep(later(LIFE), 10).await.unwrap(), 0, "it may still be open");
    let after = later(LIFE + Duration::from_micros(1));
    assert_eq!(stores.hosted.sweep(after, 2).await.unwrap(), 2);
    assert_eq!(stores.hosted.sweep(after, 2).await.unwrap(), 1);
    end(stores, &session).await;
    assert_eq!(due(stores, NOW).await, [], "they are forgotten");
}
