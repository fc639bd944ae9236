//! A few threads that may wait for a disk, behind a bounded queue.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use autorisen_domain::error::PortError;
use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;

/// Disks do more when they are asked several things at once, but not many more.
const THREADS: usize = 4;
/// Each may hold a part of a file, so this many parts may be in memory.
const CAPACITY: usize = 64;
/// When it is worth trying again after a full queue.
const RETRY_AFTER: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce() + Send>;

/// The threads. They end when this is dropped and the queue is empty.
pub(crate) struct Lane(Sender<Job>);

impl Lane {
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, receiver) = bounded::<Job>(CAPACITY);
        for number in 0..THREADS {
            let jobs: Receiver<Job> = receiver.clone();
            thread::Builder::new().name(format!("files-{number}")).spawn(move || {
                for job in jobs {
                    // A job that panics answers nobody, and its caller is told so.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Self(sender))
    }

    /// Runs `work` on a thread that may wait. A write is done even if its caller is gone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, PortError> {
        let (reply, outcome) = oneshot::channel();
        let job = Box::new(move || {
            let _ = reply.send(work());
        });
        if self.0.try_send(job).is_err() {
            return Err(PortError::overloaded(operation, RETRY_AFTER));
        }
        match outcome.await {
            Ok(result) => result.map_err(|error| PortError::new(operation, error)),
            Err(_) => Err(PortError::new(operation, "the work panicked")),
        }
    }
}
