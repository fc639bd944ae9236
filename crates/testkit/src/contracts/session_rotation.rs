//! What every [`SessionRepository`](autorisen_domain::auth::SessionRepository) keeps when a session is
//! renewed.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, PreviousRefresh, Session, SessionEnd, SessionId};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, fresh_bytes, fresh_digest, noted, rotation_of, session_for};
use crate::race;

/// Makes a test of every promise of the port about renewal over the stores that the async function
/// `$stores` makes.
#[macro_export]
macro_rules! session_rotation_contract {
    ($stores:path) => {
        $crate::session_rotation_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, session_rotation:
            rotating_replaces_the_token_and_remembers_the_one_before,
            rotating_again_remembers_only_the_one_before,
            rotating_gives_the_owner_and_the_new_idle_limit,
            rotating_never_moves_the_idle_limit_past_the_absolute_one,
            only_the_current_token_rotates,
            a_session_that_is_not_live_does_not_rotate,
            a_session_rotates_until_the_moment_it_ends,
            of_concurrent_rotations_of_one_token_exactly_one_succeeds,
            no_rotation_that_races_an_end_revives_the_session,
        }
    };
}

const HOUR: Duration = Duration::from_hours(1);
const INSTANT: Duration = Duration::from_micros(1);

pub async fn rotating_replaces_the_token_and_remembers_the_one_before(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let rotation = rotation_of(&session, session.refresh.current);
    stores.sessions.rotate(&rotation).await.unwrap().expect("the current token rotates");

    let mut expected = Session { last_used_at: rotation.at, expires_at: rotation.expires_at, ..session };
    expected.refresh.previous = Some(PreviousRefresh {
        digest: expected.refresh.current,
        replaced_at: rotation.at,
        successor: rotation.sealed_successor,
    });
    expected.refresh.current = rotation.successor;
    assert_eq!(stores.record_of(&expected).await.session, expected);
}

pub async fn rotating_again_remembers_only_the_one_before(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let first = rotation_of(&session, session.refresh.current);
    let second = rotation_of(&session, first.successor);
    for rotation in [&first, &second] {
        stores.sessions.rotate(rotation).await.unwrap().expect("the current token rotates");
    }
    let refresh = stores.record_of(&session).await.session.refresh;
    assert_eq!(refresh.current, second.successor);
    let previous = refresh.previous.expect("there is one before");
    assert_eq!((previous.digest, previous.successor), (first.successor, second.sealed_successor));
}

pub async fn rotating_gives_the_owner_and_the_new_idle_limit(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let rotation = rotation_of(&session, session.refresh.current);
    let answer = stores.sessions.rotate(&rotation).await.unwrap();
    assert_eq!(answer, Some((user.id, rotation.expires_at)));
}

pub async fn rotating_never_moves_the_idle_limit_past_the_absolute_one(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let mut rotation = rotation_of(&session, session.refresh.current);
    rotation.expires_at = session.absolute_expires_at.plus(HOUR);
    let answer = stores.sessions.rotate(&rotation).await.unwrap();
    assert_eq!(answer, Some((user.id, session.absolute_expires_at)), "the answer is cut");
    let stored = stores.record_of(&session).await.session.expires_at;
    assert_eq!(stored, session.absolute_expires_at, "what is stored is cut");
}

pub async fn only_the_current_token_rotates(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let (session, other) = (stores.add_session(&user).await, stores.add_session(&user).await);
    let first = rotation_of(&session, session.refresh.current);
    stores.sessions.rotate(&first).await.unwrap().expect("the current token rotates");
    let before = stores.record_of(&session).await;

    for presented in [session.refresh.current, session.cookie, other.refresh.current, fresh_digest()] {
        let answer = stores.sessions.rotate(&rotation_of(&session, presented)).await.unwrap();
        assert_eq!(answer, None);
        assert_eq!(stores.record_of(&session).await, before, "nothing changed");
    }
    let mut nowhere = rotation_of(&session, first.successor);
    nowhere.session = SessionId::from_bytes(fresh_bytes());
    assert_eq!(stores.sessions.rotate(&nowhere).await.unwrap(), None, "a session that is not there");
}

pub async fn a_session_that_is_not_live_does_not_rotate(stores: &Stores) {
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
    let absolute = Session { expires_at: at, absolute_expires_at: at, ..session_for(&user) };
    for session in [&idle, &absolute] {
        stores.sessions.start(session, &noted(NOW)).await.unwrap();
    }

    for (what, session) in [
        ("ended", ended),
        ("ended with all of its account", all_ended),
        ("of a disabled account", disabled),
        ("past its idle limit", idle),
        ("past its absolute limit", absolute),
    ] {
        let before = stores.record_of(&session).await;
        let rotation = rotation_of(&session, session.refresh.current);
        assert_eq!(stores.sessions.rotate(&rotation).await.unwrap(), None, "a session {what} rotates");
        assert_eq!(stores.record_of(&session).await, before, "nothing changed of a session {what}");
    }
}

pub async fn a_session_rotates_until_the_moment_it_ends(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let limit = NOW.plus(HOUR).plus(INSTANT);
    for session in [
        Session { expires_at: limit, ..session_for(&user) },
        Session { absolute_expires_at: limit, expires_at: limit, ..session_for(&user) },
    ] {
        stores.sessions.start(&session, &noted(NOW)).await.unwrap();
        let rotation = rotation_of(&session, session.refresh.current);
        let answer = stores.sessions.rotate(&rotation).await.unwrap();
        assert!(answer.is_some(), "a microsecond before its end it is alive");
    }
}

pub async fn of_concurrent_rotations_of_one_token_exactly_one_succeeds(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let mut presented = session.refresh.current;
    for round in 0..ROUNDS {
        let answers = race(CALLERS, |_| {
            let (sessions, rotation) = (Arc::clone(&stores.sessions), rotation_of(&session, presented));
            async move { sessions.rotate(&rotation).await.unwrap().map(|_| rotation) }
        })
        .await;
        let winners: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}: exactly one rotation succeeds");
        let refresh = stores.record_of(&session).await.session.refresh;
        assert_eq!(refresh.current, winners[0].successor, "round {round}: the winner's token is current");
        let previous = refresh.previous.expect("there is one before");
        assert_eq!(previous.successor, winners[0].sealed_successor, "round {round}: and the one kept sealed");
        presented = refresh.current;
    }
}

pub async fn no_rotation_that_races_an_end_revives_the_session(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for round in 0..ROUNDS {
        let session = stores.add_session(&user).await;
        race(CALLERS, |caller| {
            let (sessions, session) = (Arc::clone(&stores.sessions), session.clone());
            async move {
                if caller == 0 {
                    sessions.end(session.id, SessionEnd::Logout, &noted(NOW)).await.unwrap();
                } else {
                    sessions.rotate(&rotation_of(&session, session.refresh.current)).await.unwrap();
                }
            }
        })
        .await;
        let record = stores.record_of(&session).await;
        assert!(!record.is_live(NOW), "round {round}: it is alive after it ended");
        let rotation = rotation_of(&session, record.session.refresh.current);
        assert_eq!(stores.sessions.rotate(&rotation).await.unwrap(), None, "round {round}: it rotates");
    }
}
