//! For the tests of other crates, which must not know Diesel: preparing a database for one test.

use std::error::Error;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;

use crate::DatabaseUrl;
use crate::db::{Access, DbConnection, connect_postgres, connect_sqlite};

/// Runs statements on a database, outside any pool.
pub fn execute(url: &str, statements: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let url = DatabaseUrl::parse(url)?;
    let conn = match url.file() {
        Some(file) => connect_sqlite(file, Access::Writes)?,
        None => connect_postgres(&url, Duration::ZERO)?,
    };
    match conn {
        DbConnection::Postgres(mut conn) => Ok(conn.batch_execute(statements)?),
        DbConnection::Sqlite(mut conn) => Ok(conn.batch_execute(statements)?),
    }
}
