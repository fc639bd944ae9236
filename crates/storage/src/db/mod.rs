//! The one way to the database: a few threads that may block, behind queues that may fill.
//!
//! Workers of the HTTP server never block on a database. They hand a closure to [`Db`], which runs
//! it on a thread of its own and gives back what it returned. On PostgreSQL each connection has a
//! thread; on SQLite a few threads read, and one writes for all. When more waits than may, or for
//! longer than it may, the answer is a quick refusal instead of a slow one.

mod connect;
mod connection;
mod job;
mod lane;
mod outage;
mod settings;
mod url;
mod worker;
mod writer;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use crate::dialect;

pub use self::connection::DbConnection;
pub use self::job::Abort;
pub use self::settings::DbSettings;
pub use self::url::{DatabaseKind, DatabaseUrl, InvalidDatabaseUrl};

pub(crate) use self::connect::{Access, postgres as connect_postgres, sqlite as connect_sqlite};
#[cfg(feature = "testing")]
pub(crate) use self::job::operation;
use self::job::{Job, Mode};
use self::lane::{Lane, NotTaken};
use self::worker::PoolWorker;
use self::writer::GroupWriter;

/// When it is worth trying again after the database had too much to do.
const RETRY_OVERLOADED_AFTER: Duration = Duration::from_secs(1);

/// How much longer than a statement may run its answer is waited for.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// How long closing waits for jobs that were accepted.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {url}")]
pub struct OpenError {
    url: DatabaseUrl,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The database. Clones share its threads and connections.
///
/// Its methods must be called within a Tokio runtime that has its timer on.
#[derive(Clone)]
pub struct Db(Arc<Lanes>);

struct Lanes {
    settings: DbSettings,
    /// What changes nothing; on PostgreSQL, everything.
    main: Lane,
    /// SQLite: what changes something.
    writer: Option<Lane>,
}

impl Db {
    /// Starts the threads.
    ///
    /// A SQLite file is opened, and made if it is not there, readable by its owner alone.
    /// PostgreSQL is not waited for: connections are made when they are needed, so a server that
    /// is down now is found when it is up.
    pub fn open(settings: DbSettings) -> Result<Self, OpenError> {
        let url = settings.url.clone();
        Self::start(settings).map_err(|source| OpenError { url, source })
    }

    fn start(settings: DbSettings) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let capacity = settings.queue.get();
        let (size, writer) = match settings.url.file() {
            None => (settings.pool_size, None),
            Some(path) => {
                let worker = GroupWriter::open(path.to_owned())?;
                (settings.readers, Some(Lane::start("db-write", 1, capacity, worker)?))
            }
        };
        let worker = PoolWorker::new(&settings, size);
        let main = Lane::start("db", size.get(), capacity, worker)?;
        Ok(Self(Arc::new(Lanes { settings, main, writer })))
    }

    /// Which database this is.
    #[must_use]
    pub fn kind(&self) -> DatabaseKind {
        self.0.settings.url.kind()
    }

    /// The time of the database server's clock, which all replicas share; `None` where the database
    /// has no clock but this machine's.
    pub async fn server_time(&self) -> Result<Option<Timestamp>, PortError> {
        let micros: Option<i64> = self
            .read::<_, PortError, _>("ask for the time", |conn| Ok(dialect::server_micros(conn)?))
            .await?;
        Ok(micros.map(Timestamp::from_micros))
    }

    /// Runs `work`, which only reads. It may be run twice, and not at all once nobody waits for it.
    /// `op`, such as "find user", names it in errors.
    pub async fn read<T, E, F>(&self, op: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        self.submit(op, Mode::Read, work).await
    }

    /// Runs `work`, which is exactly one statement that changes something. Once it was begun it
    /// runs to its end, also when its caller is gone.
    pub async fn write<T, E, F>(&self, op: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        self.submit(op, Mode::Write, work).await
    }

    /// Runs `work`, which is several statements, in one transaction: if it returns an error or
    /// panics, nothing of it has happened. It must pass the error of a statement on.
    ///
    /// The order that holds on both databases: write first, then read.
    pub async fn transact<T, E, F>(&self, op: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        self.submit(op, Mode::Transaction, work).await
    }

    /// How long a job that was begun is waited for. On SQLite nothing but the disk can hold it up.
    fn answer_within(&self) -> Duration {
        match self.0.settings.statement_timeout {
            Duration::ZERO => Duration::from_hours(1),
            limit => limit + ANSWER_MARGIN,
        }
    }

    /// Refuses new jobs, finishes those that were accepted, and closes the connections. It blocks,
    /// for a few seconds at most.
    pub fn shutdown(&self) {
        self.0.close();
    }

    async fn submit<T, E, F>(&self, op: &'static str, mode: Mode, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        let start_within = self.0.settings.start_within;
        let (job, ticket, reply) = Job::new(op, mode, start_within, work);
        self.0.lane(mode).send(job).map_err(|reason| match reason {
            NotTaken::Full => PortError::overloaded(op, RETRY_OVERLOADED_AFTER),
            NotTaken::Closed => PortError::new(op, "the database is closed"),
        })?;

        let mut reply = pin!(reply);
        let reply = match tokio::time::timeout(start_within, &mut reply).await {
            Ok(reply) => reply,
            Err(_) if ticket.take() => {
                return Err(PortError::overloaded(op, RETRY_OVERLOADED_AFTER).into());
            }
            // It was begun, so what becomes of it is waited for, but not for ever: a server that has
            // gone silent answers nothing, not even that the statement took too long.
            Err(_) => tokio::time::timeout(self.answer_within(), reply)
                .await
                .map_err(|_| PortError::new(op, "the database does not answer"))?,
        };
        reply.unwrap_or_else(|_| Err(PortError::new(op, "the work was dropped").into()))
    }
}

impl Lanes {
    fn lane(&self, mode: Mode) -> &Lane {
        match (mode, &self.writer) {
            (Mode::Write | Mode::Transaction, Some(writer)) => writer,
            _ => &self.main,
        }
    }

    fn close(&self) {
        let deadline = Instant::now() + CLOSE_WITHIN;
        self.main.close(deadline);
        if let Some(writer) = &self.writer {
            writer.close(deadline);
        }
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.close();
    }
}
