//! What a database is and allows, for whoever sets it up. It changes nothing.

use std::error::Error;
use std::time::Duration;

use autorisen_domain::clock::Timestamp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::db::{ConnectionLimit, DatabaseUrl, DbConnection, connect_postgres, connection_limit};
use crate::dialect;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Examination {
    /// A PostgreSQL server.
    Postgres(PostgresFacts),
    /// A SQLite file.
    Sqlite(SqliteFacts),
}

/// What a PostgreSQL server says of itself, and of the user that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresFacts {
    /// Its version as it is written, such as `16.4`.
    pub version: String,
    /// The same as a number, such as 160004.
    pub version_number: i64,
    /// The version of TLS that it is spoken to with; `None` where there is none, or where a pooler in
    /// between does not tell.
    pub tls: Option<String>,
    /// Whether it is on this machine, where TLS is not needed.
    pub is_local: bool,
    /// Whether it takes no writes: a standby, or told so.
    pub is_read_only: bool,
    /// Whether the user may make tables, which migrations do.
    pub may_create: bool,
    /// How it stores text.
    pub encoding: String,
    /// Its clock.
    pub clock: Timestamp,
    /// How many connections all processes of this program may have; `None` behind a pooler, whose limit
    /// counts.
    pub connections: Option<ConnectionLimit>,
}

/// What a SQLite file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFacts {
    /// The version of the library in this program.
    pub version: String,
    /// Whether the file is there already.
    pub exists: bool,
}

/// The database cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot examine {url}")]
pub struct ExamineError {
    url: DatabaseUrl,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

/// Asks the database about itself. It blocks, for as long as connecting takes and some seconds more.
pub fn examine(url: &DatabaseUrl) -> Result<Examination, ExamineError> {
    look(url).map_err(|source| ExamineError { url: url.clone(), source })
}

fn look(url: &DatabaseUrl) -> Result<Examination, Box<dyn Error + Send + Sync>> {
    let Some(path) = url.file() else {
        let mut conn = connect_postgres(url, PATIENCE)?;
        return Ok(Examination::Postgres(postgres(&mut conn, url)?));
    };
    let version = diesel::select(diesel::dsl::sql::<Text>("sqlite_version()"));
    if !path.exists() {
        // Opening it would make it.
        let mut memory = SqliteConnection::establish(":memory:")?;
        return Ok(Examination::Sqlite(SqliteFacts {
            version: version.get_result(&mut memory)?,
            exists: false,
        }));
    }
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    // Reading its tables is what tells that the file is a database.
    diesel::sql_query("SELECT count(*) FROM sqlite_master").execute(&mut conn)?;
    Ok(Examination::Sqlite(SqliteFacts { version: version.get_result(&mut conn)?, exists: true }))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = BigInt)]
    version_number: i64,
    #[diesel(sql_type = Nullable<Text>)]
    tls: Option<String>,
    #[diesel(sql_type = Bool)]
    is_read_only: bool,
    #[diesel(sql_type = Bool)]
    may_create: bool,
    #[diesel(sql_type = Text)]
    encoding: String,
}

const QUESTION: &str = "
    SELECT current_setting('server_version') AS version,
           current_setting('server_version_num')::bigint AS version_number,
           (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
           pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS is_read_only,
           coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
           current_setting('server_encoding') AS encoding";

fn postgres(conn: &mut DbConnection, url: &DatabaseUrl) -> QueryResult<PostgresFacts> {
    let row: Row = diesel::sql_query(QUESTION).get_result(conn)?;
    let clock = dialect::server_micros(conn)?.unwrap_or_default();
    Ok(PostgresFacts {
        version: row.version,
        version_number: row.version_number,
        tls: row.tls,
        is_local: url.is_on_this_machine(),
        is_read_only: row.is_read_only,
        may_create: row.may_create,
        encoding: row.encoding,
        clock: Timestamp::from_micros(clock),
        connections: if url.is_pooled() { None } else { connection_limit(conn)? },
    })
}
