//! A piece of database work on its way to a thread, and its outcome on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use autorisen_domain::error::PortError;
use tokio::sync::oneshot;

use crate::db::DbConnection;
use crate::db::observer::JobOutcome;
use crate::dialect;
use crate::row::BadRow;

/// Why work was broken off. Whatever it had changed is undone.
#[derive(Debug)]
pub enum Abort<E> {
    /// A statement failed.
    Statement(diesel::result::Error),
    /// A row cannot be read.
    Row(BadRow),
    /// The work itself has a reason.
    Refused(E),
}

impl<E> From<diesel::result::Error> for Abort<E> {
    fn from(error: diesel::result::Error) -> Self {
        Self::Statement(error)
    }
}

impl<E> From<BadRow> for Abort<E> {
    fn from(error: BadRow) -> Self {
        Self::Row(error)
    }
}

/// What a job is allowed to do, and so where and how it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Changes nothing; may be run twice.
    Read,
    /// One statement.
    Write,
    /// Several statements, all or none.
    Transaction,
}

/// How a run of a job's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran {
    /// Well: what it changed is to be kept.
    Well,
    /// Not well: what it changed is to be undone.
    Badly,
    /// Not well, because the connection was lost or the file was locked: another try may do better.
    Interrupted,
    /// It panicked: nothing is known of the connection.
    Panicked,
}

/// Settles who has a waiting job: the thread that comes to run it, or the caller who takes it back
/// because none came in time. It also carries when that was, and how it went.
#[derive(Debug)]
pub(super) struct Ticket {
    taken: AtomicBool,
    queued: Instant,
    /// Nanoseconds after `queued`; zero until then.
    begun: AtomicU64,
    ended: AtomicU64,
    outcome: AtomicU64,
}

impl Ticket {
    fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            queued: Instant::now(),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            outcome: AtomicU64::new(0),
        }
    }

    /// Takes the ticket; `false` when the other side was faster.
    pub(super) fn take(&self) -> bool {
        !self.taken.swap(true, Ordering::AcqRel)
    }

    /// How long the job waited for a thread, and then for its end, as far as it came.
    pub(super) fn spans(&self) -> (Option<Duration>, Option<Duration>) {
        let at = |place: &AtomicU64| Some(place.load(Ordering::Relaxed)).filter(|&nanos| nanos > 0);
        let (begun, ended) = (at(&self.begun), at(&self.ended));
        let ran = begun.zip(ended).map(|(begun, ended)| Duration::from_nanos(ended.saturating_sub(begun)));
        (begun.map(Duration::from_nanos), ran)
    }

    /// How the job ended; meant for who got the outcome.
    pub(super) fn outcome(&self) -> JobOutcome {
        let place = usize::try_from(self.outcome.load(Ordering::Relaxed)).unwrap_or(0);
        JobOutcome::ALL.get(place).copied().unwrap_or(JobOutcome::Failed)
    }

    fn begin(&self) {
        self.begun.store(self.nanos(), Ordering::Relaxed);
    }

    fn end(&self, outcome: JobOutcome) {
        self.outcome.store(outcome as u64, Ordering::Relaxed);
        self.ended.store(self.nanos(), Ordering::Relaxed);
    }

    fn nanos(&self) -> u64 {
        u64::try_from(self.queued.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}

/// A piece of work in a queue.
pub(super) struct Job {
    pub(super) op: &'static str,
    pub(super) mode: Mode,
    ticket: Arc<Ticket>,
    start_before: Instant,
    task: Box<dyn Task>,
}

/// What came back of a job: its outcome, or nothing if it was dropped.
pub(super) type Reply<T, E> = oneshot::Receiver<Result<T, E>>;

impl Job {
    /// A job that runs `work`, the ticket for it, and where its outcome will arrive.
    pub(super) fn new<T, E, F>(
        op: &'static str,
        mode: Mode,
        start_within: Duration,
        work: F,
    ) -> (Self, Arc<Ticket>, Reply<T, E>)
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let ticket = Arc::new(Ticket::new());
        let task = Box::new(Call { op, work, outcome: None, is_well: false, reply });
        let start_before = ticket.queued + start_within;
        (Self { op, mode, ticket: Arc::clone(&ticket), start_before, task }, ticket, outcome)
    }

    /// Takes the job to run it; `None` when it is too late for that, or it is a read that nobody
    /// waits for. A write runs even if its caller is gone: who asked for it counts on it.
    pub(super) fn admit(self) -> Option<Self> {
        if !self.ticket.take() || (self.mode == Mode::Read && self.task.is_abandoned()) {
            return None;
        }
        if Instant::now() > self.start_before {
            let late = PortError::overloaded(self.op, super::RETRY_OVERLOADED_AFTER);
            self.ticket.end(JobOutcome::Late);
            self.task.fail(late);
            return None;
        }
        self.ticket.begin();
        Some(self)
    }

    /// Runs the work and holds its outcome back. It does not panic.
    pub(super) fn run(&mut self, conn: &mut DbConnection) -> Ran {
        self.task.run(conn)
    }

    /// Tells the caller the outcome of the last run.
    pub(super) fn answer(self) {
        self.ticket.end(if self.task.is_well() { JobOutcome::Done } else { JobOutcome::Failed });
        self.task.answer();
    }

    /// Tells the caller that the work failed, whatever its outcome was.
    pub(super) fn fail(self, error: PortError) {
        self.ticket.end(JobOutcome::Failed);
        self.task.fail(error);
    }
}

#[cfg(feature = "testing")]
thread_local! {
    static OPERATION: std::cell::Cell<&'static str> = const { std::cell::Cell::new("") };
}

/// The operation whose work this thread runs or ran last: what a statement that is being made is for.
#[cfg(feature = "testing")]
pub(crate) fn operation() -> &'static str {
    OPERATION.get()
}

/// Says what the statements are for that this thread makes from now on; only tests ask.
pub(super) fn set_operation(op: &'static str) {
    #[cfg(feature = "testing")]
    OPERATION.set(op);
    let _ = op;
}

/// A [`Call`] whose types are forgotten.
trait Task: Send {
    fn is_abandoned(&self) -> bool;
    /// Whether nothing failed in the last run; the work may have had a reason of its own to end.
    fn is_well(&self) -> bool;
    fn run(&mut self, conn: &mut DbConnection) -> Ran;
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, error: PortError);
}

struct Call<T, E, F> {
    op: &'static str,
    work: F,
    outcome: Option<Result<T, E>>,
    is_well: bool,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Task for Call<T, E, F>
where
    T: Send,
    E: From<PortError> + Send,
    F: FnMut(&mut DbConnection) -> Result<T, Abort<E>> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn is_well(&self) -> bool {
        self.is_well
    }

    fn run(&mut self, conn: &mut DbConnection) -> Ran {
        set_operation(self.op);
        let work = &mut self.work;
        self.is_well = false;
        let (ran, outcome) = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
            Ok(Ok(value)) => {
                self.is_well = true;
                (Ran::Well, Ok(value))
            }
            Ok(Err(Abort::Refused(error))) => {
                self.is_well = true;
                (Ran::Badly, Err(error))
            }
            Ok(Err(Abort::Row(error))) => (Ran::Badly, Err(PortError::new(self.op, error).into())),
            Ok(Err(Abort::Statement(error))) => {
                let ran = if dialect::may_pass(&error) { Ran::Interrupted } else { Ran::Badly };
                (ran, Err(PortError::new(self.op, dialect::explained(error)).into()))
            }
            Err(_) => (Ran::Panicked, Err(PortError::new(self.op, "the work panicked").into())),
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // The caller may be gone; what was done is done.
            drop(self.reply.send(outcome));
        }
    }

    fn fail(self: Box<Self>, error: PortError) {
        drop(self.reply.send(Err(error.into())));
    }
}
