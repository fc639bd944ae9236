//! A few threads of their own behind a bounded queue.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::db::job::Job;

/// What a thread of a lane does: it takes jobs until there are none and never will be.
pub(super) trait Worker: Send + Sync + 'static {
    /// Works until the queue is closed and empty.
    fn serve(&self, jobs: &Receiver<Job>);
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
}

impl Lane {
    /// Starts `count` threads that share `worker` and a queue of at most `capacity` jobs.
    pub(super) fn start(name: &str, count: usize, capacity: usize, worker: impl Worker) -> io::Result<Self> {
        let (sender, receiver) = crossbeam_channel::bounded(capacity);
        let worker = Arc::new(worker);
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let (receiver, worker) = (receiver.clone(), Arc::clone(&worker));
            let thread = thread::Builder::new().name(format!("{name}-{number}"));
            threads.push(thread.spawn(move || {
                // Work is caught where it runs. This is for what it leaves behind, such as a value
                // that panics when it is dropped: a lane must not lose its threads.
                while catch_unwind(AssertUnwindSafe(|| worker.serve(&receiver))).is_err() {}
            })?);
        }
        Ok(Self { jobs: RwLock::new(Some(sender)), threads: Mutex::new(threads) })
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
