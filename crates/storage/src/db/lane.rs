//! A few threads of their own behind bounded queues.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use crate::db::job::{Job, Mode};
use crate::db::observer::LaneUsage;

/// What a thread of a lane does: it takes jobs until there are none and never will be.
pub(super) trait Worker: Send + Sync + 'static {
    /// Works until its seat has nothing more to do.
    fn serve(&self, seat: &Seat);

    /// Told when threads were given up: whatever they hold is lost.
    fn renew(&self) {}
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// As many wait as may.
    Full,
    /// The lane was closed.
    Closed,
}

/// How many times its own size a lane may have in threads that were given up.
const GIVEN_UP_AT_MOST: usize = 4;

/// How many threads a lane has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crew {
    /// In all.
    pub(super) size: usize,
    /// Of these, how many only read, so that those who only read are served while the others are busy.
    pub(super) readers: usize,
}

/// Threads and their queues.
pub(super) struct Lane {
    name: &'static str,
    thread_name: &'static str,
    crew: Crew,
    /// `None` once it was closed.
    open: RwLock<Option<Open>>,
    reads: Receiver<Job>,
    others: Receiver<Job>,
    threads: Mutex<Vec<Thread>>,
}

struct Open {
    reads: Sender<Job>,
    others: Sender<Job>,
    worker: Arc<dyn Worker>,
}

struct Thread {
    handle: JoinHandle<()>,
    seat: Arc<Seat>,
}

/// Where a thread takes its jobs from, and what it tells of itself.
pub(super) struct Seat {
    reads: Receiver<Job>,
    /// `None` for one that only reads.
    others: Option<Receiver<Job>>,
    busy_since: Mutex<Option<Instant>>,
    is_given_up: AtomicBool,
}

impl Seat {
    /// The next job, which is waited for; `None` when there will be none for this thread.
    pub(super) fn next(&self) -> Option<Job> {
        self.tell(None);
        if self.is_given_up.load(Ordering::Acquire) {
            return None;
        }
        let job = match &self.others {
            None => self.reads.recv().ok(),
            // Both are closed together: what is left in the other one is still done.
            Some(others) => select! {
                recv(self.reads) -> job => job.ok().or_else(|| others.recv().ok()),
                recv(others) -> job => job.ok().or_else(|| self.reads.recv().ok()),
            },
        };
        self.tell(Some(Instant::now()));
        job
    }

    /// Further jobs, as many as wait right now.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Job> {
        self.others.iter().chain([&self.reads]).flat_map(Receiver::try_iter)
    }

    /// Whether its thread has a job, and is still counted on.
    fn is_busy(&self) -> bool {
        let is_given_up = self.is_given_up.load(Ordering::Acquire);
        !is_given_up && self.busy_since.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn tell(&self, busy_since: Option<Instant>) {
        *self.busy_since.lock().unwrap_or_else(PoisonError::into_inner) = busy_since;
    }

    /// Has the thread end after its job, if it has been busy with it for so long.
    fn give_up(&self, busy_for: Duration) -> bool {
        let busy_since = *self.busy_since.lock().unwrap_or_else(PoisonError::into_inner);
        busy_since.is_some_and(|since| since.elapsed() >= busy_for)
            && !self.is_given_up.swap(true, Ordering::AcqRel)
    }
}

impl Lane {
    /// Starts threads that share `worker` and have queues of at most `capacity` jobs each. `name` is what
    /// reports call it, `thread_name` what its threads are called.
    pub(super) fn start(
        name: &'static str,
        thread_name: &'static str,
        crew: Crew,
        capacity: usize,
        worker: impl Worker,
    ) -> io::Result<Self> {
        let (reads_in, reads) = bounded(capacity);
        let (others_in, others) = bounded(capacity);
        let worker: Arc<dyn Worker> = Arc::new(worker);
        let open = Open { reads: reads_in, others: others_in, worker: Arc::clone(&worker) };
        let threads = Mutex::new(Vec::with_capacity(crew.size));
        let lane = Self { name, thread_name, crew, open: RwLock::new(Some(open)), reads, others, threads };
        for number in 0..crew.size {
            let thread = lane.spawn(number < crew.readers, &worker)?;
            lane.threads().push(thread);
        }
        Ok(lane)
    }

    /// What it is called in reports.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// How busy it is now.
    pub(super) fn usage(&self) -> LaneUsage {
        let queues = [&self.reads, &self.others];
        LaneUsage {
            lane: self.name,
            threads: self.crew.size,
            busy: self.threads().iter().filter(|thread| thread.seat.is_busy()).count(),
            queued: queues.iter().map(|queue| queue.len()).sum(),
            capacity: queues.iter().filter_map(|queue| queue.capacity()).sum(),
        }
    }

    /// Puts a job into its queue, without waiting.
    pub(super) fn send(&self, job: Job) -> Result<(), NotTaken> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_ref().ok_or(NotTaken::Closed)?;
        let queue = if job.mode == Mode::Read { &open.reads } else { &open.others };
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Closed,
        })
    }

    /// Puts others in the place of threads that have been busy with one job for so long: what they wait
    /// for has gone silent, and may be so for good. They end when it says something after all, or when TCP
    /// finds that nobody is there. Up to [`GIVEN_UP_AT_MOST`] crews are left waiting at a time.
    pub(super) fn relieve(&self, busy_for: Duration) {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let Some(worker) = open.as_ref().map(|open| &open.worker) else { return };
        let mut threads = self.threads();
        threads.retain(|thread| !thread.handle.is_finished());
        let missing = threads.iter().filter(|thread| thread.seat.is_given_up.load(Ordering::Acquire)).count();
        let given_up: Vec<bool> = threads
            .iter()
            .filter(|thread| thread.seat.give_up(busy_for))
            .map(|thread| thread.seat.others.is_none())
            .take((self.crew.size * GIVEN_UP_AT_MOST).saturating_sub(missing))
            .collect();
        if given_up.is_empty() {
            return;
        }
        worker.renew();
        // Where there is no thread to be had, those that are left do the work.
        threads.extend(given_up.into_iter().filter_map(|only_reads| self.spawn(only_reads, worker).ok()));
    }

    /// Takes no more jobs and returns once those in the queues are done and the threads have ended, or
    /// at `deadline`: a thread whose database went silent may never come back, and is left behind.
    pub(super) fn close(&self, deadline: Instant) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        let mut threads = self.threads();
        for Thread { handle, .. } in threads.drain(..) {
            // The last handle may be dropped by a job, on a thread that cannot wait for itself.
            if handle.thread().id() == thread::current().id() {
                continue;
            }
            while !handle.is_finished() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(2));
            }
            if handle.is_finished() {
                drop(handle.join());
            }
        }
    }

    fn spawn(&self, only_reads: bool, worker: &Arc<dyn Worker>) -> io::Result<Thread> {
        let seat = Arc::new(Seat {
            reads: self.reads.clone(),
            others: (!only_reads).then(|| self.others.clone()),
            busy_since: Mutex::new(None),
            is_given_up: AtomicBool::new(false),
        });
        let (worker, taken) = (Arc::clone(worker), Arc::clone(&seat));
        let handle = thread::Builder::new().name(self.thread_name.to_owned()).spawn(move || {
            // Work is caught where it runs. This is for what it leaves behind, such as a value
            // that panics when it is dropped: a lane must not lose its threads.
            while catch_unwind(AssertUnwindSafe(|| worker.serve(&taken))).is_err() {}
        })?;
        Ok(Thread { handle, seat })
    }

    fn threads(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
