//! Behind a PgBouncer in transaction mode the adapters keep the same contracts, and nothing of a session
//! is counted on.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::error::Error as _;
use std::time::Duration;

use autorisen_domain::error::PortError;
use autorisen_storage::migrations::{self, MigrateError};
use autorisen_storage::{DatabaseUrl, Db, DbConnection, DbSettings};
use autorisen_testkit::race;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use support::notes::{self, add, ids};
use support::pooled::has_pooler;
use support::{OwnStores, Place, TestDb};

async fn pooled_stores() -> OwnStores {
    OwnStores::new(Place::pooled())
}

mod pooled {
    autorisen_testkit::repository_contracts!(super::pooled_stores);
}

fn open(statement_timeout: Duration) -> TestDb {
    let place = Place::pooled();
    notes::create(&place);
    let settings = DbSettings { statement_timeout, ..place.settings() };
    TestDb { db: Db::open(settings).unwrap(), place }
}

#[tokio::test]
async fn every_kind_of_work_has_its_time_limits_and_leaves_none_behind() {
    let TestDb { db, place: _place } = open(Duration::from_secs(7));
    for _ in 0..8 {
        let read = db.read::<_, PortError, _>("ask", |conn| Ok(limits(conn)?)).await.unwrap();
        let written = db.write::<_, PortError, _>("ask", |conn| Ok(limits(conn)?)).await.unwrap();
        let transacted = db.transact::<_, PortError, _>("ask", |conn| Ok(limits(conn)?)).await.unwrap();
        assert_eq!([read, written, transacted], ["7s 7s UTC"; 3]);
    }
    db.shutdown();

    let unlimited = open(Duration::ZERO);
    assert_eq!(
        unlimited.db.read::<_, PortError, _>("ask", |conn| Ok(limits(conn)?)).await.unwrap(),
        "0 0 UTC"
    );
    unlimited.db.shutdown();
}

fn limits(conn: &mut DbConnection) -> QueryResult<String> {
    let limits = "current_setting('statement_timeout') || ' ' || \
                  current_setting('idle_in_transaction_session_timeout') || ' ' || current_setting('TimeZone')";
    diesel::select(sql::<Text>(limits)).get_result(conn)
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped() {
    let TestDb { db, place: _place } = open(Duration::from_millis(200));
    let slow = db.read::<String, PortError, _>("sleep", |conn| {
        Ok(diesel::select(sql::<Text>("pg_sleep(60)::text")).get_result(conn)?)
    });
    tokio::time::timeout(Duration::from_secs(30), slow).await.expect("it is stopped").unwrap_err();
    db.shutdown();
}

#[tokio::test]
async fn many_who_share_few_connections_do_not_see_each_other() {
    let TestDb { db, place: _place } = open(Duration::from_secs(20));
    race(40, |id| {
        let db = db.clone();
        async move {
            add(&db, i64::try_from(id).unwrap()).await.unwrap();
            ids(&db).await
        }
    })
    .await;
    assert_eq!(ids(&db).await.len(), 40);
    db.shutdown();
}

#[test]
fn migrations_ask_for_a_connection_of_their_own() {
    let place = Place::pooled();
    for refused in [migrations::run(&place.url()), migrations::revert(&place.url(), true)] {
        assert!(matches!(refused, Err(MigrateError::Pooled)), "{refused:?}");
    }
    assert!(migrations::status(&place.url()).is_ok(), "what changes nothing needs none");
    migrations::run(&place.direct_url()).unwrap();
}

#[tokio::test]
async fn who_forgets_to_say_that_there_is_a_pooler_is_told() {
    if !has_pooler() {
        return;
    }
    let place = Place::pooled();
    notes::create(&place);
    let forgotten = place.raw_url().replace("?pgbouncer=true", "");
    let db =
        Db::open(DbSettings { url: DatabaseUrl::parse(&forgotten).unwrap(), ..place.settings() }).unwrap();
    let mut hint = None;
    for _ in 0..50 {
        let outcomes = race(8, |_| {
            let db = db.clone();
            async move { db.read::<_, PortError, _>("list notes", |conn| Ok(notes::list(conn)?)).await }
        })
        .await;
        let failed = outcomes.into_iter().find_map(Result::err);
        hint = failed.and_then(|error| error.source().map(ToString::to_string));
        if hint.is_some() {
            break;
        }
    }
    // A newer PgBouncer may keep track of prepared statements, and then nothing fails.
    assert!(hint.is_none_or(|hint| hint.contains("add pgbouncer=true")));
    db.shutdown();
}
