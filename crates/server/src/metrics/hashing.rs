//! Counts the jobs of the hashing lane.

use autorisen_security::{LaneOutcome, LaneReport};
use prometheus::{Histogram, IntCounterVec};

use super::book::SPANS;
use super::{Book, MetricsError};

/// The counters.
pub(crate) struct HashingMetrics {
    wait: Histogram,
    run: Histogram,
    jobs: IntCounterVec,
}

impl HashingMetrics {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        let jobs = book.counters(
            "autorisen_hashing_jobs_total",
            &["outcome"],
            "Passwords hashed or checked, by how that ended: done, refused (full, late), or abandoned by who asked.",
        )?;
        for outcome in LaneOutcome::ALL {
            jobs.get_metric_with_label_values(&[outcome.as_str()])?;
        }
        Ok(Self {
            wait: book.histogram(
                "autorisen_hashing_wait_seconds",
                &SPANS,
                "How long passwords waited for a thread that hashes.",
            )?,
            run: book.histogram(
                "autorisen_hashing_duration_seconds",
                &SPANS,
                "How long hashing or checking a password took.",
            )?,
            jobs,
        })
    }

    /// Counts a job.
    pub(crate) fn count(&self, report: &LaneReport) {
        if let Some(spans) = report.spans {
            self.wait.observe(spans.waited.as_secs_f64());
            self.run.observe(spans.ran.as_secs_f64());
        }
        if let Ok(counter) = self.jobs.get_metric_with_label_values(&[report.outcome.as_str()]) {
            counter.inc();
        }
    }
}
