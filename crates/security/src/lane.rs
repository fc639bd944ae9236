//! The hashing lane: a few threads of low priority and a short queue, so that a storm of logins
//! slows logins alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use autorisen_domain::error::PortError;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

/// How the lane is laid out.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    /// How many threads hash.
    pub threads: usize,
    /// How many jobs may wait.
    pub queue: usize,
    /// A job that has not begun after this long is given up.
    pub max_wait: Duration,
    /// How long a job is expected to take, until some have been timed.
    pub expected: Duration,
}

/// Is told what became of each job, in the task of who asked for it. It neither fails nor waits.
pub trait LaneObserver: Send + Sync {
    /// A job is over for who asked for it.
    fn job(&self, report: &LaneReport);
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneReport {
    /// What was to be done, such as "verify a password".
    pub operation: &'static str,
    /// How it ended.
    pub outcome: LaneOutcome,
    /// From the queue to a thread, and there to its end; `None` when it was not done.
    pub spans: Option<LaneSpans>,
    /// All of it, as who asked saw it.
    pub took: Duration,
}

/// How long a job waited, and how long it then took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSpans {
    /// In the queue.
    pub waited: Duration,
    /// On a thread.
    pub ran: Duration,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneOutcome {
    /// It was done.
    Done,
    /// It was refused at once: the queue was full, or so long that it would have been given up.
    Full,
    /// It was given up after it had waited too long, or it failed.
    Late,
    /// Who asked had gone before it was over.
    Abandoned,
}

impl LaneOutcome {
    /// Every outcome there is.
    pub const ALL: [Self; 4] = [Self::Done, Self::Full, Self::Late, Self::Abandoned];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Full => "full",
            Self::Late => "late",
            Self::Abandoned => "abandoned",
        }
    }
}

/// How busy the lane is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneUsage {
    /// How many threads hash.
    pub threads: usize,
    /// How many callers wait for an answer, of jobs that are under way as well.
    pub callers: usize,
    /// How many jobs may wait for a thread.
    pub capacity: usize,
}

type Job = Box<dyn FnOnce() + Send>;

/// The lane. Dropping it finishes the job under way on each thread and gives up the rest.
pub struct HashLane {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    settings: LaneSettings,
    /// How many callers wait for an answer, of jobs that are under way as well. One that has gone is not
    /// counted, though its job may still be in the queue: it will be skipped.
    callers: Arc<AtomicUsize>,
    /// How long a job took lately, in microseconds; a moving average.
    average: Arc<AtomicU64>,
    observer: Option<Arc<dyn LaneObserver>>,
}

impl HashLane {
    /// Starts the threads.
    pub fn start(settings: LaneSettings) -> std::io::Result<Self> {
        let (jobs, queue) = bounded::<Job>(settings.queue);
        let threads = (0..settings.threads.max(1))
            .map(|number| {
                let queue = queue.clone();
                std::thread::Builder::new().name(format!("hash-{number}")).spawn(move || work(&queue))
            })
            .collect::<Result<_, _>>()?;
        let average = Arc::new(AtomicU64::new(micros(settings.expected).max(1)));
        let callers = Arc::new(AtomicUsize::new(0));
        Ok(Self { jobs: Some(jobs), threads, settings, callers, average, observer: None })
    }

    /// The same lane, whose jobs `observer` is told of.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn LaneObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// How busy it is now.
    #[must_use]
    pub fn usage(&self) -> LaneUsage {
        LaneUsage {
            threads: self.threads.len(),
            callers: self.callers.load(Ordering::Relaxed),
            capacity: self.settings.queue,
        }
    }

    /// Refuses what [`HashLane::run`] would refuse at once now, so that nothing need be done for it before.
    pub fn admit(&self, operation: &'static str) -> Result<(), PortError> {
        let is_full = self.jobs.as_ref().is_some_and(Sender::is_full);
        if !is_full && self.expected_wait(0) <= self.settings.max_wait {
            return Ok(());
        }
        let mut watched = Watched::new(self.observer.as_deref(), operation);
        watched.outcome = LaneOutcome::Full;
        Err(self.overloaded(operation))
    }

    /// Runs `job` in the lane. It is refused at once when the queue is full or so long that the job
    /// would be given up, given up when it has waited too long all the same, and skipped when nobody
    /// waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let (answer, result) = oneshot::channel();
        let mut watched = Watched::new(self.observer.as_deref(), operation);
        let queued_at = watched.begun;
        let deadline = queued_at + self.settings.max_wait;
        let average = Arc::clone(&self.average);
        let queued: Job = Box::new(move || {
            let begun = Instant::now();
            if answer.is_closed() || begun > deadline {
                return; // Dropping `answer` says that the job was not done.
            }
            let done = job();
            let ran = begun.elapsed();
            note_duration(&average, ran);
            let _ = answer.send((done, LaneSpans { waited: begun - queued_at, ran }));
        });

        let lane = self.jobs.as_ref().ok_or_else(|| PortError::new(operation, "the lane has ended"))?;
        if self.expected_wait(0) > self.settings.max_wait {
            watched.outcome = LaneOutcome::Full;
            return Err(self.overloaded(operation));
        }
        let _caller = Caller::new(&self.callers);
        match lane.try_send(queued) {
            Ok(()) => {
                if let Ok((done, spans)) = result.await {
                    (watched.outcome, watched.spans) = (LaneOutcome::Done, Some(spans));
                    return Ok(done);
                }
                watched.outcome = LaneOutcome::Late;
                Err(self.overloaded(operation))
            }
            Err(TrySendError::Full(_)) => {
                watched.outcome = LaneOutcome::Full;
                Err(self.overloaded(operation))
            }
            Err(TrySendError::Disconnected(_)) => Err(PortError::new(operation, "the lane has ended")),
        }
    }

    /// Says to come back when what waits now will be done.
    fn overloaded(&self, operation: &'static str) -> PortError {
        let wait = self.expected_wait(1);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        PortError::overloaded(operation, Duration::from_secs(seconds.clamp(1, 60)))
    }

    /// How long a job waits behind those that wait now and this many more.
    fn expected_wait(&self, more: usize) -> Duration {
        let average = self.average.load(Ordering::Relaxed);
        let threads = self.threads.len().max(1);
        let waiting = self.callers.load(Ordering::Relaxed).saturating_sub(threads) + more;
        Duration::from_micros(average.saturating_mul(waiting as u64) / threads as u64)
    }
}

/// Reports one job once, however its caller's wait ends.
struct Watched<'a> {
    observer: Option<&'a dyn LaneObserver>,
    operation: &'static str,
    begun: Instant,
    outcome: LaneOutcome,
    spans: Option<LaneSpans>,
}

impl<'a> Watched<'a> {
    fn new(observer: Option<&'a dyn LaneObserver>, operation: &'static str) -> Self {
        Self { observer, operation, begun: Instant::now(), outcome: LaneOutcome::Abandoned, spans: None }
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if let Some(observer) = self.observer {
            let Self { operation, outcome, spans, begun, .. } = *self;
            observer.job(&LaneReport { operation, outcome, spans, took: begun.elapsed() });
        }
    }
}

/// One who waits for an answer, for as long as this lives.
struct Caller(Arc<AtomicUsize>);

impl Caller {
    fn new(callers: &Arc<AtomicUsize>) -> Self {
        callers.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(callers))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for HashLane {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

fn work(queue: &Receiver<Job>) {
    lower_priority();
    for job in queue {
        // A job that panics drops its answer, which is an error for who waits, and nothing more.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
    }
}

/// The lowest priority for this thread alone, so that hashing takes what others leave. It needs no
/// privilege; where it cannot be done, hashing is as urgent as the rest.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19);
}

fn note_duration(average: &AtomicU64, took: Duration) {
    let before = average.load(Ordering::Relaxed);
    average.store((before - before / 8 + micros(took) / 8).max(1), Ordering::Relaxed);
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX / 8)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn lane(queue: usize, max_wait: Duration) -> HashLane {
        let expected = Duration::from_millis(1);
        HashLane::start(LaneSettings { threads: 1, queue, max_wait, expected }).unwrap()
    }

    /// Keeps the one thread of the lane busy until the returned sender is used or dropped.
    async fn occupy(
        lane: &Arc<HashLane>,
    ) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), PortError>>) {
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let busy = Arc::clone(lane);
        let task = tokio::spawn(async move {
            busy.run("occupy", move || {
                let _ = started.send(());
                let _ = released.recv();
            })
            .await
        });
        has_started.await.unwrap();
        (release, task)
    }

    #[tokio::test]
    async fn a_full_lane_refuses_at_once_and_says_when_to_come_back() {
        let lane = Arc::new(lane(1, Duration::from_mins(1)));
        let (release, busy) = occupy(&lane).await;
        let waiting = Arc::clone(&lane);
        let waiting = tokio::spawn(async move { waiting.run("wait", || 1).await });
        while lane.jobs.as_ref().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let refused = lane.run("refuse", || 2).await.unwrap_err();
        assert!(refused.retry_after() >= Duration::from_secs(1));
        assert_eq!(lane.admit("refuse").unwrap_err().retry_after(), refused.retry_after());
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 1);
        assert!(lane.admit("come back").is_ok());
    }

    #[tokio::test]
    async fn a_job_that_waited_too_long_is_given_up() {
        let lane = Arc::new(lane(4, Duration::ZERO));
        let (done, was_done) = mpsc::channel();
        let late = lane.run("late", move || done.send(())).await;
        assert!(late.is_err());
        assert!(was_done.recv().is_err(), "the job ran although it was late");
    }

    #[tokio::test]
    async fn a_job_nobody_waits_for_is_skipped() {
        let lane = Arc::new(lane(4, Duration::from_mins(1)));
        let (release, busy) = occupy(&lane).await;
        let (done, was_done) = mpsc::channel();
        {
            let mut abandoned = Box::pin(lane.run("abandoned", move || done.send(())));
            let waker = std::task::Waker::noop();
            let mut poll = std::task::Context::from_waker(waker);
            assert!(abandoned.as_mut().poll(&mut poll).is_pending());
        }
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        lane.run("after", || ()).await.unwrap();
        assert!(was_done.recv().is_err(), "the job ran although nobody waited");
    }

    #[tokio::test]
    async fn who_has_gone_keeps_nobody_waiting() {
        // Two jobs ahead would be too many: each is expected to take two thirds of the longest wait.
        let settings = LaneSettings {
            threads: 1,
            queue: 16,
            max_wait: Duration::from_mins(3),
            expected: Duration::from_mins(2),
        };
        let lane = Arc::new(HashLane::start(settings).unwrap());
        let (release, busy) = occupy(&lane).await;
        for _ in 0..10 {
            let mut abandoned = Box::pin(lane.run("abandoned", || ()));
            let mut poll = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(abandoned.as_mut().poll(&mut poll).is_pending(), "the ones before it count");
        }
        let mut patient = (0..2).map(|_| Box::pin(lane.run("patient", || ()))).collect::<Vec<_>>();
        let mut poll = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(patient.iter_mut().all(|job| job.as_mut().poll(&mut poll).is_pending()));
        let refused = lane.run("refused", || ()).await.unwrap_err();
        assert_eq!(refused.retry_after(), Duration::from_mins(1), "as long as can be told");
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        for job in patient {
            job.await.unwrap();
        }
    }

    #[derive(Default)]
    struct Seen(std::sync::Mutex<Vec<LaneReport>>);

    impl LaneObserver for Seen {
        fn job(&self, report: &LaneReport) {
            self.0.lock().unwrap().push(*report);
        }
    }

    #[tokio::test]
    async fn what_became_of_each_job_is_told_once() {
        let seen = Arc::new(Seen::default());
        let lane = Arc::new(lane(1, Duration::from_mins(1)).observed_by(seen.clone()));
        let (release, busy) = occupy(&lane).await;
        {
            let mut abandoned = Box::pin(lane.run("abandoned", || ()));
            let mut poll = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(abandoned.as_mut().poll(&mut poll).is_pending());
            assert_eq!(lane.usage(), LaneUsage { threads: 1, callers: 2, capacity: 1 });
            lane.run("refused", || ()).await.unwrap_err();
        }
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        let seen = seen.0.lock().unwrap();
        let told: Vec<_> = seen.iter().map(|report| (report.operation, report.outcome)).collect();
        let expected = [
            ("refused", LaneOutcome::Full),
            ("abandoned", LaneOutcome::Abandoned),
            ("occupy", LaneOutcome::Done),
        ];
        assert_eq!(told, expected);
        let spans = seen[2].spans.unwrap();
        assert!(spans.waited + spans.ran <= seen[2].took, "{:?}", seen[2]);
        assert_eq!((seen[0].spans, seen[1].spans), (None, None));
    }

    #[tokio::test]
    async fn a_job_that_panics_fails_alone() {
        let lane = lane(4, Duration::from_mins(1));
        assert!(lane.run("panic", || panic!("on purpose")).await.is_err());
        assert_eq!(lane.run("after", || 3).await.unwrap(), 3);
    }
}
