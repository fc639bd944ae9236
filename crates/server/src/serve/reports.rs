//! Storing what happens, for reports, beside answering.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::task::JoinHandle;
use actix_web::rt::time::timeout;
use autorisen_domain::analytics::AnalyticsService;
use slog::{Logger, warn};
use tokio::sync::Notify;

use crate::logging::EVENT;
use crate::request_log::Chain;

/// How soon what happened is in reports.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// How long it waits while the store is away, so that the log is not full of it.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long what happened last may take to be stored when the server stops.
const LAST_WITHIN: Duration = Duration::from_secs(3);

/// Stores what waits, again and again.
pub(super) struct Writer {
    analytics: Arc<AnalyticsService>,
    stop: Arc<Notify>,
    task: JoinHandle<()>,
    log: Logger,
}

impl Writer {
    /// Begins.
    pub(super) fn start(analytics: &Arc<AnalyticsService>, log: &Logger) -> Self {
        let (analytics, stop) = (Arc::clone(analytics), Arc::new(Notify::new()));
        let task = actix_web::rt::spawn(write(Arc::clone(&analytics), Arc::clone(&stop), log.clone()));
        Self { analytics, stop, task, log: log.clone() }
    }

    /// Stores once more what waits, and ends. What cannot be stored now is lost, and told.
    pub(super) async fn end(mut self) {
        self.stop.notify_one();
        if timeout(LAST_WITHIN, &mut self.task).await.is_err() {
            self.task.abort();
        }
        tell(self.analytics.abandon(), &self.log);
    }
}

async fn write(analytics: Arc<AnalyticsService>, stop: Arc<Notify>, log: Logger) {
    let mut pause = WRITE_EVERY;
    loop {
        let is_last = timeout(pause, stop.notified()).await.is_ok();
        let written = analytics.write().await;
        for error in &written.failures {
            warn!(log, #EVENT, "analytics.write.failure"; "error" => %Chain(error));
        }
        tell(written.lost, &log);
        if is_last {
            return;
        }
        pause = if written.failures.is_empty() { WRITE_EVERY } else { (pause * 2).min(LONGEST_PAUSE) };
    }
}

fn tell(lost: u64, log: &Logger) {
    if lost > 0 {
        warn!(log, #EVENT, "analytics.events.lost"; "events" => lost);
    }
}
