//! What every [`SessionRepository`](autorisen_domain::auth::SessionRepository) keeps of the life of a
//! session, but for its renewal: see `session_rotation`.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, Session, SessionEnd, SessionId, User, UserId};
use autorisen_domain::clock::Timestamp;

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, context_from, fresh_bytes, noted, session_for, user};
use crate::race;

/// Makes a test of every promise of the port, but for those about renewal, over the stores that the
/// async function `$stores` makes.
#[macro_export]
macro_rules! session_repository_contract {
    ($stores:path) => {
        $crate::session_repository_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, session_repository:
            starts_sessions_and_finds_them_with_their_account,
            finds_nothing_that_did_not_start,
            who_asks_at_the_same_time_as_others_gets_their_own_session,
            starting_a_session_notes_the_login,
            no_session_starts_for_an_account_that_is_not_there,
            no_session_starts_for_a_disabled_account,
            no_session_starts_from_another_epoch,
            ending_a_session_says_whether_it_was_alive_until_then,
            an_ended_session_stays_ended,
            ending_a_session_leaves_the_others_of_its_account,
            ending_all_sessions_ends_those_of_one_account,
            ending_all_sessions_of_nobody_says_so,
            a_login_checked_before_all_sessions_ended_cannot_start_one,
            a_sweep_forgets_what_ended_before_and_nothing_else,
            a_sweep_forgets_at_most_as_many_as_it_may,
            of_concurrent_ends_of_one_session_exactly_one_says_so,
            no_session_that_begins_while_all_end_survives,
        }
    };
}

const HOUR: Duration = Duration::from_hours(1);
const INSTANT: Duration = Duration::from_micros(1);

pub async fn starts_sessions_and_finds_them_with_their_account(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let plain = session_for(&user);
    let odd = Session {
        client: context_from("203.0.113.9").client,
        user_agent: None,
        last_used_at: NOW.plus(INSTANT),
        ..session_for(&user)
    };
    for session in [&plain, &odd] {
        assert!(stores.sessions.start(session, &noted(NOW)).await.unwrap(), "the session starts");
    }
    for session in [plain, odd] {
        let record = stores.record_of(&session).await;
        assert_eq!(record.session, session, "the session comes back as it was");
        assert_eq!(User { last_login_at: None, ..record.user }, user, "with its account");
    }
}

pub async fn finds_nothing_that_did_not_start(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    stores.add_session(&user).await;
    let found = stores.sessions.find(SessionId::from_bytes(fresh_bytes())).await.unwrap();
    assert!(found.is_none(), "{found:?}");
}

pub async fn who_asks_at_the_same_time_as_others_gets_their_own_session(stores: &Stores) {
    let mut sessions = Vec::new();
    for number in 0..5 {
        let user = stores.add_user(&format!("user-{number}@example.org")).await;
        sessions.push(stores.add_session(&user).await);
    }
    let found = race(8 * sessions.len(), |number| {
        // Each is asked for by several, as are some that never began.
        let known = sessions[number % sessions.len()].clone();
        let id = if number % 4 == 3 { SessionId::from_bytes(fresh_bytes()) } else { known.id };
        let repository = Arc::clone(&stores.sessions);
        async move { (known, id, repository.find(id).await.unwrap().map(|record| record.session)) }
    })
    .await;
    for (known, id, found) in found {
        assert_eq!(found, (known.id == id).then_some(known));
    }
}

pub async fn starting_a_session_notes_the_login(stores: &Stores) {
    let (user, other) =
        (stores.add_user("ada@example.org").await, stores.add_user("grace@example.org").await);
    for created_at in [NOW, NOW.plus(HOUR)] {
        let session = Session { created_at, ..session_for(&user) };
        stores.sessions.start(&session, &noted(NOW)).await.unwrap();
        assert_eq!(stored_user(stores, &user).await.last_login_at, Some(created_at));
    }
    assert_eq!(stored_user(stores, &other).await.last_login_at, None, "another account did not sign in");
}

pub async fn no_session_starts_for_an_account_that_is_not_there(stores: &Stores) {
    let session = session_for(&user("nobody@example.org"));
    assert!(!stores.sessions.start(&session, &noted(NOW)).await.unwrap());
    assert!(stores.sessions.find(session.id).await.unwrap().is_none(), "nothing was stored");
}

pub async fn no_session_starts_for_a_disabled_account(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let disabled = stores.directory.change(&user.email, AccountChange::SetActive(false), &noted(NOW)).await;
    let session = session_for(&disabled.unwrap().unwrap());
    assert!(!stores.sessions.start(&session, &noted(NOW)).await.unwrap());
    assert!(stores.sessions.find(session.id).await.unwrap().is_none(), "nothing was stored");
    assert_eq!(stored_user(stores, &user).await.last_login_at, None, "no login was noted");
}

pub async fn no_session_starts_from_another_epoch(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for epoch in [user.session_epoch - 1, user.session_epoch + 1] {
        let session = Session { epoch, ..session_for(&user) };
        assert!(!stores.sessions.start(&session, &noted(NOW)).await.unwrap(), "epoch {epoch}");
        assert!(stores.sessions.find(session.id).await.unwrap().is_none(), "nothing was stored");
    }
    assert_eq!(stored_user(stores, &user).await.last_login_at, None, "no login was noted");
}

pub async fn ending_a_session_says_whether_it_was_alive_until_then(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let end = async |id| stores.sessions.end(id, SessionEnd::Logout, &noted(NOW)).await.unwrap();
    assert!(end(session.id).await, "it was alive");
    assert!(!end(session.id).await, "it had ended before");
    assert!(!end(SessionId::from_bytes(fresh_bytes())).await, "there is none");
}

pub async fn an_ended_session_stays_ended(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let at = NOW.plus(INSTANT);
    stores.sessions.end(session.id, SessionEnd::Logout, &noted(at)).await.unwrap();
    stores.sessions.end(session.id, SessionEnd::RefreshReuse, &noted(at.plus(HOUR))).await.unwrap();

    let record = stores.record_of(&session).await;
    assert_eq!(record.session.revoked_at, Some(at), "it ended the first time");
    assert!(!record.is_live(NOW), "no time makes it alive");
    assert_eq!(Session { revoked_at: None, ..record.session }, session, "nothing else changed");
}

pub async fn ending_a_session_leaves_the_others_of_its_account(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let (session, other) = (stores.add_session(&user).await, stores.add_session(&user).await);
    stores.sessions.end(session.id, SessionEnd::RefreshReuse, &noted(NOW)).await.unwrap();
    assert!(!stores.record_of(&session).await.is_live(NOW));
    assert!(stores.record_of(&other).await.is_live(NOW));
}

pub async fn ending_all_sessions_ends_those_of_one_account(stores: &Stores) {
    let (user, other) =
        (stores.add_user("ada@example.org").await, stores.add_user("grace@example.org").await);
    let sessions = [stores.add_session(&user).await, stores.add_session(&user).await];
    let foreign = stores.add_session(&other).await;
    assert!(stores.sessions.end_all(user.id, &noted(NOW)).await.unwrap(), "there is such an account");
    for session in sessions {
        assert!(!stores.record_of(&session).await.is_live(NOW));
    }
    assert!(stores.record_of(&foreign).await.is_live(NOW), "another account is left alone");

    let next = stores.add_session(&stored_user(stores, &user).await).await;
    assert!(stores.record_of(&next).await.is_live(NOW), "the owner may sign in again");
}

pub async fn ending_all_sessions_of_nobody_says_so(stores: &Stores) {
    stores.add_user("ada@example.org").await;
    assert!(!stores.sessions.end_all(UserId::from_bytes(fresh_bytes()), &noted(NOW)).await.unwrap());
}

pub async fn a_login_checked_before_all_sessions_ended_cannot_start_one(stores: &Stores) {
    let checked = stores.add_user("ada@example.org").await;
    stores.sessions.end_all(checked.id, &noted(NOW)).await.unwrap();
    assert!(!stores.sessions.start(&session_for(&checked), &noted(NOW)).await.unwrap());
}

pub async fn a_sweep_forgets_what_ended_before_and_nothing_else(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let line = NOW.plus(HOUR);
    let far = NOW.plus(10 * HOUR);
    let start = async |expires_at: Timestamp, absolute_expires_at: Timestamp| {
        let session = Session { expires_at, absolute_expires_at, ..session_for(&user) };
        assert!(stores.sessions.start(&session, &noted(NOW)).await.unwrap());
        session.id
    };
    let before = line.minus(INSTANT);
    let idle = start(before, far).await;
    let absolute = start(before, before).await;
    let ended = start(far, far).await;
    stores.sessions.end(ended, SessionEnd::Logout, &noted(before)).await.unwrap();
    let ended_later = start(far, far).await;
    stores.sessions.end(ended_later, SessionEnd::Logout, &noted(line.plus(INSTANT))).await.unwrap();
    let idle_later = start(line.plus(INSTANT), far).await;
    let live = start(far, far).await;

    assert_eq!(stores.sessions.sweep(line, 100).await.unwrap(), 3, "it says how many");
    for (what, id, stays) in [
        ("past its idle limit", idle, false),
        ("past its absolute limit", absolute, false),
        ("that was ended", ended, false),
        ("that was ended later", ended_later, true),
        ("past its idle limit later", idle_later, true),
        ("that is alive", live, true),
    ] {
        let found = stores.sessions.find(id).await.unwrap();
        assert_eq!(found.is_some(), stays, "a session {what}");
    }
    assert_eq!(stores.sessions.sweep(line, 100).await.unwrap(), 0, "nothing is left to forget");
}

pub async fn a_sweep_forgets_at_most_as_many_as_it_may(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for _ in 0..5 {
        let session = stores.add_session(&user).await;
        stores.sessions.end(session.id, SessionEnd::Logout, &noted(NOW)).await.unwrap();
    }
    let mut swept = Vec::new();
    for _ in 0..4 {
        swept.push(stores.sessions.sweep(NOW.plus(HOUR), 2).await.unwrap());
    }
    assert_eq!(swept, [2, 2, 1, 0]);
}

pub async fn of_concurrent_ends_of_one_session_exactly_one_says_so(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for round in 0..ROUNDS {
        let session = stores.add_session(&user).await;
        let answers = race(CALLERS, |_| {
            let sessions = Arc::clone(&stores.sessions);
            async move { sessions.end(session.id, SessionEnd::Logout, &noted(NOW)).await.unwrap() }
        })
        .await;
        let ended = answers.iter().filter(|&&ended| ended).count();
        assert_eq!(ended, 1, "round {round}: exactly one call ended it");
    }
}

pub async fn no_session_that_begins_while_all_end_survives(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let sessions = race(CALLERS, |caller| {
            let (sessions, user) = (Arc::clone(&stores.sessions), user.clone());
            async move {
                if caller == 0 {
                    assert!(sessions.end_all(user.id, &noted(NOW)).await.unwrap());
                    return None;
                }
                let session = session_for(&user);
                sessions.start(&session, &noted(NOW)).await.unwrap().then_some(session)
            }
        })
        .await;
        for session in sessions.into_iter().flatten() {
            assert!(!stores.record_of(&session).await.is_live(NOW), "round {round}: one is alive");
        }
    }
}

async fn stored_user(stores: &Stores, user: &User) -> User {
    stores.users.find_credentials(&user.email).await.unwrap().expect("the account is there").user
}
