//! Reads of a SQLite file by who asks, without a change of thread.
//!
//! To find a row by its key takes a few microseconds, most often from memory; to hand the question to
//! another thread and its answer back takes several times as long. A disk that stalls would hold up who
//! asks, though, and all that its thread has to do: after a read that took long the next ones go to the
//! threads of the database, until it has recovered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use autorisen_domain::error::PortError;

use crate::db::DbConnection;
use crate::db::connect::{self, Access};
use crate::db::job::{self, Abort};

/// What takes longer says that the disk is slow, and not only that others had the processor meanwhile.
const LONG: Duration = Duration::from_millis(20);
/// For so long after that others wait for it.
const RECOVERY: Duration = Duration::from_secs(1);

/// Connections for those who ask.
pub(super) struct InlineReader {
    path: PathBuf,
    /// As many as there are threads that ask; `None` once it was closed.
    idle: Mutex<Option<Vec<DbConnection>>>,
    opened: Instant,
    /// Milliseconds after `opened` until which nothing is read here.
    rests_until: AtomicU64,
}

impl InlineReader {
    /// Connects when it is first asked.
    pub(super) fn new(path: PathBuf) -> Self {
        let idle = Mutex::new(Some(Vec::new()));
        Self { path, idle, opened: Instant::now(), rests_until: AtomicU64::new(0) }
    }

    /// Runs `work`, and says how long that took; `None` where a thread of the database should run it, again
    /// or at all.
    pub(super) fn run<T, E, F>(&self, op: &'static str, work: &mut F) -> Option<(Result<T, E>, Duration)>
    where
        E: From<PortError>,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>>,
    {
        let begun = Instant::now();
        if self.millis(begun) < self.rests_until.load(Ordering::Relaxed) {
            return None;
        }
        let Some(mut conn) = self.take() else {
            self.rest(begun);
            return None;
        };
        job::set_operation(op);
        let ran = catch_unwind(AssertUnwindSafe(|| work(&mut conn)));
        let took = begun.elapsed();
        if took > LONG {
            self.rest(begun + took);
        }
        let outcome = match ran {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(Abort::Refused(error))) => Err(error),
            // The connection is given up, and the fault is told by who runs it next.
            Ok(Err(Abort::Statement(_) | Abort::Row(_))) | Err(_) => return None,
        };
        if let Some(idle) = self.idle().as_mut() {
            idle.push(conn);
        }
        Some((outcome, took))
    }

    /// Reads no more.
    pub(super) fn close(&self) {
        *self.idle() = None;
    }

    fn take(&self) -> Option<DbConnection> {
        let idle = self.idle().as_mut()?.pop();
        idle.or_else(|| connect::sqlite(&self.path, Access::ReadsNow).ok())
    }

    fn rest(&self, from: Instant) {
        self.rests_until.store(self.millis(from + RECOVERY), Ordering::Relaxed);
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<DbConnection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.opened).as_millis()).unwrap_or(u64::MAX)
    }
}
