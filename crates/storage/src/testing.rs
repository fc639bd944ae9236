//! For the tests of other crates, which must not know Diesel: preparing a PostgreSQL for one test.

use std::error::Error;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;

use crate::DatabaseUrl;
use crate::db::DbConnection;
use crate::db::connect_postgres;

/// Runs statements on a PostgreSQL server, outside any pool.
pub fn execute(url: &str, statements: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    match connect_postgres(&DatabaseUrl::parse(url)?, Duration::ZERO)? {
        DbConnection::Postgres(mut conn) => Ok(conn.batch_execute(statements)?),
        DbConnection::Sqlite(_) => Err("not a PostgreSQL server".into()),
    }
}
