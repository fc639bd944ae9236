//! A database for each test: a SQLite file in a temporary folder, or a PostgreSQL schema that is
//! dropped at the end.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test a failure is a panic")]

pub(crate) mod contraction;
pub(crate) mod filled;
pub(crate) mod notes;
pub(crate) mod plans;
pub(crate) mod pooled;
pub(crate) mod sql;
pub(crate) mod structure;

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use autorisen_storage::{
    DatabaseUrl, Db, DbSettings, SqlAccountDirectory, SqlAnalytics, SqlAttachments, SqlAuditTrail,
    SqlChecklists, SqlHostedSessions, SqlItems, SqlPasswords, SqlPendingRegistrations, SqlRateLimiter,
    SqlSessionDirectory, SqlSessions, SqlSigningKeys, SqlThreadDirectory, SqlThreads, SqlUsage, SqlUsers,
    migrations,
};
use autorisen_testkit::contracts::Stores;
use autorisen_testkit::postgres::Schema;
use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use pooled::PooledDatabase;
use tempfile::TempDir;

/// Whether the long forms of slow suites are asked for.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests are told by the environment, as their PostgreSQL is"
)]
pub(crate) fn is_long() -> bool {
    std::env::var_os("AUTORISEN_TEST_LONG").is_some_and(|value| value == "1")
}

/// Where a test's database is. It is gone when this is dropped.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(Schema),
    Pooled(PooledDatabase),
}

impl Place {
    /// A SQLite file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// An empty schema.
    pub(crate) fn postgres() -> Self {
        let schema = Schema::unique();
        on_server(&schema, &schema.create_statement());
        Self::Postgres(schema)
    }

    /// A database of its own behind a PgBouncer in transaction mode.
    pub(crate) fn pooled() -> Self {
        Self::Pooled(PooledDatabase::create())
    }

    /// One of each.
    pub(crate) fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.raw_url()).unwrap()
    }

    /// The URL as a person writes it.
    pub(crate) fn raw_url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("data/test.db").display()),
            Self::Postgres(schema) => schema.url(),
            Self::Pooled(database) => database.url.clone(),
        }
    }

    /// The URL for migrations and for those who look from aside.
    pub(crate) fn direct_url(&self) -> DatabaseUrl {
        match self {
            Self::Pooled(database) => DatabaseUrl::parse(&database.direct_url).unwrap(),
            _ => self.url(),
        }
    }

    /// What a test usually needs: few threads, and patience on a busy machine.
    pub(crate) fn settings(&self) -> DbSettings {
        let mut settings = DbSettings::new(self.url());
        settings.pool_size = 4.try_into().unwrap();
        settings.start_within = Duration::from_secs(30);
        settings.connection_timeout = Duration::from_secs(30);
        settings
    }

    /// Runs statements on a connection of their own.
    pub(crate) fn execute(&self, statements: &str) {
        match self {
            Self::Sqlite(_) => self.sqlite_connection().batch_execute(statements).unwrap(),
            Self::Postgres(schema) => postgres_connection(&schema.url()).batch_execute(statements).unwrap(),
            Self::Pooled(database) => {
                postgres_connection(&database.direct_url).batch_execute(statements).unwrap();
            }
        }
    }

    /// Runs many statements in one transaction, on a connection of their own.
    pub(crate) fn execute_all(&self, mut statements: impl Iterator<Item = String>) {
        let mut run = |conn: &mut dyn SimpleConnection| {
            conn.batch_execute("BEGIN").unwrap();
            statements.by_ref().for_each(|statement| conn.batch_execute(&statement).unwrap());
            conn.batch_execute("COMMIT").unwrap();
        };
        match self {
            Self::Sqlite(_) => {
                let path = self.url().file().expect("it is SQLite").to_owned();
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                run(&mut self.sqlite_connection());
            }
            Self::Postgres(schema) => run(&mut postgres_connection(&schema.url())),
            Self::Pooled(database) => run(&mut postgres_connection(&database.direct_url)),
        }
    }

    /// Asks on a connection of its own.
    pub(crate) fn load<Row>(&self, question: &str) -> Vec<Row>
    where
        Row: QueryableByName<Pg> + QueryableByName<Sqlite> + 'static,
    {
        let query = diesel::sql_query(question);
        match self {
            Self::Sqlite(_) => query.load(&mut self.sqlite_connection()).unwrap(),
            Self::Postgres(schema) => query.load(&mut postgres_connection(&schema.url())).unwrap(),
            Self::Pooled(database) => query.load(&mut postgres_connection(&database.direct_url)).unwrap(),
        }
    }

    /// A connection to the file, as another process would have.
    pub(crate) fn sqlite_connection(&self) -> SqliteConnection {
        let path = self.url().file().expect("it is SQLite").to_owned();
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 30000").unwrap();
        conn
    }

    /// The database with all its tables.
    pub(crate) fn migrated(self) -> TestDb {
        migrations::run(&self.direct_url()).unwrap();
        TestDb { db: Db::open(self.settings()).unwrap(), place: self }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(schema) => on_server(schema, &schema.drop_statement()),
            Self::Pooled(database) => database.drop_it(),
        }
    }
}

/// A database with all its tables.
pub(crate) struct TestDb {
    pub(crate) db: Db,
    pub(crate) place: Place,
}

impl TestDb {
    pub(crate) fn stores(&self) -> Stores {
        let db = &self.db;
        Stores {
            users: Arc::new(SqlUsers::new(db.clone())),
            directory: Arc::new(SqlAccountDirectory::new(db.clone())),
            passwords: Arc::new(SqlPasswords::new(db.clone())),
            pending: Arc::new(SqlPendingRegistrations::new(db.clone())),
            sessions: Arc::new(SqlSessions::new(db.clone())),
            own_sessions: Arc::new(SqlSessionDirectory::new(db.clone())),
            limiter: Arc::new(SqlRateLimiter::new(db.clone())),
            keys: Arc::new(SqlSigningKeys::new(db.clone())),
            threads: Arc::new(SqlThreads::new(db.clone())),
            thread_directory: Arc::new(SqlThreadDirectory::new(db.clone())),
            items: Arc::new(SqlItems::new(db.clone())),
            attachments: Arc::new(SqlAttachments::new(db.clone())),
            attachment_bytes: Arc::new(SqlAttachments::new(db.clone())),
            ledger: Arc::new(SqlUsage::new(db.clone())),
            hosted: Arc::new(SqlHostedSessions::new(db.clone())),
            checklists: Arc::new(SqlChecklists::new(db.clone())),
            analytics: Arc::new(SqlAnalytics::new(db.clone())),
            trail: Arc::new(SqlAuditTrail::new(db.clone())),
        }
    }
}

/// The stores of a database that goes with them.
pub(crate) struct OwnStores {
    stores: Stores,
    db: TestDb,
}

impl OwnStores {
    pub(crate) fn new(place: Place) -> Self {
        let db = place.migrated();
        Self { stores: db.stores(), db }
    }
}

impl OwnStores {
    pub(crate) fn place(&self) -> &Place {
        &self.db.place
    }
}

impl Deref for OwnStores {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.stores
    }
}

impl Drop for OwnStores {
    fn drop(&mut self) {
        // Its connections would hold up the end of the schema.
        self.db.db.shutdown();
    }
}

fn on_server(schema: &Schema, statement: &str) {
    postgres_connection(schema.server_url()).batch_execute(statement).unwrap();
}

fn postgres_connection(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

/// Lets a future go as far as it can at once.
pub(crate) async fn poll_once<T>(future: &mut Pin<Box<impl Future<Output = T>>>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending(), "it waits for something");
        Poll::Ready(())
    })
    .await;
}

/// An error with everything behind it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let all: Vec<String> =
        std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    all.join("; ")
}
