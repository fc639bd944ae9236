//! A piece of database work on its way to a thread, and its outcome on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use autorisen_domain::error::PortError;
use tokio::sync::oneshot;

use crate::db::DbConnection;
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
/// because none came in time.
#[derive(Debug, Default)]
pub(super) struct Ticket(AtomicBool);

impl Ticket {
    /// Takes the ticket; `false` when the other side was faster.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
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
        let ticket = Arc::new(Ticket::default());
        let task = Box::new(Call { op, work, outcome: None, reply });
        let start_before = Instant::now() + start_within;
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
            self.fail(late);
            return None;
        }
        Some(self)
    }

    /// Runs the work and holds its outcome back. It does not panic.
    pub(super) fn run(&mut self, conn: &mut DbConnection) -> Ran {
        self.task.run(conn)
    }

    /// Tells the caller the outcome of the last run.
    pub(super) fn answer(self) {
        self.task.answer();
    }

    /// Tells the caller that the work failed, whatever its outcome was.
    pub(super) fn fail(self, error: PortError) {
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

/// A [`Call`] whose types are forgotten.
trait Task: Send {
    fn is_abandoned(&self) -> bool;
    fn run(&mut self, conn: &mut DbConnection) -> Ran;
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, error: PortError);
}

struct Call<T, E, F> {
    op: &'static str,
    work: F,
    outcome: Option<Result<T, E>>,
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

    fn run(&mut self, conn: &mut DbConnection) -> Ran {
        #[cfg(feature = "testing")]
        OPERATION.set(self.op);
        let work = &mut self.work;
        let (ran, outcome) = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
            Ok(Ok(value)) => (Ran::Well, Ok(value)),
            Ok(Err(Abort::Refused(error))) => (Ran::Badly, Err(error)),
            Ok(Err(Abort::Row(error))) => (Ran::Badly, Err(PortError::new(self.op, error).into())),
            Ok(Err(Abort::Statement(error))) => {
                let ran = if dialect::may_pass(&error) { Ran::Interrupted } else { Ran::Badly };
                (ran, Err(PortError::new(self.op, error).into()))
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
