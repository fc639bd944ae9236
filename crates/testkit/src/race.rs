//! Calls that start at the same moment.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Runs `callers` futures in tasks of their own, lets all start at the same moment, and gives what
/// they returned, in no particular order.
///
/// Only a runtime of several threads makes it a race: see [`crate::contracts::run`].
pub async fn race<F, R>(callers: usize, call: impl Fn(usize) -> F) -> Vec<R>
where
    F: Future<Output = R> + Send + 'static,
    R: Send + 'static,
{
    let start = Arc::new(Barrier::new(callers));
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (start, future) = (Arc::clone(&start), call(caller));
        tasks.spawn(async move {
            start.wait().await;
            future.await
        });
    }
    tasks.join_all().await
}
