//! For the tests of other crates, which must not know Diesel: preparing a database for one test, and
//! looking into it.

mod filling;

use std::error::Error;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

pub use self::filling::{Filling, Over};
use crate::DatabaseUrl;
use crate::db::{Access, DbConnection, connect_postgres, connect_sqlite};
use crate::schema::users;

/// Runs statements on a database, outside any pool.
pub fn execute(url: &str, statements: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    hold(url, statements).map(drop)
}

/// A connection of its own. What a statement left open on it, such as a transaction, goes with it.
pub struct Held(#[expect(dead_code, reason = "it is held, and not used")] DbConnection);

/// Runs statements and keeps the connection.
pub fn hold(url: &str, statements: &str) -> Result<Held, Box<dyn Error + Send + Sync>> {
    let mut conn = connect(url)?;
    conn.batch_execute(statements)?;
    Ok(Held(conn))
}

/// The number that a query answers, as in `SELECT count(*) AS number FROM users`.
pub fn number(url: &str, question: &str) -> Result<i64, Box<dyn Error + Send + Sync>> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    Ok(diesel::sql_query(question).get_result::<Number>(&mut connect(url)?)?.number)
}

/// The operation, as in [`Db::read`](crate::Db::read), whose work the calling thread of the database
/// runs: what a statement that is being made is for.
#[must_use]
pub fn operation() -> &'static str {
    crate::db::operation()
}

/// The hash of an account's password, as it is stored.
pub fn password_hash(url: &str, email: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    let account = users::table.filter(users::email.eq(email));
    Ok(account.select(users::password_hash).get_result(&mut connect(url)?)?)
}

/// Runs many statements on a database, outside any pool, in one transaction. On SQLite rows may refer to
/// rows that are not there.
pub fn execute_all(
    url: &str,
    statements: impl Iterator<Item = String>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut conn = connect(url)?;
    if matches!(conn, DbConnection::Sqlite(_)) {
        conn.batch_execute("PRAGMA foreign_keys = OFF")?;
    }
    conn.batch_execute("BEGIN")?;
    for statement in statements {
        conn.batch_execute(&statement)?;
    }
    Ok(conn.batch_execute("COMMIT")?)
}

fn connect(url: &str) -> Result<DbConnection, Box<dyn Error + Send + Sync>> {
    let url = DatabaseUrl::parse(url)?;
    Ok(match url.file() {
        Some(file) => connect_sqlite(file, Access::Writes)?,
        None => connect_postgres(&url, Duration::ZERO)?,
    })
}
