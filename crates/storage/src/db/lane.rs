//! A few threads of their own behind a bounded queue.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::db::job::Job;
use crate::db::observer::LaneUsage;

/// What a thread of a lane does: it takes jobs until there are none and never will be.
pub(super) trait Worker: Send + Sync + 'static {
    /// Works until the queue is closed and empty.
    fn serve(&self, jobs: &Receiver<Job>, busy: &Busy);
}

/// Counts the threads that are at work.
#[derive(Default)]
pub(super) struct Busy(AtomicUsize);

/// One thread at work, until it is dropped.
pub(super) struct AtWork<'a>(&'a Busy);

impl Busy {
    /// This thread begins to work.
    pub(super) fn begin(&self) -> AtWork<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        AtWork(self)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// As many wait as may.
    Full,
    /// The lane was closed.
    Closed,
}

/// Threads and their queue.
pub(super) struct Lane {
    jobs: RwLock<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    name: &'static str,
    size: usize,
    busy: Arc<Busy>,
}

impl Lane {
    /// Starts `count` threads that share `worker` and a queue of at most `capacity` jobs. The names of
    /// the threads begin with `thread`.
    pub(super) fn start(
        name: &'static str,
        thread: &str,
        count: usize,
        capacity: usize,
        worker: impl Worker,
    ) -> io::Result<Self> {
        let (sender, receiver) = crossbeam_channel::bounded(capacity);
        let (worker, busy) = (Arc::new(worker), Arc::new(Busy::default()));
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let (receiver, worker, busy) = (receiver.clone(), Arc::clone(&worker), Arc::clone(&busy));
            let builder = thread::Builder::new().name(format!("{thread}-{number}"));
            threads.push(builder.spawn(move || {
                // Work is caught where it runs. This is for what it leaves behind, such as a value
                // that panics when it is dropped: a lane must not lose its threads.
                while catch_unwind(AssertUnwindSafe(|| worker.serve(&receiver, &busy))).is_err() {}
            })?);
        }
        let (jobs, threads) = (RwLock::new(Some(sender)), Mutex::new(threads));
        Ok(Self { jobs, threads, name, size: count, busy })
    }

    /// What it is called in reports.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// How busy it is now.
    pub(super) fn usage(&self) -> LaneUsage {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let (queued, capacity) =
            jobs.as_ref().map_or((0, 0), |jobs| (jobs.len(), jobs.capacity().unwrap_or(0)));
        let busy = self.busy.0.load(Ordering::Relaxed);
        LaneUsage { lane: self.name, threads: self.size, busy, queued, capacity }
    }

    /// Puts a job into the queue, without waiting.
    pub(super) fn send(&self, job: Job) -> Result<(), NotTaken> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let sender = jobs.as_ref().ok_or(NotTaken::Closed)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Closed,
        })
    }

    /// Takes no more jobs and returns once those in the queue are done and the threads have ended, or
    /// at `deadline`: a thread whose database went silent may never come back, and is left behind.
    pub(super) fn close(&self, deadline: Instant) {
        *self.jobs.write().unwrap_or_else(PoisonError::into_inner) = None;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // The last handle may be dropped by a job, on a thread that cannot wait for itself.
            if thread.thread().id() == thread::current().id() {
                continue;
            }
            while !thread.is_finished() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(2));
            }
            if thread.is_finished() {
                drop(thread.join());
            }
        }
    }
}
