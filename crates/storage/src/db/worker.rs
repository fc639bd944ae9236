//! The threads that run one job at a time, each on a connection of the pool: all work on
//! PostgreSQL, and reads on SQLite.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use autorisen_domain::error::PortError;
use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::Error;

use crate::db::connect::{self, ConnectError, Connector, Session};
use crate::db::job::{Job, Mode, Ran};
use crate::db::lane::{Seat, Worker};
use crate::db::outage::Outage;
use crate::db::{DbConnection, DbSettings};

type Transactions = <DbConnection as Connection>::TransactionManager;
type Pooled = r2d2::PooledConnection<Connector>;

/// How often the pool tries again to make a connection that somebody waits for. Most tries end at
/// the [`Outage`]. The pool takes half of its own time-out for this, which nothing else uses.
const RETRY_EVERY: Duration = Duration::from_millis(250);

/// Runs jobs on connections of a pool that has one for each thread.
pub(super) struct PoolWorker {
    pool: RwLock<r2d2::Pool<Connector>>,
    outage: Arc<Outage>,
    settings: DbSettings,
    size: NonZeroUsize,
    open: Open,
    /// How each job begins where sessions are not ours, which then is a transaction.
    begin_pooled: Option<String>,
}

/// Counts the connections that are open.
pub(super) type Open = Arc<AtomicUsize>;

/// What became of one try to run a job.
enum Tried {
    /// Its work ended, well or for its own reasons badly.
    Settled,
    /// It only read, and was disturbed.
    Disturbed,
    /// Its work was not begun.
    NotBegun(Error),
    /// What it did could not be kept.
    NotKept(Error),
}

impl PoolWorker {
    /// Connections are made when they are first needed, so this does not wait for the server.
    pub(super) fn new(settings: &DbSettings, size: NonZeroUsize, open: &Open) -> Self {
        let outage = Arc::new(Outage::default());
        let pool = RwLock::new(pool(settings, size, &outage, open));
        let is_pooled = settings.url.is_pooled();
        let begin_pooled = is_pooled.then(|| connect::begin_pooled(settings.statement_timeout));
        Self { pool, outage, settings: settings.clone(), size, open: Arc::clone(open), begin_pooled }
    }

    fn serve_one(&self, mut job: Job) {
        let op = job.op;
        for is_first in [true, false] {
            let mut session = match self.check_out(is_first) {
                Ok(session) => session,
                Err(error) => return job.fail(PortError::new(op, error)),
            };
            match self.try_once(&mut job, &mut session) {
                Tried::Disturbed | Tried::NotBegun(_) if is_first => {}
                Tried::Settled | Tried::Disturbed => return job.answer(),
                Tried::NotBegun(error) | Tried::NotKept(error) => {
                    return job.fail(PortError::new(op, error));
                }
            }
        }
    }

    fn try_once(&self, job: &mut Job, session: &mut Session) -> Tried {
        match job.mode {
            Mode::Read | Mode::Write if self.begin_pooled.is_none() => match run(job, session) {
                Ran::Interrupted if job.mode == Mode::Read => Tried::Disturbed,
                _ => Tried::Settled,
            },
            _ => self.try_transaction(job, session),
        }
    }

    fn try_transaction(&self, job: &mut Job, session: &mut Session) -> Tried {
        if let Err(error) = self.begin(&mut session.conn) {
            session.spoil();
            return Tried::NotBegun(error);
        }
        let ran = run(job, session);
        if ran == Ran::Well {
            return match Transactions::commit_transaction(&mut session.conn) {
                Ok(()) => Tried::Settled,
                Err(error) => Tried::NotKept(error),
            };
        }
        if Transactions::rollback_transaction(&mut session.conn).is_err() {
            // The server undoes what a lost connection left open.
            session.spoil();
        }
        if ran == Ran::Interrupted && job.mode == Mode::Read { Tried::Disturbed } else { Tried::Settled }
    }

    fn begin(&self, conn: &mut DbConnection) -> Result<(), Error> {
        match (conn, &self.begin_pooled) {
            (DbConnection::Postgres(conn), Some(begin)) => {
                AnsiTransactionManager::begin_transaction_sql(conn, begin)
            }
            (conn, _) => Transactions::begin_transaction(conn),
        }
    }

    /// A connection that works, as far as can be known.
    fn check_out(&self, trusting: bool) -> Result<Pooled, ConnectError> {
        // After a restart of the server all that lay idle are dead; the one after them is new.
        for _ in 0..self.size.get() {
            let mut session = self.next_session()?;
            if session.is_usable(trusting) {
                return Ok(session);
            }
        }
        self.next_session()
    }

    fn next_session(&self) -> Result<Pooled, ConnectError> {
        let patience = self.outage.patience(self.settings.connection_timeout);
        let pool = self.pool.read().unwrap_or_else(PoisonError::into_inner).clone();
        // The pool tells its cause to one of those who wait, the outage to all.
        pool.get_timeout(patience).map_err(|_| self.outage.cause())
    }
}

impl Worker for PoolWorker {
    fn serve(&self, seat: &Seat) {
        while let Some(job) = seat.next() {
            if let Some(job) = job.admit() {
                self.serve_one(job);
            }
        }
    }

    /// Begins with new connections. Those of the threads that were given up are counted no more, and
    /// those that lie idle have most likely gone the same way.
    fn renew(&self) {
        let new = pool(&self.settings, self.size, &self.outage, &self.open);
        *self.pool.write().unwrap_or_else(PoisonError::into_inner) = new;
    }
}

fn pool(
    settings: &DbSettings,
    size: NonZeroUsize,
    outage: &Arc<Outage>,
    open: &Open,
) -> r2d2::Pool<Connector> {
    // A connection to a file does not age.
    let idle_for = settings.url.expose_postgres().map(|_| Duration::from_mins(10));
    r2d2::Pool::builder()
        .max_size(u32::try_from(size.get()).unwrap_or(u32::MAX))
        .min_idle(Some(0))
        .idle_timeout(idle_for)
        .max_lifetime(idle_for.map(|idle| idle * 3))
        .connection_timeout(RETRY_EVERY * 2)
        .test_on_check_out(false) // A round trip each time; see `Session::is_usable`.
        .error_handler(Box::new(r2d2::NopErrorHandler))
        .build_unchecked(Connector::new(settings.clone(), Arc::clone(outage), Arc::clone(open)))
}

fn run(job: &mut Job, session: &mut Session) -> Ran {
    let ran = job.run(&mut session.conn);
    // A file that was locked is as good as before; a connection that was lost is not.
    let is_lost = ran == Ran::Interrupted && matches!(session.conn, DbConnection::Postgres(_));
    if is_lost || ran == Ran::Panicked {
        session.spoil();
    }
    ran
}
