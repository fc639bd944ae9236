//! The one thread that writes to SQLite. It gathers the jobs that wait into one transaction, each
//! in a savepoint of its own, so that many share the cost of bringing one commit safely to disk.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{io, iter};

use autorisen_domain::error::PortError;
use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::result::Error;

use crate::db::DbConnection;
use crate::db::checkpoint::{Checkpointer, LONGEST_LOG};
use crate::db::connect::{self, Access, ConnectError, SQLITE_PATIENCE};
use crate::db::job::{Job, Ran};
use crate::db::lane::{Seat, Worker};
use crate::dialect;

type Transactions = <DbConnection as Connection>::TransactionManager;

/// The most jobs in one transaction.
const MAX_GROUP: usize = 256;

/// Runs jobs in groups. Of this worker a lane has one thread.
pub(super) struct GroupWriter {
    path: PathBuf,
    conn: Mutex<Option<DbConnection>>,
    checkpointer: Checkpointer,
}

/// The file could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// Why nothing of a group was kept.
#[derive(Debug, thiserror::Error)]
enum GroupError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("cannot begin a transaction: {0}")]
    Begin(Error),
    #[error("the transaction was lost: {0}")]
    Lost(Error),
    #[error("cannot commit: {0}")]
    Commit(Error),
}

impl GroupWriter {
    /// Opens the file, and makes it if it is not there.
    pub(super) fn open(path: PathBuf) -> Result<Self, OpenError> {
        let conn = connect(&path)?;
        let checkpointer = Checkpointer::start(path.clone())?;
        Ok(Self { path, conn: Mutex::new(Some(conn)), checkpointer })
    }

    fn serve_group(&self, mut group: Vec<Job>) {
        match self.keep_together(&mut group) {
            Ok(()) => group.into_iter().for_each(Job::answer),
            Err(error) => {
                // Even a refusal may rest on what an earlier job of the group had written.
                let reason = error.to_string();
                for job in group {
                    let op = job.op;
                    job.fail(PortError::new(op, reason.clone()));
                }
            }
        }
    }

    /// Runs all jobs of a group and commits what they changed. After a failure the connection is
    /// thrown away, and SQLite undoes whatever it left open.
    fn keep_together(&self, group: &mut [Job]) -> Result<(), GroupError> {
        let mut slot = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conn = match slot.take() {
            Some(conn) => conn,
            None => connect(&self.path)?,
        };
        begin(&mut conn).map_err(GroupError::Begin)?;
        for job in group {
            run_in_savepoint(job, &mut conn).map_err(GroupError::Lost)?;
        }
        Transactions::commit_transaction(&mut conn).map_err(GroupError::Commit)?;
        *slot = Some(conn);
        self.checkpointer.after_commit();
        Ok(())
    }
}

/// A connection whose commits leave the log to the thread for it, unless that cannot keep up.
fn connect(path: &Path) -> Result<DbConnection, ConnectError> {
    let mut conn = connect::sqlite(path, Access::Writes)?;
    conn.batch_execute(&format!("PRAGMA wal_autocheckpoint = {LONGEST_LOG};"))?;
    Ok(conn)
}

impl Worker for GroupWriter {
    fn serve(&self, seat: &Seat) {
        while let Some(first) = seat.next() {
            let waiting = iter::once(first).chain(seat.waiting()).take(MAX_GROUP);
            let group: Vec<Job> = waiting.filter_map(Job::admit).collect();
            if !group.is_empty() {
                self.serve_group(group);
            }
        }
    }
}

/// Begins a transaction that writes. On SQLite it takes the lock for writing at once, for which another
/// process may have to finish first.
pub(crate) fn begin(conn: &mut DbConnection) -> Result<(), Error> {
    let DbConnection::Sqlite(conn) = conn else {
        return Transactions::begin_transaction(conn);
    };
    dialect::while_locked(Instant::now() + SQLITE_PATIENCE, || {
        AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
    })
}

/// Runs a job so that what it changed can be undone alone. An error means that the savepoint is
/// gone: SQLite undid the whole transaction, as it does when the disk is full.
fn run_in_savepoint(job: &mut Job, conn: &mut DbConnection) -> Result<(), Error> {
    Transactions::begin_transaction(conn)?;
    match job.run(conn) {
        Ran::Well => Transactions::commit_transaction(conn),
        Ran::Badly | Ran::Interrupted | Ran::Panicked => Transactions::rollback_transaction(conn),
    }
}
