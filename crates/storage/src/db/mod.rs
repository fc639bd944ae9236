//! The one way to the database: a few threads that may block, behind queues that may fill.
//!
//! Workers of the HTTP server never block on a database. They hand a closure to [`Db`], which runs
//! it on a thread of its own and gives back what it returned. On PostgreSQL each connection has a
//! thread, a few of which only read, so that slow writes do not hold up who only reads; on SQLite a few
//! threads read, one writes for all, and one brings what was written from the log into the file. When more waits than may, or for longer than it may, the answer
//! is a quick refusal instead of a slow one. What finds a row of SQLite by its key is the exception: it
//! takes less time than to hand it over, and runs where it is asked for.

mod budget;
mod capacity;
mod checkpoint;
mod connect;
mod connection;
mod group_reader;
mod inline;
mod job;
mod lane;
mod observer;
mod outage;
mod settings;
mod statement;
mod url;
mod worker;
mod writer;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::sweep::Sweeper;

use crate::dialect;

pub use self::capacity::ConnectionLimit;
pub use self::connection::DbConnection;
pub use self::job::Abort;
pub use self::observer::{DbObserver, JobOutcome, JobReport, LANE_MAIN, LANE_WRITER, LaneUsage};
pub use self::settings::DbSettings;
pub use self::url::{DatabaseKind, DatabaseUrl, InvalidDatabaseUrl};

use self::budget::{Spending, spend_at_most};
pub(crate) use self::capacity::connection_limit;
pub(crate) use self::connect::{
    Access, postgres as connect_postgres, sqlite as connect_sqlite, sqlite_to_read as connect_sqlite_to_read,
};
pub(crate) use self::group_reader::{Found, GroupReader};
use self::inline::InlineReader;
#[cfg(feature = "testing")]
pub(crate) use self::job::operation;
use self::job::{Job, Mode};
use self::lane::{Crew, Lane, NotTaken};
use self::observer::Watched;
pub(crate) use self::statement::{Prepared, on_its_connection};
use self::worker::{Open, PoolWorker};
use self::writer::GroupWriter;
pub(crate) use self::writer::begin as begin_writing;

/// When it is worth trying again after the database had too much to do.
const RETRY_OVERLOADED_AFTER: Duration = Duration::from_secs(1);

/// How much longer than a statement may run, or a job may wait, an answer is waited for.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Of so many connections to PostgreSQL one is kept for what only reads.
const ONE_READER_OF: usize = 4;

/// How long a statement may take that locks what is over. Batches have one or two of them as a rule, those of threads
/// four, and nobody is to wait for much more than 100 ms for one.
const SWEEP_LOCKS_FOR: Duration = Duration::from_millis(50);

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
pub struct Db {
    lanes: Arc<Lanes>,
    observer: Option<Arc<dyn DbObserver>>,
}

struct Lanes {
    settings: DbSettings,
    /// What changes nothing; on PostgreSQL, everything.
    main: Lane,
    /// SQLite: what changes something.
    writer: Option<Lane>,
    /// SQLite: what reads by a key.
    inline: Option<InlineReader>,
    /// Connections of the pool.
    open: Open,
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
        let (size, readers, writer) = match settings.url.file() {
            None => (settings.pool_size, readers_of(settings.pool_size), None),
            Some(path) => {
                let worker = GroupWriter::open(path.to_owned())?;
                let writer =
                    Lane::start(LANE_WRITER, "db-write", Crew { size: 1, readers: 0 }, capacity, worker)?;
                (settings.readers, settings.readers.get(), Some(writer))
            }
        };
        let open = Open::default();
        let worker = PoolWorker::new(&settings, size, &open);
        let main = Lane::start(LANE_MAIN, "db", Crew { size: size.get(), readers }, capacity, worker)?;
        let inline = settings.url.file().map(|path| InlineReader::new(path.to_owned()));
        Ok(Self { lanes: Arc::new(Lanes { settings, main, writer, inline, open }), observer: None })
    }

    /// The same database, whose jobs `observer` is told of.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn DbObserver>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// How busy its lanes are now.
    pub fn usage(&self) -> impl Iterator<Item = LaneUsage> {
        [Some(&self.lanes.main), self.lanes.writer.as_ref()].into_iter().flatten().map(Lane::usage)
    }

    /// How many connections of its pool are open now; the one that writes to SQLite is not counted.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.lanes.open.load(Ordering::Relaxed)
    }

    /// Which database this is.
    #[must_use]
    pub fn kind(&self) -> DatabaseKind {
        self.lanes.settings.url.kind()
    }

    /// The time of the database server's clock, which all replicas share; `None` where the database
    /// has no clock but this machine's.
    pub async fn server_time(&self) -> Result<Option<Timestamp>, PortError> {
        let micros: Option<i64> = self
            .read::<_, PortError, _>("ask for the time", |conn| Ok(dialect::server_micros(conn)?))
            .await?;
        Ok(micros.map(Timestamp::from_micros))
    }

    /// How many connections the database allows to all processes of this program together; `None` where
    /// that cannot be known: a file has no such limit, and behind a pooler its limit counts.
    pub async fn connection_limit(&self) -> Result<Option<ConnectionLimit>, PortError> {
        if self.lanes.settings.url.is_pooled() {
            return Ok(None);
        }
        self.read("ask for the limit of connections", |conn| Ok(capacity::connection_limit(conn)?)).await
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

    /// Runs `work`, which reads a row or two by their keys, as [`read`](Self::read) does; on SQLite where it
    /// is asked for, if that does not take long.
    pub async fn find<T, E, F>(&self, op: &'static str, mut work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        if let Some((outcome, took)) = self.lanes.inline.as_ref().and_then(|inline| inline.run(op, &mut work))
        {
            if let Some(observer) = &self.observer {
                observer.job(&JobReport::inline(op, took));
            }
            return outcome;
        }
        self.read(op, work).await
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

    /// Deletes at most `limit` rows that are over, with `work`, as [`transact`](Self::transact) does. On PostgreSQL a
    /// statement that takes long is ended, and nothing has happened, for what it found is locked until then;
    /// unless the batch is as small as they get, or a slow machine would keep all there is.
    pub(crate) async fn sweep<F>(&self, op: &'static str, limit: u32, mut work: F) -> Result<u64, PortError>
    where
        F: FnMut(&mut DbConnection) -> Result<u64, Abort<PortError>> + Send + 'static,
    {
        self.transact(op, move |conn| {
            if limit > Sweeper::LEAST {
                dialect::limit_statements(conn, SWEEP_LOCKS_FOR)?;
            }
            work(conn)
        })
        .await
    }

    /// Runs `work` so that all it asks of this database takes no longer together than one question
    /// may: whoever asks several times in a row is not kept waiting several times. A question without
    /// time left is refused. What `work` spawns is not limited.
    pub async fn bounded<F: Future>(&self, work: F) -> F::Output {
        spend_at_most(self.answer_within(), work).await
    }

    /// How many groups of questions are under way at a time, from a few, with which as many more as can be
    /// wait to be asked together, to one for each connection.
    fn groups(&self) -> Range<usize> {
        let size = self.lanes.settings.pool_size;
        readers_of(size).max(1)..size.get()
    }

    /// How long the outcome of a job is waited for at most, from the moment it is handed over.
    fn answer_within(&self) -> Duration {
        let settings = &self.lanes.settings;
        match settings.statement_timeout {
            Duration::ZERO => Duration::from_hours(1),
            limit => limit.max(settings.start_within) + ANSWER_MARGIN,
        }
    }

    /// Refuses new jobs, finishes those that were accepted, and closes the connections. It blocks,
    /// for a few seconds at most.
    pub fn shutdown(&self) {
        self.lanes.close();
    }

    async fn submit<T, E, F>(&self, op: &'static str, mode: Mode, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        let longest = self.answer_within();
        let spending = Spending::begin(longest);
        let start_within = self.lanes.settings.start_within.min(spending.left());
        let (job, ticket, reply) = Job::new(op, mode, start_within, work);
        let lane = self.lanes.lane(mode);
        let mut watched = Watched::new(self.observer.as_ref(), op, lane.name(), Arc::clone(&ticket));
        if let Err(reason) = lane.send(job) {
            let (outcome, error) = match reason {
                NotTaken::Full => (JobOutcome::Full, PortError::overloaded(op, RETRY_OVERLOADED_AFTER)),
                NotTaken::Closed => (JobOutcome::Failed, PortError::new(op, "the database is closed")),
            };
            watched.ended(outcome);
            return Err(error.into());
        }

        let mut reply = pin!(reply);
        let reply = match tokio::time::timeout(start_within, &mut reply).await {
            Ok(reply) => reply,
            Err(_) if ticket.take() => {
                watched.ended(JobOutcome::Late);
                self.look_for_silence(lane, longest);
                return Err(PortError::overloaded(op, RETRY_OVERLOADED_AFTER).into());
            }
            // It was begun, so what becomes of it is waited for, but not for ever: a server that has
            // gone silent answers nothing, not even that the statement took too long.
            Err(_) => tokio::time::timeout(spending.left(), reply).await.map_err(|_| {
                watched.ended(JobOutcome::Failed);
                self.look_for_silence(lane, longest);
                PortError::new(op, "the database does not answer")
            })?,
        };
        watched.told();
        reply.unwrap_or_else(|_| Err(PortError::new(op, "the work was dropped").into()))
    }
}

/// How many connections of a pool are kept for what only reads.
fn readers_of(size: NonZeroUsize) -> usize {
    size.get().div_ceil(ONE_READER_OF).min(size.get() - 1)
}

impl Db {
    /// After an answer did not come: connections that have not answered for as long as anybody waits
    /// are given up. The file of SQLite has none.
    fn look_for_silence(&self, lane: &Lane, longest: Duration) {
        if self.kind() == DatabaseKind::Postgres {
            lane.relieve(longest);
        }
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
        if let Some(inline) = &self.inline {
            inline.close();
        }
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
