//! One connection type over both databases. The derive makes every query serve both.

use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

use crate::db::DatabaseKind;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To a SQLite file.
    Sqlite(SqliteConnection),
}

impl DatabaseKind {
    /// What this connection leads to.
    pub(crate) const fn of(conn: &DbConnection) -> Self {
        match conn {
            DbConnection::Postgres(_) => Self::Postgres,
            DbConnection::Sqlite(_) => Self::Sqlite,
        }
    }
}
