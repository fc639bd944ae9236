//! What every [`AuditTrail`] keeps, and what each port that changes accounts and sessions puts into
//! it.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::audit::{AuditAction, AuditEntry, AuditRow, AuditService, AuditTrail, Look, Verified};
use autorisen_domain::auth::{
    AccountChange, PasswordChange, PasswordHash, RegisterAccountError, SessionEnd, SessionId,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::progress::Silent;

use crate::contracts::{CALLERS, Stores};
use crate::fixtures::{NOW, account, context_from, fresh_bytes, noted, session_for, user};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! audit_trail_contract {
    ($stores:path) => {
        $crate::audit_trail_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, audit_trail:
            rows_come_back_in_their_order_and_as_they_were,
            a_row_tells_of_its_actor_and_the_chain_holds_it,
            the_newest_rows_come_first_page_by_page,
            the_newest_rows_of_an_account_are_its_own,
            the_chain_of_nothing_is_whole,
            concurrent_rows_make_one_chain,
            a_sweep_forgets_the_oldest_and_leaves_a_whole_chain,
            a_sweep_stops_at_the_first_row_that_stays,
            whatever_changes_something_leaves_one_row,
            what_changes_nothing_leaves_no_row,
        }
    };
}

const SECOND: Duration = Duration::from_secs(1);

fn entry(at: Timestamp) -> AuditEntry {
    AuditEntry::new(&context_from("2001:db8::7"), at, AuditAction::LoginLimited)
}

async fn check(stores: &Stores) -> Verified {
    AuditService::new(Arc::clone(&stores.trail)).verify(None, &mut Silent).await.unwrap()
}

async fn rows(stores: &Stores) -> Vec<AuditRow> {
    stores.trail.page(0, 1_000).await.unwrap()
}

pub async fn rows_come_back_in_their_order_and_as_they_were(stores: &Stores) {
    let user = user("ada@example.org");
    let session = session_for(&user);
    let full = entry(NOW).of(user.id).in_session(session.id);
    for entry in [&full, &entry(NOW.minus(SECOND))] {
        stores.trail.append(entry).await.unwrap();
    }
    let rows = rows(stores).await;
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rows[0], full.into_row(1, &stores.trail.head().await.unwrap().first_hash));
    assert_eq!(rows[1], entry(NOW.minus(SECOND)).into_row(2, &rows[0].hash), "an earlier time is no fault");
    assert_eq!(stores.trail.page(1, 1_000).await.unwrap(), rows[1..]);
    assert_eq!(stores.trail.page(0, 1).await.unwrap(), rows[..1]);

    let head = stores.trail.head().await.unwrap();
    assert_eq!((head.last_seq, head.last_hash), (2, rows[1].hash));
    let verified = check(stores).await;
    assert_eq!((verified.rows, verified.broken), (2, None));
}

pub async fn a_row_tells_of_its_actor_and_the_chain_holds_it(stores: &Stores) {
    let (ada, grace) = (user("ada@example.org"), user("grace@example.org"));
    let ctx = context_from("2001:db8::7").acting(grace.id);
    let looked = AuditEntry::new(&ctx, NOW, AuditAction::Looked(Look::Account)).of(ada.id);
    for entry in [&entry(NOW), &looked, &entry(NOW)] {
        stores.trail.append(entry).await.unwrap();
    }
    let rows = rows(stores).await;
    assert_eq!(rows[1], looked.into_row(2, &rows[0].hash));
    assert_eq!(
        (rows[1].account.clone(), rows[1].actor.clone()),
        (Some(ada.id.to_string()), Some(grace.id.to_string()))
    );
    assert_eq!((rows[0].actor.clone(), rows[2].actor.clone()), (None, None));
    let verified = check(stores).await;
    assert_eq!((verified.rows, verified.broken), (3, None));
    for actor in [None, Some(ada.id.to_string())] {
        let other = AuditRow { actor, ..rows[1].clone() };
        assert_ne!(other.expected_hash(&rows[0].hash), rows[1].hash, "another actor is another row");
    }
}

pub async fn the_newest_rows_come_first_page_by_page(stores: &Stores) {
    for second in 0..5 {
        stores.trail.append(&entry(NOW.plus(SECOND * second))).await.unwrap();
    }
    let mut expected = rows(stores).await;
    expected.reverse();
    assert_eq!(stores.trail.latest(None, None, 10).await.unwrap(), expected);
    assert_eq!(stores.trail.latest(None, None, 2).await.unwrap(), expected[..2]);
    assert_eq!(stores.trail.latest(None, Some(4), 2).await.unwrap(), expected[2..4]);
    assert_eq!(stores.trail.latest(None, Some(1), 2).await.unwrap(), []);
}

pub async fn the_newest_rows_of_an_account_are_its_own(stores: &Stores) {
    let (ada, grace) = (user("ada@example.org"), user("grace@example.org"));
    for who in [Some(ada.id), Some(grace.id), None, Some(ada.id), Some(ada.id)] {
        let entry = AuditEntry { account: who, ..entry(NOW) };
        stores.trail.append(&entry).await.unwrap();
    }
    let seqs = |rows: Vec<AuditRow>| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
    assert_eq!(seqs(stores.trail.latest(Some(ada.id), None, 10).await.unwrap()), [5, 4, 1]);
    assert_eq!(seqs(stores.trail.latest(Some(ada.id), Some(5), 1).await.unwrap()), [4]);
    assert_eq!(seqs(stores.trail.latest(Some(grace.id), None, 10).await.unwrap()), [2]);
    assert_eq!(seqs(stores.trail.latest(Some(user("eve@example.org").id), None, 10).await.unwrap()), [0; 0]);
}

pub async fn the_chain_of_nothing_is_whole(stores: &Stores) {
    let verified = check(stores).await;
    assert_eq!((verified.rows, verified.broken), (0, None));
}

pub async fn concurrent_rows_make_one_chain(stores: &Stores) {
    let each = 5;
    race(CALLERS, |_| {
        let trail: Arc<dyn AuditTrail> = Arc::clone(&stores.trail);
        async move {
            for _ in 0..each {
                trail.append(&entry(NOW)).await.unwrap();
            }
        }
    })
    .await;
    let verified = check(stores).await;
    assert_eq!((verified.rows, verified.broken), ((CALLERS * each) as u64, None));
}

pub async fn a_sweep_forgets_the_oldest_and_leaves_a_whole_chain(stores: &Stores) {
    for second in 0..6 {
        stores.trail.append(&entry(NOW.plus(SECOND * second))).await.unwrap();
    }
    let before = NOW.plus(SECOND * 4);
    let mut swept = Vec::new();
    for _ in 0..3 {
        swept.push(stores.trail.sweep(before, 3).await.unwrap());
    }
    assert_eq!(swept, [3, 1, 0], "at most as many as it may, and none that is younger");
    assert_eq!(rows(stores).await.iter().map(|row| row.seq).collect::<Vec<_>>(), [5, 6]);
    let verified = check(stores).await;
    assert_eq!((verified.rows, verified.broken), (2, None), "it begins where the sweep ended");

    assert_eq!(stores.trail.sweep(NOW.plus(SECOND * 60), 100).await.unwrap(), 2);
    assert_eq!(check(stores).await.broken, None, "nothing is left");
    stores.trail.append(&entry(NOW)).await.unwrap();
    assert_eq!(rows(stores).await[0].seq, 7, "and the numbers go on");
    assert_eq!(check(stores).await.broken, None);
}

pub async fn a_sweep_stops_at_the_first_row_that_stays(stores: &Stores) {
    for at in [NOW, NOW.plus(SECOND * 9), NOW] {
        stores.trail.append(&entry(at)).await.unwrap();
    }
    assert_eq!(stores.trail.sweep(NOW.plus(SECOND), 100).await.unwrap(), 1);
    assert_eq!(check(stores).await.broken, None);
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

pub async fn whatever_changes_something_leaves_one_row(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let told = |action| noted_as(action).of(user.id);
    let session = session_for(&user);
    let other = session_for(&user);
    assert!(stores.sessions.start(&session, &told(AuditAction::LoggedIn)).await.unwrap());
    assert!(stores.sessions.start(&other, &told(AuditAction::LoggedIn)).await.unwrap());
    let end = SessionEnd::Owner;
    assert!(
        stores.own_sessions.end_own(user.id, other.id, &told(AuditAction::SessionEnded(end))).await.unwrap()
    );
    let others = told(AuditAction::OtherSessionsEnded);
    assert!(stores.own_sessions.end_others(user.id, session.id, &others).await.unwrap());
    let end = SessionEnd::Logout;
    assert!(stores.sessions.end(session.id, end, &told(AuditAction::SessionEnded(end))).await.unwrap());
    assert!(stores.sessions.end_all(user.id, &told(AuditAction::AllSessionsEnded)).await.unwrap());
    let found = stores.users.find_credentials(&user.email).await.unwrap().unwrap();
    let rehashed = told(AuditAction::PasswordRehashed);
    assert!(stores.passwords.upgrade(user.id, &found.hash, &hash("better"), &rehashed).await.unwrap());
    let epoch = found.user.session_epoch;
    let session = autorisen_domain::auth::Session { epoch: epoch + 1, ..session_for(&found.user) };
    let change = PasswordChange { hash: hash("new"), epoch, session };
    assert!(stores.passwords.change(&change, &told(AuditAction::PasswordChanged)).await.unwrap());
    // Who changes by address may not know the account yet.
    stores.passwords.set(&user.email, &hash("set"), &noted_as(AuditAction::PasswordSet)).await.unwrap();
    let disable = AccountChange::SetActive(false);
    let disabled = noted_as(AuditAction::Changed(disable));
    stores.directory.change(&user.email, disable, &disabled).await.unwrap();

    let rows = rows(stores).await;
    let actions: Vec<&str> = rows[1..].iter().map(|row| row.action.as_str()).collect();
    let expected = [
        "login.succeeded",
        "login.succeeded",
        "session.ended.owner",
        "sessions.ended.others",
        "session.ended.logout",
        "sessions.ended.all",
        "password.rehashed",
        "password.changed",
        "password.set",
        "account.disabled",
    ];
    assert_eq!(actions, expected);
    for row in &rows[1..] {
        assert_eq!(row.account, Some(user.id.to_string()), "{}", row.action);
        assert_eq!(row.client_ip, "2001:db8::7");
    }
    assert_eq!(check(stores).await.broken, None);
}

fn noted_as(action: AuditAction) -> AuditEntry {
    AuditEntry::new(&context_from("2001:db8::7"), NOW, action)
}

pub async fn what_changes_nothing_leaves_no_row(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let rows_before = rows(stores).await.len();
    let nowhere = SessionId::from_bytes(fresh_bytes());
    let stranger = crate::fixtures::user("nobody@example.org");
    let entry = noted(NOW);

    let taken = stores.users.register(&account(&crate::fixtures::user("ada@example.org")), &entry).await;
    assert!(matches!(taken, Err(RegisterAccountError::EmailTaken)), "{taken:?}");
    assert!(!stores.sessions.start(&session_for(&stranger), &entry).await.unwrap());
    assert!(!stores.sessions.end(nowhere, SessionEnd::Logout, &entry).await.unwrap());
    assert!(!stores.sessions.end_all(stranger.id, &entry).await.unwrap());
    assert!(!stores.own_sessions.end_own(user.id, nowhere, &entry).await.unwrap());
    assert!(!stores.own_sessions.end_others(user.id, nowhere, &entry).await.unwrap());
    assert!(!stores.passwords.upgrade(user.id, &hash("another"), &hash("better"), &entry).await.unwrap());
    let late = PasswordChange { hash: hash("new"), epoch: 99, session: session_for(&user) };
    assert!(!stores.passwords.change(&late, &entry).await.unwrap());
    assert!(stores.passwords.set(&stranger.email, &hash("set"), &entry).await.unwrap().is_none());
    let change = AccountChange::EndSessions;
    assert!(stores.directory.change(&stranger.email, change, &entry).await.unwrap().is_none());

    assert_eq!(rows(stores).await.len(), rows_before);
    assert_eq!(check(stores).await.broken, None);
}
