//! One table, and the least ways to read and to write a row of it.

use crossbeam_channel::Receiver;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sqlite::SqliteConnection;
use serde::Serialize;

use crate::thread::{Question, Threads};

/// How many accounts there are.
pub(crate) const ACCOUNTS: usize = 64;
/// Threads that read a SQLite file: what two cores are best served by.
const SQLITE_READERS: usize = 2;
/// Connections to PostgreSQL, as many as the product has by default.
const POSTGRES_CONNECTIONS: u32 = 8;
/// The most writes in one commit.
const MAX_GROUP: usize = 256;

diesel::table! {
    accounts (id) {
        id -> Text,
        email -> Text,
        first_name -> Text,
        last_name -> Text,
        role -> Text,
        seen -> BigInt,
    }
}

/// What is read by its primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub(crate) struct Account {
    pub(crate) id: String,
    email: String,
    first_name: String,
    last_name: String,
    role: String,
    pub(crate) seen: i64,
}

/// The connection of either database.
#[derive(diesel::MultiConnection)]
pub(crate) enum AnyConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// All the ways to it.
pub(crate) struct Database {
    readers: Threads<String, Account>,
    writers: Threads<String, ()>,
    grouped: Threads<String, ()>,
    pool: Pool<ConnectionManager<AnyConnection>>,
}

impl Database {
    /// Opens all connections.
    pub(crate) fn open(url: &str) -> Result<Self, String> {
        let is_file = path(url).is_some();
        // SQLite has one writer at a time.
        let (readers, writers) = if is_file {
            (SQLITE_READERS, 1)
        } else {
            (POSTGRES_CONNECTIONS as usize, POSTGRES_CONNECTIONS as usize)
        };
        let connections = |count: usize| (0..count).map(|_| connect(url)).collect::<Result<Vec<_>, _>>();
        let readers = connections(readers)?.into_iter().map(|conn| |work: &Receiver<_>| read_all(conn, work));
        let writers =
            connections(writers)?.into_iter().map(|conn| |work: &Receiver<_>| write_each(conn, work));
        let grouped = connections(1)?.into_iter().map(|conn| |work: &Receiver<_>| write_together(conn, work));
        let manager = ConnectionManager::new(path(url).unwrap_or(url));
        Ok(Self {
            readers: Threads::start(readers.collect()),
            writers: Threads::start(writers.collect()),
            grouped: Threads::start(grouped.collect()),
            pool: Pool::builder()
                .max_size(POSTGRES_CONNECTIONS)
                .build(manager)
                .map_err(|error| error.to_string())?,
        })
    }

    /// Reads a row on a thread that does nothing else.
    pub(crate) async fn read(&self, id: String) -> Result<Account, String> {
        self.readers.ask(id).await
    }

    /// The same on a thread of actix-web, with a connection of a pool.
    pub(crate) fn read_here(&self, id: &str) -> Result<Account, String> {
        let mut conn = self.pool.get().map_err(|error| error.to_string())?;
        read(&mut conn, id)
    }

    /// Changes a row, and commits that durably.
    pub(crate) async fn write(&self, id: String) -> Result<(), String> {
        self.writers.ask(id).await
    }

    /// The same in one commit with all the others that wait.
    pub(crate) async fn write_grouped(&self, id: String) -> Result<(), String> {
        self.grouped.ask(id).await
    }
}

/// Makes the table and its rows.
pub(crate) fn prepare(url: &str) -> Result<(), String> {
    let mut conn = connect(url)?;
    let sql = "CREATE TABLE IF NOT EXISTS accounts (id TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL, \
               first_name TEXT NOT NULL, last_name TEXT NOT NULL, role TEXT NOT NULL, seen BIGINT NOT NULL)";
    conn.batch_execute(sql).map_err(|error| error.to_string())?;
    for number in 0..ACCOUNTS {
        let row = (
            accounts::id.eq(id(number)),
            accounts::email.eq(format!("account-{number}@example.org")),
            accounts::first_name.eq("Ada"),
            accounts::last_name.eq("Example"),
            accounts::role.eq("Developer"),
            accounts::seen.eq(0),
        );
        diesel::insert_into(accounts::table)
            .values(row)
            .execute(&mut conn)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The id of an account.
pub(crate) fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The path of a `sqlite:` URL.
fn path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite://")
}

fn connect(url: &str) -> Result<AnyConnection, String> {
    let mut conn = AnyConnection::establish(path(url).unwrap_or(url)).map_err(|error| error.to_string())?;
    if path(url).is_some() {
        let pragmas = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
        conn.batch_execute(pragmas).map_err(|error| error.to_string())?;
    }
    Ok(conn)
}

fn read(conn: &mut AnyConnection, id: &str) -> Result<Account, String> {
    accounts::table.find(id).first(conn).map_err(|error| error.to_string())
}

fn write(conn: &mut AnyConnection, id: &str) -> QueryResult<()> {
    let row = accounts::table.find(id);
    diesel::update(row).set(accounts::seen.eq(accounts::seen + 1)).execute(conn).map(drop)
}

fn read_all(mut conn: AnyConnection, work: &Receiver<Question<String, Account>>) {
    for question in work {
        let account = read(&mut conn, &question.asked);
        question.answer(account);
    }
}

fn write_each(mut conn: AnyConnection, work: &Receiver<Question<String, ()>>) {
    for question in work {
        let done = write(&mut conn, &question.asked).map_err(|error| error.to_string());
        question.answer(done);
    }
}

fn write_together(mut conn: AnyConnection, work: &Receiver<Question<String, ()>>) {
    for first in work {
        let group: Vec<_> = std::iter::once(first).chain(work.try_iter().take(MAX_GROUP - 1)).collect();
        let done =
            conn.transaction(|conn| group.iter().try_for_each(|question| write(conn, &question.asked)));
        let done = done.map_err(|error| error.to_string());
        for question in group {
            question.answer(done.clone());
        }
    }
}
