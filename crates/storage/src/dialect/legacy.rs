//! Reading the database of an older system, and writing what comes of it.

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;

use crate::db::DbConnection;

/// How the database of an older system is asked, whose columns have whatever types they have: all values
/// are read as the bytes of their texts, since nobody vouches for those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceDialect {
    Postgres,
    Sqlite,
}

impl SourceDialect {
    /// That of this connection.
    pub(crate) const fn of(conn: &DbConnection) -> Self {
        match conn {
            DbConnection::Postgres(_) => Self::Postgres,
            DbConnection::Sqlite(_) => Self::Sqlite,
        }
    }

    /// What is said before reading, so that nothing can be written.
    pub(crate) const fn begin_reading(self) -> &'static str {
        match self {
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL datestyle = 'ISO'",
            Self::Sqlite => "PRAGMA query_only = ON; PRAGMA cache_size = -131072",
        }
    }

    /// The columns of all tables, with the types that texts are cast to.
    pub(crate) const fn columns(self) -> &'static str {
        match self {
            Self::Postgres => {
                "SELECT c.relname::text AS in_table, a.attname::text AS \"column\", \
                 format_type(a.atttypid, NULL) AS kind \
                 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
                 JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped \
                 AND n.nspname = ANY (current_schemas(false)) AND pg_table_is_visible(c.oid)"
            }
            Self::Sqlite => {
                "SELECT t.name AS in_table, c.name AS \"column\", c.type AS kind \
                 FROM sqlite_master t, pragma_table_info(t.name) c \
                 WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%'"
            }
        }
    }

    /// A value as the bytes of its text.
    pub(crate) fn bytes(self, value: &str) -> String {
        match self {
            Self::Postgres => format!("CAST({value} AS text)"),
            Self::Sqlite => format!("CAST(CAST({value} AS TEXT) AS BLOB)"),
        }
    }

    /// Whether a row has a key that rows can be put in order by.
    pub(crate) fn has_key(self, key: &str) -> String {
        match self {
            Self::Postgres => format!("{key} IS NOT NULL AND CAST({key} AS text) <> ''"),
            // SQLite lets a key be NULL, and of another type than its column.
            Self::Sqlite => format!("{key} IS NOT NULL AND typeof({key}) <> 'blob' AND {key} <> ''"),
        }
    }

    /// Whether a key comes after `$1`.
    pub(crate) fn is_beyond(self, key: &str, key_type: &str) -> String {
        match self {
            Self::Postgres => format!("{key} > CAST($1 AS {key_type})"),
            Self::Sqlite => format!("{key} > CAST($1 AS TEXT)"),
        }
    }

    /// A text in lower case, without the spaces around it.
    pub(crate) fn folded(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("lower(btrim(CAST({column} AS text), E' \\t\\n\\v\\f\\r'))"),
            Self::Sqlite => format!("lower(trim(CAST({column} AS TEXT), ' ' || char(9, 10, 11, 12, 13)))"),
        }
    }
}

/// Inserts many rows: in one statement on PostgreSQL, where each is a round trip; one by one on SQLite,
/// where Diesel has no statement for many and none is a round trip. A macro, since each table and row is a
/// type of its own.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            DbConnection::Postgres(conn) => diesel::insert_into($table).values($rows).execute(conn),
            DbConnection::Sqlite(conn) => diesel::insert_into($table).values($rows).execute(conn),
        }
    };
}
pub(crate) use insert_all;

/// Lets a connection that looks up very many rows keep pages of a SQLite file in 128 MiB of memory: the
/// usual two would be read again for nearly every row.
pub(crate) fn expect_many_lookups(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(conn) => conn.batch_execute("PRAGMA cache_size = -131072"),
        DbConnection::Postgres(_) => Ok(()),
    }
}
