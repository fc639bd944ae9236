//! What is told of the work of the database's threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::db::job::Ticket;

/// Is told what became of each job, in the task of who asked for it. It neither fails nor waits.
pub trait DbObserver: Send + Sync {
    /// A job is over for who asked for it.
    fn job(&self, report: &JobReport);
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobReport {
    /// What was to be done, such as "find user".
    pub op: &'static str,
    /// Whose queue it waited in: [`LANE_MAIN`] or [`LANE_WRITER`].
    pub lane: &'static str,
    /// How it ended.
    pub outcome: JobOutcome,
    /// From the queue to a thread; `None` when no thread took it.
    pub waited: Option<Duration>,
    /// From there until its outcome was told, with the commit; `None` unless it came to that.
    pub ran: Option<Duration>,
    /// All of it, as who asked saw it.
    pub took: Duration,
}

impl JobReport {
    /// Of what was read where it was asked for, for which nobody waited.
    pub(super) const fn inline(op: &'static str, took: Duration) -> Self {
        let (outcome, ran) = (JobOutcome::Done, Some(took));
        Self { op, lane: LANE_MAIN, outcome, waited: Some(Duration::ZERO), ran, took }
    }
}

/// The lane of everything on PostgreSQL, and of what only reads on SQLite.
pub const LANE_MAIN: &str = "main";
/// The lane of what changes something on SQLite.
pub const LANE_WRITER: &str = "writer";

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// It did what it was for, or found a reason of its own not to.
    Done,
    /// The database failed.
    Failed,
    /// It was refused at once, since too many waited.
    Full,
    /// It was given up, since no thread came in time.
    Late,
    /// Who asked had gone before it was over.
    Abandoned,
}

impl JobOutcome {
    /// Every outcome there is.
    pub const ALL: [Self; 5] = [Self::Done, Self::Failed, Self::Full, Self::Late, Self::Abandoned];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Full => "full",
            Self::Late => "late",
            Self::Abandoned => "abandoned",
        }
    }
}

/// How busy a lane is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneUsage {
    /// Which.
    pub lane: &'static str,
    /// How many threads it has; on PostgreSQL that is the size of the pool.
    pub threads: usize,
    /// How many of them are at work.
    pub busy: usize,
    /// How many jobs wait.
    pub queued: usize,
    /// How many may.
    pub capacity: usize,
}

/// Reports one job once, however its caller's wait ends.
pub(super) struct Watched<'a> {
    observer: Option<&'a Arc<dyn DbObserver>>,
    op: &'static str,
    lane: &'static str,
    ticket: Arc<Ticket>,
    begun: Instant,
    outcome: JobOutcome,
}

impl<'a> Watched<'a> {
    pub(super) fn new(
        observer: Option<&'a Arc<dyn DbObserver>>,
        op: &'static str,
        lane: &'static str,
        ticket: Arc<Ticket>,
    ) -> Self {
        Self { observer, op, lane, ticket, begun: Instant::now(), outcome: JobOutcome::Abandoned }
    }

    /// It is over.
    pub(super) const fn ended(&mut self, outcome: JobOutcome) {
        self.outcome = outcome;
    }

    /// Its thread told an outcome.
    pub(super) fn told(&mut self) {
        self.outcome = self.ticket.outcome();
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let Some(observer) = self.observer else { return };
        let (waited, ran) = self.ticket.spans();
        observer.job(&JobReport {
            op: self.op,
            lane: self.lane,
            outcome: self.outcome,
            waited,
            ran,
            took: self.begun.elapsed(),
        });
    }
}
