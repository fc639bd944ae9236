//! What every [`SessionDirectory`](autorisen_domain::auth::SessionDirectory) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccountChange, Session, SessionEnd, SessionId, SessionSummary, User, UserId};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, context_from, fresh_bytes, noted, rotation_of, session_for};
use crate::race;

/// Makes a test of every promise of the port over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! session_directory_contract {
    ($stores:path) => {
        $crate::session_directory_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, session_directory:
            a_list_tells_of_a_session_what_was_stored,
            a_list_has_the_live_sessions_of_one_account_and_no_others,
            a_list_begins_with_the_session_that_was_used_last,
            a_list_is_no_longer_than_it_may_be,
            an_owner_ends_a_session_and_no_other_with_it,
            nobody_ends_a_session_of_somebody_else,
            a_session_that_is_not_live_is_not_ended_again,
            of_concurrent_ends_by_the_owner_exactly_one_says_so,
            ending_the_others_keeps_one_session_as_it_is,
            ending_the_others_leaves_other_accounts_alone,
            a_kept_session_is_renewed_as_before,
            nothing_is_ended_for_a_session_that_cannot_be_kept,
            a_session_that_had_ended_is_not_revived_by_ending_the_others,
            a_login_checked_before_the_others_ended_cannot_start_one,
            no_session_that_begins_while_the_others_end_survives,
            of_two_sessions_that_end_each_other_exactly_one_is_left,
            an_end_that_races_the_end_of_the_others_still_ends_the_session,
            a_renewal_of_the_kept_session_that_races_the_end_of_the_others_succeeds,
        }
    };
}

const HOUR: Duration = Duration::from_hours(1);
const INSTANT: Duration = Duration::from_micros(1);

pub async fn a_list_tells_of_a_session_what_was_stored(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let plain = session_for(&user);
    let odd = Session {
        client: context_from("203.0.113.9").client,
        user_agent: None,
        last_used_at: NOW.minus(INSTANT),
        created_at: NOW.minus(HOUR),
        ..session_for(&user)
    };
    for session in [&plain, &odd] {
        assert!(stores.sessions.start(session, &noted(NOW)).await.unwrap());
    }
    let listed = stores.own_sessions.list(user.id, NOW, 10).await.unwrap();
    let expected = [plain, odd].map(|session| SessionSummary {
        id: session.id,
        client: session.client,
        user_agent: session.user_agent,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
    });
    assert_eq!(listed, expected);
}

pub async fn a_list_has_the_live_sessions_of_one_account_and_no_others(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for (_, session) in dead_sessions(stores, &user).await {
        assert!(!stores.record_of(&session).await.is_live(NOW));
    }
    let user = stored_user(stores, &user).await;
    let live = [stores.add_session(&user).await, stores.add_session(&user).await];
    let other = stores.add_user("grace@example.org").await;
    let foreign = stores.add_session(&other).await;

    assert_eq!(sorted(listed(stores, &user).await), sorted(live.map(|session| session.id).to_vec()));
    assert_eq!(listed(stores, &other).await, [foreign.id]);
    assert_eq!(ids(stores, UserId::from_bytes(fresh_bytes())).await, [], "nobody has none");

    stores.directory.change(&other.email, AccountChange::SetActive(false), &noted(NOW)).await.unwrap();
    assert_eq!(listed(stores, &other).await, [], "a disabled account has none");
}

pub async fn a_list_begins_with_the_session_that_was_used_last(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let (oldest, middle, newest) =
        (stores.add_session(&user).await, stores.add_session(&user).await, stores.add_session(&user).await);
    for (session, later) in [(&newest, 3), (&oldest, 1), (&middle, 2)] {
        let mut rotation = rotation_of(session, session.refresh.current);
        rotation.at = NOW.plus(later * INSTANT);
        stores.sessions.rotate(&rotation).await.unwrap().expect("it is renewed");
    }
    assert_eq!(listed(stores, &user).await, [newest.id, middle.id, oldest.id]);
}

pub async fn a_list_is_no_longer_than_it_may_be(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let old = stores.add_session(&user).await;
    let new = Session { last_used_at: NOW.plus(INSTANT), ..session_for(&user) };
    assert!(stores.sessions.start(&new, &noted(NOW)).await.unwrap());
    let shortened = stores.own_sessions.list(user.id, NOW, 1).await.unwrap();
    assert_eq!(shortened.iter().map(|summary| summary.id).collect::<Vec<_>>(), [new.id]);
    assert_eq!(listed(stores, &user).await, [new.id, old.id]);
}

pub async fn an_owner_ends_a_session_and_no_other_with_it(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let (session, other) = (stores.add_session(&user).await, stores.add_session(&user).await);
    let at = NOW.plus(INSTANT);
    assert!(stores.own_sessions.end_own(user.id, session.id, &noted(at)).await.unwrap());
    let ended = stores.record_of(&session).await.session;
    assert_eq!(ended, Session { revoked_at: Some(at), ..session });
    assert_eq!(stores.record_of(&other).await.session, other, "another is as it was");
}

pub async fn nobody_ends_a_session_of_somebody_else(stores: &Stores) {
    let (ada, grace) = (stores.add_user("ada@example.org").await, stores.add_user("grace@example.org").await);
    let session = stores.add_session(&ada).await;
    let own = stores.add_session(&grace).await;
    for user in [grace.id, UserId::from_bytes(fresh_bytes())] {
        assert!(!stores.own_sessions.end_own(user, session.id, &noted(NOW)).await.unwrap());
        assert!(!stores.own_sessions.end_others(user, session.id, &noted(NOW)).await.unwrap());
    }
    assert_eq!(stores.record_of(&session).await.session, session, "it is as it was");
    assert_eq!(stores.record_of(&own).await.session, own, "and so are those of who tried");
    let nowhere = SessionId::from_bytes(fresh_bytes());
    assert!(!stores.own_sessions.end_own(ada.id, nowhere, &noted(NOW)).await.unwrap());
}

pub async fn a_session_that_is_not_live_is_not_ended_again(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for (what, session) in dead_sessions(stores, &user).await {
        let before = stores.record_of(&session).await;
        assert!(!stores.own_sessions.end_own(user.id, session.id, &noted(NOW)).await.unwrap(), "{what}");
        assert_eq!(stores.record_of(&session).await, before, "{what}");
    }
    let user = stored_user(stores, &user).await;
    let session = stores.add_session(&user).await;
    stores.directory.change(&user.email, AccountChange::SetActive(false), &noted(NOW)).await.unwrap();
    let ended = stores.own_sessions.end_own(user.id, session.id, &noted(NOW)).await.unwrap();
    assert!(!ended, "its account is disabled");
}

pub async fn of_concurrent_ends_by_the_owner_exactly_one_says_so(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    for round in 0..ROUNDS {
        let session = stores.add_session(&user).await;
        let answers = race(CALLERS, |_| {
            let sessions = Arc::clone(&stores.own_sessions);
            async move { sessions.end_own(user.id, session.id, &noted(NOW)).await.unwrap() }
        })
        .await;
        assert_eq!(answers.iter().filter(|&&ended| ended).count(), 1, "round {round}");
    }
}

pub async fn ending_the_others_keeps_one_session_as_it_is(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let kept = stores.add_session(&user).await;
    let others = [stores.add_session(&user).await, stores.add_session(&user).await];
    assert!(stores.own_sessions.end_others(user.id, kept.id, &noted(NOW.plus(INSTANT))).await.unwrap());
    for other in others {
        assert!(!stores.record_of(&other).await.is_live(NOW));
    }
    let record = stores.record_of(&kept).await;
    assert!(record.is_live(NOW));
    assert!(record.user.session_epoch > user.session_epoch, "the epoch grows");
    assert_eq!(Session { epoch: kept.epoch, ..record.session }, kept, "nothing else of it changed");
    assert_eq!(listed(stores, &user).await, [kept.id]);

    assert!(stores.own_sessions.end_others(user.id, kept.id, &noted(NOW)).await.unwrap(), "and once more");
    assert!(stores.record_of(&kept).await.is_live(NOW));
    let next = stores.add_session(&stored_user(stores, &user).await).await;
    assert!(stores.record_of(&next).await.is_live(NOW), "the owner may sign in again");
}

pub async fn ending_the_others_leaves_other_accounts_alone(stores: &Stores) {
    let (ada, grace) = (stores.add_user("ada@example.org").await, stores.add_user("grace@example.org").await);
    let (kept, foreign) = (stores.add_session(&ada).await, stores.add_session(&grace).await);
    assert!(stores.own_sessions.end_others(ada.id, kept.id, &noted(NOW)).await.unwrap());
    let record = stores.record_of(&foreign).await;
    assert_eq!((record.session.epoch, record.is_live(NOW)), (foreign.epoch, true));
    assert_eq!(record.user.session_epoch, grace.session_epoch);
}

pub async fn a_kept_session_is_renewed_as_before(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let kept = stores.add_session(&user).await;
    assert!(stores.own_sessions.end_others(user.id, kept.id, &noted(NOW)).await.unwrap());
    let rotation = rotation_of(&kept, kept.refresh.current);
    assert!(stores.sessions.rotate(&rotation).await.unwrap().is_some());
}

pub async fn nothing_is_ended_for_a_session_that_cannot_be_kept(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let dead = dead_sessions(stores, &user).await;
    let user = stored_user(stores, &user).await;
    let live = stores.add_session(&user).await;
    let nowhere = SessionId::from_bytes(fresh_bytes());
    let dead = dead.iter().map(|(what, session)| (*what, session.id));
    for (what, keep) in dead.chain([("there is none", nowhere)]) {
        assert!(!stores.own_sessions.end_others(user.id, keep, &noted(NOW)).await.unwrap(), "{what}");
        let record = stores.record_of(&live).await;
        assert!(record.is_live(NOW), "{what}");
        assert_eq!(record.user.session_epoch, user.session_epoch, "{what}: the epoch is as it was");
    }
    stores.directory.change(&user.email, AccountChange::SetActive(false), &noted(NOW)).await.unwrap();
    let ended = stores.own_sessions.end_others(user.id, live.id, &noted(NOW)).await.unwrap();
    assert!(!ended, "its account is disabled");
}

pub async fn a_session_that_had_ended_is_not_revived_by_ending_the_others(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let dead = dead_sessions(stores, &user).await;
    let user = stored_user(stores, &user).await;
    let kept = stores.add_session(&user).await;
    for _ in 0..3 {
        assert!(stores.own_sessions.end_others(user.id, kept.id, &noted(NOW)).await.unwrap());
        for (what, session) in &dead {
            assert!(!stores.record_of(session).await.is_live(NOW), "{what}");
        }
    }
}

pub async fn a_login_checked_before_the_others_ended_cannot_start_one(stores: &Stores) {
    let checked = stores.add_user("ada@example.org").await;
    let kept = stores.add_session(&checked).await;
    assert!(stores.own_sessions.end_others(checked.id, kept.id, &noted(NOW)).await.unwrap());
    assert!(!stores.sessions.start(&session_for(&checked), &noted(NOW)).await.unwrap());
}

pub async fn no_session_that_begins_while_the_others_end_survives(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let kept = stores.add_session(&user).await;
        let keep = kept.id;
        let sessions = race(CALLERS, |caller| {
            let (sessions, own, user) =
                (Arc::clone(&stores.sessions), Arc::clone(&stores.own_sessions), user.clone());
            async move {
                if caller == 0 {
                    assert!(own.end_others(user.id, keep, &noted(NOW)).await.unwrap());
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
        assert!(stores.record_of(&kept).await.is_live(NOW), "round {round}");
    }
}

pub async fn of_two_sessions_that_end_each_other_exactly_one_is_left(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let pair = [stores.add_session(&user).await, stores.add_session(&user).await];
        let keep = [pair[0].id, pair[1].id];
        let answers = race(2, |caller| {
            let sessions = Arc::clone(&stores.own_sessions);
            async move { sessions.end_others(user.id, keep[caller], &noted(NOW)).await.unwrap() }
        })
        .await;
        assert_eq!(answers.iter().filter(|&&ended| ended).count(), 1, "round {round}: {answers:?}");
        assert_eq!(listed(stores, &user).await.len(), 1, "round {round}");
    }
}

pub async fn an_end_that_races_the_end_of_the_others_still_ends_the_session(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let session = stores.add_session(&user).await;
        let id = session.id;
        let answers = race(2, |caller| {
            let sessions = Arc::clone(&stores.own_sessions);
            async move {
                if caller == 0 {
                    sessions.end_others(user.id, id, &noted(NOW)).await.unwrap();
                    true
                } else {
                    sessions.end_own(user.id, id, &noted(NOW)).await.unwrap()
                }
            }
        })
        .await;
        assert_eq!(answers, [true, true], "round {round}: it was live, so it was ended");
        assert!(!stores.record_of(&session).await.is_live(NOW), "round {round}");
    }
}

pub async fn a_renewal_of_the_kept_session_that_races_the_end_of_the_others_succeeds(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let mut presented = session.refresh.current;
    for round in 0..10 * ROUNDS {
        let rotation = rotation_of(&session, presented);
        presented = rotation.successor;
        let answers = race(2, |caller| {
            let (sessions, own) = (Arc::clone(&stores.sessions), Arc::clone(&stores.own_sessions));
            let (rotation, session) = (rotation.clone(), session.clone());
            async move {
                if caller == 0 {
                    own.end_others(session.user, session.id, &noted(NOW)).await.unwrap()
                } else {
                    sessions.rotate(&rotation).await.unwrap().is_some()
                }
            }
        })
        .await;
        assert_eq!(answers, [true, true], "round {round}: the session was live all the time");
    }
}

/// A session for each way to be dead at [`NOW`]; the account is in a later epoch afterwards.
async fn dead_sessions(stores: &Stores, user: &User) -> Vec<(&'static str, Session)> {
    let user = stored_user(stores, user).await;
    let of_epoch = stores.add_session(&user).await;
    stores.sessions.end_all(user.id, &noted(NOW)).await.unwrap();
    let user = stored_user(stores, &user).await;
    let ended = stores.add_session(&user).await;
    stores.sessions.end(ended.id, SessionEnd::Logout, &noted(NOW)).await.unwrap();
    let idle = Session { expires_at: NOW, ..session_for(&user) };
    let absolute = Session { absolute_expires_at: NOW, ..session_for(&user) };
    for session in [&idle, &absolute] {
        assert!(stores.sessions.start(session, &noted(NOW)).await.unwrap());
    }
    vec![
        ("of an earlier epoch", of_epoch),
        ("that was ended", ended),
        ("past its idle limit", idle),
        ("past its absolute limit", absolute),
    ]
}

async fn listed(stores: &Stores, user: &User) -> Vec<SessionId> {
    ids(stores, user.id).await
}

async fn ids(stores: &Stores, user: UserId) -> Vec<SessionId> {
    let listed = stores.own_sessions.list(user, NOW, 100).await.unwrap();
    listed.into_iter().map(|summary| summary.id).collect()
}

fn sorted(mut ids: Vec<SessionId>) -> Vec<SessionId> {
    ids.sort();
    ids
}

async fn stored_user(stores: &Stores, user: &User) -> User {
    stores.users.find_credentials(&user.email).await.unwrap().expect("the account is there").user
}
