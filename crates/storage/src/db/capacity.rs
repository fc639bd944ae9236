//! How many connections the database allows.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::DbConnection;

/// How many connections all processes of this program may have together, as things are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimit {
    /// That many; never less than none.
    pub allowed: u64,
    /// How many there may be in all, which binds most: those of the server without the ones it
    /// reserves, of the role, or of the database.
    pub limit: u64,
    /// Whose limit that is: `server`, `role` or `database`.
    pub bound_by: &'static str,
    /// How many of them other programs have.
    pub others: u64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    bound_by: String,
    #[diesel(sql_type = BigInt)]
    most: i64,
    #[diesel(sql_type = BigInt)]
    others: i64,
}

/// What PostgreSQL allows; `None` on SQLite, which has no such limit.
pub(crate) fn connection_limit(conn: &mut DbConnection) -> QueryResult<Option<ConnectionLimit>> {
    if matches!(conn, DbConnection::Sqlite(_)) {
        return Ok(None);
    }
    // Of sessions of other roles no more may be seen than that they are there, so all that are not
    // known to be ours are counted as others'.
    let rows: Vec<Row> = diesel::sql_query(
        "WITH others AS ( \
             SELECT usename, datname FROM pg_stat_activity \
             WHERE coalesce(backend_type, 'client backend') = 'client backend' AND usename IS NOT NULL \
               AND NOT coalesce(usename = current_user \
                   AND application_name = current_setting('application_name'), false)), \
         limits (bound_by, most, others) AS ( \
             SELECT 'server', \
                 current_setting('max_connections')::bigint \
                     - current_setting('superuser_reserved_connections')::bigint \
                     - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::bigint, \
                 (SELECT count(*) FROM others) \
             UNION ALL \
             SELECT 'role', rolconnlimit, (SELECT count(*) FROM others WHERE usename = current_user) \
             FROM pg_roles WHERE rolname = current_user AND rolconnlimit >= 0 \
             UNION ALL \
             SELECT 'database', datconnlimit, \
                 (SELECT count(*) FROM others WHERE datname = current_database()) \
             FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0) \
         SELECT bound_by, most, others FROM limits ORDER BY most - others LIMIT 1",
    )
    .load(conn)?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(rows.into_iter().next().map(|row| ConnectionLimit {
        allowed: count(row.most - row.others),
        limit: count(row.most),
        bound_by: match row.bound_by.as_str() {
            "role" => "role",
            "database" => "database",
            _ => "server",
        },
        others: count(row.others),
    }))
}
