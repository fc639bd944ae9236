//! Who asks PostgreSQL for a row by its key at the same time as others is asked for together with them.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use autorisen_domain::auth::{SessionId, SessionRepository as _};
use autorisen_storage::{DatabaseUrl, Db, DbObserver, DbSettings, JobReport, SqlSessions};
use autorisen_testkit::fixtures::fresh_bytes;
use autorisen_testkit::race;
use support::Place;

#[derive(Default)]
struct Finds(Mutex<Vec<Duration>>);

impl DbObserver for Finds {
    fn job(&self, report: &JobReport) {
        if report.op == "find session" {
            self.0.lock().unwrap().push(report.took);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_ask_at_once_most_share_a_question() {
    let test = Place::postgres().migrated();
    let stores = test.stores();
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let finds = Arc::new(Finds::default());
    let sessions = Arc::new(SqlSessions::new(test.db.clone().observed_by(finds.clone())));
    assert!(sessions.find(session.id).await.unwrap().is_some());
    assert_eq!(finds.0.lock().unwrap().len(), 1, "alone it waits for nobody");

    // Nothing is read until all have asked.
    let locked = autorisen_storage::testing::hold(
        &test.place.raw_url(),
        "BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE",
    );
    let found = race(200, |_| {
        let (sessions, id) = (Arc::clone(&sessions), session.id);
        async move { sessions.find(id).await.unwrap().is_some() }
    });
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(locked);
    };
    let (found, ()) = tokio::join!(found, release);
    assert!(found.iter().all(|&found| found));
    let questions = finds.0.lock().unwrap().len() - 1;
    assert!((1..=6).contains(&questions), "{questions} for 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_cannot_be_read_is_no_fault_of_others() {
    let test = Place::postgres().migrated();
    let stores = test.stores();
    let user = stores.add_user("ada@example.org").await;
    let (good, bad) = (stores.add_session(&user).await.id, stores.add_session(&user).await.id);
    test.place.execute(&format!("UPDATE sessions SET client_ip = 'nowhere' WHERE id = '{bad}'"));
    let sessions = Arc::new(SqlSessions::new(test.db.clone()));
    let found = race(40, |number| {
        let (sessions, id) = (Arc::clone(&sessions), if number % 4 == 0 { bad } else { good });
        async move { (id, sessions.find(id).await) }
    })
    .await;
    for (id, found) in found {
        assert_eq!(found.is_ok(), id == good, "{found:?}");
    }
}

#[tokio::test]
async fn who_goes_away_holds_up_nobody() {
    let test = Place::postgres().migrated();
    let stores = test.stores();
    let user = stores.add_user("ada@example.org").await;
    let session = stores.add_session(&user).await;
    let sessions = SqlSessions::new(test.db.clone());
    for _ in 0..20 {
        let mut first = Box::pin(sessions.find(session.id));
        let mut second = Box::pin(sessions.find(session.id));
        support::poll_once(&mut first).await;
        support::poll_once(&mut second).await;
        drop(first);
        assert!(second.await.unwrap().is_some());
    }
}

#[tokio::test]
async fn in_an_outage_everybody_is_told_and_afterwards_everything_is_as_before() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = DbSettings::new(DatabaseUrl::parse(&format!("postgres://u@{free}/d")).unwrap());
    settings.connection_timeout = Duration::from_millis(300);
    let db = Db::open(settings).unwrap();
    let sessions = Arc::new(SqlSessions::new(db.clone()));
    for _ in 0..2 {
        let told = race(50, |_| {
            let sessions = Arc::clone(&sessions);
            async move { sessions.find(SessionId::from_bytes(fresh_bytes())).await }
        });
        let told = tokio::time::timeout(Duration::from_secs(10), told).await.expect("nobody waits for ever");
        for error in told.into_iter().map(Result::unwrap_err) {
            assert_eq!(error.operation(), "find session");
            let cause = support::notes::cause(&error);
            assert!(cause.contains("refused"), "{cause}");
        }
    }
    db.shutdown();
    let closed = sessions.find(SessionId::from_bytes(fresh_bytes())).await.unwrap_err();
    assert_eq!(support::notes::cause(&closed), "the database is closed");
}
