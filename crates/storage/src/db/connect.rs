//! Making connections.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, ConnectionError};

use crate::db::outage::Outage;
use crate::db::{DatabaseUrl, DbConnection, DbSettings};
use crate::dialect;

/// How long a job waits for another process to finish writing to a SQLite file. Then it fails, while its
/// caller still waits for it.
pub(crate) const SQLITE_PATIENCE: Duration = Duration::from_millis(1_500);
/// As many bytes of the file as there may be: who reads pages of rows sees them through the page cache of the
/// system. A large database is more than the cache of a connection holds, and copying pages anew made a request
/// take up to 1.7 times as long (`docs/growth.md`). `.cargo/config.toml` lifts SQLite's own limit of 2 GiB. What is
/// mapped is never written to.
const SQLITE_MAPPED: i64 = 1 << 40;
/// The cache of who finds rows by their keys, in KiB. A mapping is made anew after each commit, which costs more
/// than the few pages of a row.
const SQLITE_CACHE_OF_FINDS: i64 = 16 * 1024;
/// How long who migrates it, or has it alone, waits at a time.
const SQLITE_OPERATOR_PATIENCE: Duration = Duration::from_secs(5);

/// A connection and what is known of its health.
pub(super) struct Session {
    pub(super) conn: DbConnection,
    used_at: Instant,
    is_spoiled: bool,
    _open: OpenConnection,
}

/// Counts a connection for as long as this lives.
struct OpenConnection(Arc<AtomicUsize>);

impl OpenConnection {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Session {
    /// A connection to PostgreSQL that lay idle for longer may have died meanwhile.
    const FRESH_FOR: Duration = Duration::from_secs(3);

    fn new(conn: DbConnection, open: &Arc<AtomicUsize>) -> Self {
        Self { conn, used_at: Instant::now(), is_spoiled: false, _open: OpenConnection::new(open) }
    }

    /// Whether the connection works. One that was used just now is trusted, if `trusting`.
    pub(super) fn is_usable(&mut self, trusting: bool) -> bool {
        let is_fresh = trusting && self.used_at.elapsed() < Self::FRESH_FOR;
        let is_usable = is_fresh || matches!(self.conn, DbConnection::Sqlite(_)) || self.conn.ping().is_ok();
        self.used_at = Instant::now();
        self.is_spoiled |= !is_usable;
        is_usable
    }

    /// Has the connection thrown away instead of being used again.
    pub(super) const fn spoil(&mut self) {
        self.is_spoiled = true;
    }
}

/// A connection could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The server or the file did not let us.
    #[error("cannot connect: {0}")]
    Connection(#[from] ConnectionError),
    /// The connection could not be set up.
    #[error("cannot set up a connection: {0}")]
    Setup(#[from] diesel::result::Error),
    /// The file could not be made.
    #[error("cannot make the database file: {0}")]
    File(#[from] io::Error),
    /// Not tried, because it failed a moment ago.
    #[error("{0}")]
    BackingOff(String),
    /// There was no answer yet.
    #[error("cannot connect in time")]
    TimedOut,
}

impl ConnectError {
    /// Whether another process had the file, and kept it.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self, Self::Setup(error) if dialect::is_held_up(error))
    }
}

/// Makes the connections that jobs run on, for the pool.
pub(super) struct Connector {
    settings: DbSettings,
    outage: Arc<Outage>,
    open: Arc<AtomicUsize>,
}

impl Connector {
    pub(super) const fn new(settings: DbSettings, outage: Arc<Outage>, open: Arc<AtomicUsize>) -> Self {
        Self { settings, outage, open }
    }
}

impl r2d2::ManageConnection for Connector {
    type Connection = Session;
    type Error = ConnectError;

    fn connect(&self) -> Result<Session, ConnectError> {
        self.outage
            .guard(|| match self.settings.url.file() {
                Some(path) => sqlite(path, Access::Reads),
                None => postgres(&self.settings.url, self.settings.statement_timeout),
            })
            .map(|conn| Session::new(conn, &self.open))
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), ConnectError> {
        Ok(session.conn.ping()?)
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.is_spoiled || session.conn.is_broken()
    }
}

/// What a connection to a SQLite file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads only.
    Reads,
    /// The same, and waits for nobody.
    ReadsNow,
    /// Copies the log into the file, and waits for nobody.
    Checkpoints,
    /// Reads and writes.
    Writes,
    /// Changes tables: rules between tables are checked at the end.
    Migrates,
    /// Reads only, and nobody else has the file open meanwhile.
    Alone,
}

/// Connects to PostgreSQL. Diesel itself sets the session's time zone to UTC, which poolers keep apart for
/// each client.
pub(crate) fn postgres(url: &DatabaseUrl, statement_timeout: Duration) -> Result<DbConnection, ConnectError> {
    let mut conn = PgConnection::establish(url.expose_postgres().unwrap_or_default())?;
    if url.is_pooled() {
        // The next statement may go to another session, which does not know them.
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    } else {
        conn.batch_execute(&time_limits("SET", statement_timeout))?;
    }
    Ok(DbConnection::Postgres(conn))
}

/// How a transaction begins whose session is not ours: its limits go with it.
pub(super) fn begin_pooled(statement_timeout: Duration) -> String {
    format!("BEGIN; {}", time_limits("SET LOCAL", statement_timeout))
}

/// Whoever holds a lock and goes silent must not hold up everybody else.
fn time_limits(set: &str, limit: Duration) -> String {
    let millis = limit.as_millis().min(i32::MAX as u128);
    format!("{set} statement_timeout = {millis}; {set} idle_in_transaction_session_timeout = {millis};")
}

/// Connects to a SQLite file, and makes it if it is not there.
pub(crate) fn sqlite(path: &Path, access: Access) -> Result<DbConnection, ConnectError> {
    make_file(path)?;
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    let patience = match access {
        Access::ReadsNow | Access::Checkpoints => Duration::ZERO,
        Access::Reads | Access::Writes => SQLITE_PATIENCE,
        Access::Migrates | Access::Alone => SQLITE_OPERATOR_PATIENCE,
    };
    conn.batch_execute(&format!("PRAGMA busy_timeout = {};", patience.as_millis()))?;
    if access == Access::Alone {
        // Before the file is first looked at: whoever has it open then is in the way.
        conn.batch_execute("PRAGMA locking_mode = EXCLUSIVE;")?;
    }
    // Answers "locked" at once, whatever the time-out.
    dialect::while_locked(Instant::now() + patience, || conn.batch_execute("PRAGMA journal_mode = WAL;"))?;
    conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;")?;
    match access {
        Access::Reads => conn.batch_execute(&format!("PRAGMA mmap_size = {SQLITE_MAPPED};"))?,
        Access::ReadsNow => conn.batch_execute(&format!("PRAGMA cache_size = -{SQLITE_CACHE_OF_FINDS};"))?,
        Access::Checkpoints | Access::Writes | Access::Migrates | Access::Alone => {}
    }
    conn.batch_execute(match access {
        Access::Reads | Access::ReadsNow | Access::Checkpoints | Access::Alone => {
            "PRAGMA foreign_keys = ON; PRAGMA query_only = ON;"
        }
        Access::Writes => "PRAGMA foreign_keys = ON;",
        Access::Migrates => "PRAGMA foreign_keys = OFF;",
    })?;
    Ok(DbConnection::Sqlite(conn))
}

/// Connects to the SQLite file of another program, which may be at work, and changes nothing about it.
pub(crate) fn sqlite_to_read(path: &Path) -> Result<DbConnection, ConnectError> {
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut conn = SqliteConnection::establish(&format!("file:{escaped}?mode=ro"))?;
    conn.batch_execute("PRAGMA busy_timeout = 30000; PRAGMA query_only = ON;")?;
    Ok(DbConnection::Sqlite(conn))
}

/// Makes the file, for its owner alone, so that SQLite does not make it for everybody.
fn make_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
