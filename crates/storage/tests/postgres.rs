//! A PostgreSQL that is down, silent, slow or restarted.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::net::TcpListener;
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use autorisen_domain::error::PortError;
use autorisen_domain::health::ReadinessCheck;
use autorisen_pgtest::Proxy;
use autorisen_storage::{DatabaseCheck, DatabaseUrl, Db, DbConnection, DbSettings, MigrationsCheck};
use autorisen_testkit::race;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use support::notes::{self, add, cause, ids};
use support::{Place, TestDb};

/// As good as for ever; libpq would give up only after 30 s by itself.
const SECONDS: Duration = Duration::from_secs(15);

fn open(connections: usize) -> TestDb {
    let place = Place::postgres();
    notes::create(&place);
    let mut settings = place.settings();
    settings.pool_size = connections.try_into().unwrap();
    TestDb { db: Db::open(settings).unwrap(), place }
}

fn at(address: &str) -> DbSettings {
    let mut settings =
        DbSettings::new(DatabaseUrl::parse(&format!("postgres://u:hush@{address}/d")).unwrap());
    settings.connection_timeout = Duration::from_millis(300);
    settings
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error_within_seconds() {
    // Nothing listens where something listened a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let db = Db::open(at(&free.to_string())).expect("it is found out later");
    let everything = async {
        for _ in 0..3 {
            let error = add(&db, 1).await.unwrap_err();
            assert!(cause(&error).contains("refused"), "{}", cause(&error));
            assert!(!format!("{error:?} {}", cause(&error)).contains("hush"));
        }
        let fault = DatabaseCheck::new(db.clone()).fault().await;
        assert_eq!(fault.as_deref(), Some("PostgreSQL does not answer"));
        assert!(MigrationsCheck::new(db.clone()).fault().await.is_some());
    };
    tokio::time::timeout(SECONDS, everything).await.expect("it takes seconds");
    db.shutdown();
}

#[tokio::test]
async fn in_a_long_outage_nobody_waits_for_long() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = at(&free.to_string());
    settings.connection_timeout = Duration::from_secs(3);
    settings.start_within = SECONDS;
    let db = Db::open(settings).unwrap();
    add(&db, 0).await.unwrap_err();
    let calls: Vec<_> = (0..64).map(|id| tokio::spawn(add(&db, id))).collect();
    let all = async {
        for call in calls {
            call.await.unwrap().unwrap_err();
        }
    };
    // Waiting for their full time, in eight lanes, they would need half a minute.
    tokio::time::timeout(SECONDS, all).await.expect("they are told at once");
}

#[tokio::test]
async fn a_server_that_is_silent_is_an_error_within_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let db = Db::open(at(&silent.local_addr().unwrap().to_string())).unwrap();
    let everything = async {
        add(&db, 1).await.unwrap_err();
        assert!(DatabaseCheck::new(db.clone()).fault().await.is_some());
        tokio::task::spawn_blocking(move || db.shutdown()).await.unwrap();
    };
    tokio::time::timeout(SECONDS, everything).await.expect("it takes seconds");
}

#[tokio::test]
async fn a_read_or_a_transaction_notices_nothing_of_a_lost_connection() {
    let TestDb { db, place } = open(1);
    add(&db, 1).await.unwrap();
    lose_connection(&db, &place).await;
    assert_eq!(ids(&db).await, [1]);
    lose_connection(&db, &place).await;
    db.transact::<_, PortError, _>("add note", |conn| Ok(notes::insert(conn, 2)?)).await.unwrap();
    assert_eq!(ids(&db).await, [1, 2]);
}

#[tokio::test]
async fn a_write_on_a_lost_connection_is_told_and_the_next_one_has_a_new_connection() {
    let TestDb { db, place } = open(1);
    add(&db, 1).await.unwrap();
    lose_connection(&db, &place).await;
    // Nobody knows whether it happened, so it is not done again.
    add(&db, 2).await.expect_err("the connection is gone");
    add(&db, 3).await.expect("there is a new one");
    assert_eq!(ids(&db).await, [1, 3]);
}

#[tokio::test]
async fn all_connections_may_be_lost_at_once() {
    let TestDb { db, place } = open(4);
    add(&db, 1).await.unwrap();
    // Each waits for the others, so each has a connection of its own.
    let all_connected = Arc::new(Barrier::new(4));
    let backends = race(4, |_| {
        let (db, all_connected) = (db.clone(), Arc::clone(&all_connected));
        async move {
            db.read::<_, PortError, _>("meet", move |conn| {
                all_connected.wait();
                Ok(backend(conn)?)
            })
            .await
            .unwrap()
        }
    })
    .await;
    for pid in backends {
        kill(&place, pid);
    }
    let counts = race(40, |_| {
        let db = db.clone();
        async move { ids(&db).await.len() }
    })
    .await;
    assert_eq!(counts, [1; 40]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped_and_costs_no_connection() {
    let place = Place::postgres();
    let mut settings = place.settings();
    settings.pool_size = 1.try_into().unwrap();
    settings.statement_timeout = Duration::from_millis(100);
    let db = Db::open(settings).unwrap();
    let before = only_backend(&db).await;
    let began = Instant::now();
    let slow = db.read::<String, PortError, _>("sleep", |conn| {
        Ok(diesel::select(sql::<Text>("pg_sleep(60)::text")).get_result(conn)?)
    });
    assert!(slow.await.is_err());
    assert!(began.elapsed() < Duration::from_secs(30), "it was stopped");
    assert_eq!(only_backend(&db).await, before, "the connection is still in use");
    db.shutdown();
}

/// The database of a place through a way that can go silent, with little patience.
fn through_proxy(place: &Place, connections: usize) -> (Proxy, DbSettings) {
    let url = place.raw_url();
    let (before, rest) = url.split_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let proxy = Proxy::start(server.parse().unwrap()).unwrap();
    let url = format!("{before}@{}/{database}", proxy.address());
    let mut settings = DbSettings::new(DatabaseUrl::parse(&url).unwrap());
    settings.pool_size = connections.try_into().unwrap();
    settings.statement_timeout = Duration::from_secs(1);
    settings.start_within = Duration::from_secs(1);
    (proxy, settings)
}

#[tokio::test]
async fn connections_that_have_gone_silent_for_good_are_given_up() {
    let place = Place::postgres();
    notes::create(&place);
    let (proxy, settings) = through_proxy(&place, 2);
    let db = Db::open(settings).unwrap();
    for outage in 0..3 {
        while add(&db, outage).await.is_err() {}
        proxy.fall_silent();
        let began = Instant::now();
        for _ in 0..4 {
            let (written, read) = tokio::join!(add(&db, 100), ids_or_error(&db));
            assert!(written.is_err() && read.is_err(), "nothing passes");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "nobody waits for ever");
        proxy.speak();
        // Those that were open say nothing ever again; TCP would not notice, since the proxy takes
        // what is sent.
        let came_back =
            async { while ids_or_error(&db).await.is_err() || add(&db, 50 + outage).await.is_err() {} };
        tokio::time::timeout(SECONDS, came_back).await.expect("there are new connections");
    }
    let asked = proxy.accepted();
    for window in asked.windows(21) {
        assert!(window[20] - window[0] > Duration::from_secs(1), "more than 20 connections in a second");
    }
    tokio::task::spawn_blocking(move || db.shutdown()).await.unwrap();
}

async fn ids_or_error(db: &Db) -> Result<usize, PortError> {
    db.read("list notes", |conn| Ok(notes::list(conn)?.len())).await
}

#[tokio::test]
async fn who_only_reads_does_not_wait_for_slow_writes() {
    let TestDb { db, place: _place } = open(4);
    while ids_or_error(&db).await.is_err() {}
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = Arc::new(std::sync::Mutex::new(may_go_on));
    let mut writes: Vec<_> = (0..8)
        .map(|id| {
            let may_go_on = Arc::clone(&may_go_on);
            Box::pin(db.transact::<_, PortError, _>("be slow", move |conn| {
                let _ = may_go_on.lock().unwrap().recv();
                Ok(notes::insert(conn, id)?)
            }))
        })
        .collect();
    for write in &mut writes {
        support::poll_once(write).await;
    }
    for _ in 0..20 {
        assert_eq!(ids(&db).await, [0_i64; 0], "all that may write is busy, and reads are answered");
    }
    drop(go_on);
    for write in writes {
        write.await.unwrap();
    }
    assert_eq!(ids(&db).await.len(), 8);
}

#[tokio::test]
async fn several_questions_of_one_caller_take_no_longer_together_than_one_may() {
    let place = Place::postgres();
    let mut settings = place.settings();
    settings.start_within = Duration::from_millis(500);
    settings.statement_timeout = Duration::from_secs(2);
    let db = Db::open(settings).unwrap();
    while ask_slowly(&db, 0.0).await.is_err() {}
    let began = Instant::now();
    let answered = db
        .bounded(async {
            let mut answered = 0;
            while ask_slowly(&db, 0.5).await.is_ok() {
                answered += 1;
            }
            answered
        })
        .await;
    // Two seconds and a half. The bar above is far, since a busy machine is slow.
    assert!((1..=5).contains(&answered), "{answered}");
    assert!(began.elapsed() < SECONDS, "{:?}", began.elapsed());
    ask_slowly(&db, 1.0).await.expect("another caller has time");
}

async fn ask_slowly(db: &Db, seconds: f64) -> Result<String, PortError> {
    let question = format!("pg_sleep({seconds})::text");
    db.read("sleep", move |conn| Ok(diesel::select(sql::<Text>(&question)).get_result(conn)?)).await
}

async fn only_backend(db: &Db) -> i32 {
    db.read::<_, PortError, _>("ask", |conn| Ok(backend(conn)?)).await.unwrap()
}

/// The process that serves a connection.
fn backend(conn: &mut DbConnection) -> QueryResult<i32> {
    diesel::select(sql::<Integer>("pg_backend_pid()")).get_result(conn)
}

/// Ends the process that serves the only connection, and returns once it is gone.
async fn lose_connection(db: &Db, place: &Place) {
    kill(place, only_backend(db).await);
}

fn kill(place: &Place, pid: i32) {
    place.execute(&format!("SELECT pg_terminate_backend({pid}, 10000)"));
}
