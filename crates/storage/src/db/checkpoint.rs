//! Brings what was committed from SQLite's log into its file, on a thread of its own.
//!
//! Commits are safe in the log (<https://sqlite.org/wal.html>), which is copied into the file from time to time so
//! that it does not grow without end. By itself SQLite has the commit that filled the log do this, and whoever waits
//! for that commit waits for two flushes of the disk and a thousand pages that lie anywhere. Here a thread does it that
//! nobody waits for. A log can only begin anew when all of it was copied, for which a moment without a commit is
//! needed: where there is none for long, a commit copies the little that is left ([`LONGEST_LOG`]).

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::db::DbConnection;
use crate::db::connect::{self, Access};

/// So many pages are worth a checkpoint. SQLite itself has the same measure.
const WORTH_COPYING: i32 = 1_000;
/// A file of the log with fewer bytes has no such number of pages. It gets no smaller while it is open.
const WORTH_OPENING: u64 = WORTH_COPYING.unsigned_abs() as u64 * 4_096;
/// From so many pages on, each commit tries to copy what is left; 64 MiB, beyond which the file of the log is cut when
/// it begins anew.
pub(super) const LONGEST_LOG: i32 = 16_384;
/// How often in a row it is tried to copy all there is, while commits add to it.
const TRIES: usize = 3;
/// Between two looks at the log, at least.
const PAUSE: Duration = Duration::from_millis(20);

/// The thread, which ends with this.
pub(super) struct Checkpointer {
    /// `None` once it was closed.
    committed: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How far the log is copied, in pages.
#[derive(QueryableByName)]
struct Progress {
    /// In the log; negative where it cannot be looked at.
    #[diesel(sql_type = Integer)]
    log: i32,
    /// Of these, in the file as well.
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

impl Checkpointer {
    /// Starts the thread. It opens the file when there is something to do.
    pub(super) fn start(path: PathBuf) -> io::Result<Self> {
        // What happened while it was busy is one reason to look again.
        let (committed, commits) = bounded(1);
        let thread =
            thread::Builder::new().name("db-checkpoint".to_owned()).spawn(move || follow(&commits, &path))?;
        Ok(Self { committed: Some(committed), thread: Some(thread) })
    }

    /// Told after each commit, and never waits.
    pub(super) fn after_commit(&self) {
        if let Some(committed) = &self.committed {
            // Full: it will look again anyway.
            let _ = committed.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.committed = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Looks at the log after commits, until there will be none. What fails is tried again after the next one: the log
/// grows meanwhile, and from [`LONGEST_LOG`] on commits copy it themselves.
fn follow(commits: &Receiver<()>, path: &Path) {
    let log = log_of(path);
    let mut slot = None;
    while commits.recv().is_ok() {
        if log.metadata().is_ok_and(|log| log.len() >= WORTH_OPENING) {
            let conn = slot.take().or_else(|| connect::sqlite(path, Access::Checkpoints).ok());
            slot = conn.and_then(|mut conn| copy(&mut conn).is_ok().then_some(conn));
        }
        thread::sleep(PAUSE);
    }
}

/// The file beside the database that has its log.
fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Copies the log if that is worth it.
fn copy(conn: &mut DbConnection) -> QueryResult<()> {
    let Progress { log, checkpointed } = checkpoint(conn, "NOOP")?;
    if log - checkpointed < WORTH_COPYING {
        return Ok(());
    }
    for _ in 0..TRIES {
        let Progress { log, checkpointed } = checkpoint(conn, "PASSIVE")?;
        if checkpointed >= log {
            break;
        }
    }
    Ok(())
}

fn checkpoint(conn: &mut DbConnection, mode: &str) -> QueryResult<Progress> {
    diesel::sql_query(format!("PRAGMA wal_checkpoint({mode})")).get_result(conn)
}
