//! What every [`SessionRepository`](autorisen_domain::auth::SessionRepository) keeps when a session is
//! kept from ending by the use of its cookie.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, KeepAlive, Session, SessionEnd, SessionId};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, fresh_bytes, noted, rotation_of, session_for};
use crate::race;

/// Makes a test of every promise of the port about sessions in use over the stores that the async
/// function `$stores` makes.
#[macro_export]
macro_rules! session_keeping_contract {
    ($stores:path) => {
        $crate::session_keeping_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, session_keeping:
            keeping_a_session_alive_moves_its_idle_limit_and_nothing_else,
            keeping_a_session_alive_never_passes_its_absolute_limit,
            a_session_that_was_renewed_a_moment_ago_is_left_as_it_is,
            a_session_that_is_not_live_is_not_kept,
            a_session_that_is_not_there_is_not_kept,
            of_concurrent_uses_at_most_one_renews_the_session,
            no_use_that_races_an_end_revives_the_session,
            a_kept_session_still_rotates_its_refresh_token,
        }
    };
}

const HOUR: Duration = Duration::from_hours(1);
const INSTANT: Duration = Duration::from_micros(1);

/// A use of `session` an hour after [`NOW`], for another day.
fn use_of(session: &Session) -> KeepAlive {
    let at = NOW.plus(HOUR);
    KeepAlive { session: session.id, at, last_renewed_by: NOW, expires_at: at.plus(24 * HOUR) }
}

pub async fn keeping_a_session_alive_moves_its_idle_limit_and_nothing_else(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let (session, other) = (stores.add_session(&user).await, stores.add_session(&user).await);
    let keep = use_of(&session);
    assert_eq!(stores.sessions.keep_alive(&keep).await.unwrap(), Some(keep.expires_at));
    let expected = Session { last_used_at: keep.at, expires_at: keep.expires_at, ..session };
    assert_eq!(stores.record_of(&expected).await.session, expected);
    assert_eq!(stores.record_of(&other).await.session, other, "another is as it was");
}

pub async fn keeping_a_session_alive_never_passes_its_absolute_limit(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let keep = KeepAlive { expires_at: session.absolute_expires_at.plus(HOUR), ..use_of(&session) };
    let answer = stores.sessions.keep_alive(&keep).await.unwrap();
    assert_eq!(answer, Some(session.absolute_expires_at), "the answer is cut");
    let stored = stores.record_of(&session).await.session;
    assert_eq!(stored.expires_at, session.absolute_expires_at, "what is stored is cut");
    assert_eq!(stored.absolute_expires_at, session.absolute_expires_at);
}

pub async fn a_session_that_was_renewed_a_moment_ago_is_left_as_it_is(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let early = KeepAlive { last_renewed_by: NOW.minus(INSTANT), ..use_of(&session) };
    assert_eq!(stores.sessions.keep_alive(&early).await.unwrap(), None);
    assert_eq!(stores.record_of(&session).await.session, session);
    assert!(stores.sessions.keep_alive(&use_of(&session)).await.unwrap().is_some(), "then it is time");
}

pub async fn a_session_that_is_not_live_is_not_kept(stores: &Stores) {
    let with_session = async |address| {
        let user = stores.add_user(address).await;
        let session = stores.add_session(&user).await;
        (user, session)
    };
    let at = NOW.plus(HOUR);
    let (_, ended) = with_session("ended@example.org").await;
    stores.sessions.end(ended.id, SessionEnd::Logout, &noted(NOW)).await.unwrap();
    let (user, all_ended) = with_session("all-ended@example.org").await;
    stores.sessions.end_all(user.id, &noted(NOW)).await.unwrap();
    let (user, disabled) = with_session("disabled@example.org").await;
    stores.directory.change(&user.email, AccountChange::SetActive(false), &noted(NOW)).await.unwrap();
    let user = stores.add_user("limits@example.org").await;
    let idle = Session { expires_at: at, ..session_for(&user) };
    let absolute = Session { absolute_expires_at: at, ..session_for(&user) };
    let nearly = Session { expires_at: at.plus(INSTANT), ..session_for(&user) };
    for session in [&idle, &absolute, &nearly] {
        assert!(stores.sessions.start(session, &noted(NOW)).await.unwrap());
    }

    for (what, session) in [
        ("ended", ended),
        ("ended with all of its account", all_ended),
        ("of a disabled account", disabled),
        ("past its idle limit", idle),
        ("past its absolute limit", absolute),
    ] {
        let before = stores.record_of(&session).await;
        assert_eq!(stores.sessions.keep_alive(&use_of(&session)).await.unwrap(), None, "{what}");
        assert_eq!(stores.record_of(&session).await, before, "nothing changed of a session {what}");
    }
    let kept = stores.sessions.keep_alive(&use_of(&nearly)).await.unwrap();
    assert!(kept.is_some(), "a microsecond before its end it is alive");
}

pub async fn a_session_that_is_not_there_is_not_kept(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = Session { id: SessionId::from_bytes(fresh_bytes()), ..stores.add_session(&user).await };
    assert_eq!(stores.sessions.keep_alive(&use_of(&session)).await.unwrap(), None);
}

pub async fn of_concurrent_uses_at_most_one_renews_the_session(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for round in 0..ROUNDS {
        let session = stores.add_session(&user).await;
        let answers = race(CALLERS, |_| {
            let (sessions, keep) = (Arc::clone(&stores.sessions), use_of(&session));
            async move { sessions.keep_alive(&keep).await.unwrap() }
        })
        .await;
        assert_eq!(answers.into_iter().flatten().count(), 1, "round {round}");
    }
}

pub async fn no_use_that_races_an_end_revives_the_session(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let (one, all) = (stores.add_session(&user).await, stores.add_session(&user).await);
        race(CALLERS, |caller| {
            let sessions = Arc::clone(&stores.sessions);
            let (one, all) = (one.clone(), all.clone());
            async move {
                match caller {
                    0 => assert!(sessions.end(one.id, SessionEnd::Logout, &noted(NOW)).await.unwrap()),
                    1 => assert!(sessions.end_all(all.user, &noted(NOW)).await.unwrap()),
                    _ => {
                        for session in [&one, &all] {
                            sessions.keep_alive(&use_of(session)).await.unwrap();
                        }
                    }
                }
            }
        })
        .await;
        for session in [&one, &all] {
            assert!(!stores.record_of(session).await.is_live(NOW), "round {round}: it is alive");
            assert_eq!(stores.sessions.keep_alive(&use_of(session)).await.unwrap(), None, "round {round}");
        }
    }
}

pub async fn a_kept_session_still_rotates_its_refresh_token(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    stores.sessions.keep_alive(&use_of(&session)).await.unwrap().expect("it is kept");
    let rotation = rotation_of(&session, session.refresh.current);
    assert!(stores.sessions.rotate(&rotation).await.unwrap().is_some());
}
