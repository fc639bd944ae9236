//! Counts the jobs of the database's threads.

use autorisen_storage::{JobOutcome, JobReport, LANE_MAIN, LANE_WRITER};
use prometheus::{Histogram, IntCounter};

use super::book::SPANS;
use super::{Book, MetricsError};

/// The counters, by lane.
pub(crate) struct DatabaseMetrics {
    main: Lane,
    writer: Lane,
}

struct Lane {
    wait: Histogram,
    run: Histogram,
    outcomes: Vec<(JobOutcome, IntCounter)>,
}

impl DatabaseMetrics {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        let wait = book.histograms(
            "autorisen_db_wait_seconds",
            &["lane"],
            &SPANS,
            "How long jobs waited for a thread of the database; on PostgreSQL each has a connection.",
        )?;
        let run = book.histograms(
            "autorisen_db_job_duration_seconds",
            &["lane"],
            &SPANS,
            "From the beginning of a job of the database to its outcome, with the commit.",
        )?;
        let jobs = book.counters(
            "autorisen_db_jobs_total",
            &["lane", "outcome"],
            "Jobs of the database, by how they ended: done, failed, refused (full, late), or abandoned by who asked.",
        )?;
        let lane = |lane| -> Result<Lane, MetricsError> {
            let counter = |outcome: JobOutcome| {
                Ok((outcome, jobs.get_metric_with_label_values(&[lane, outcome.as_str()])?))
            };
            Ok(Lane {
                wait: wait.get_metric_with_label_values(&[lane])?,
                run: run.get_metric_with_label_values(&[lane])?,
                outcomes: JobOutcome::ALL.into_iter().map(counter).collect::<Result<_, MetricsError>>()?,
            })
        };
        Ok(Self { main: lane(LANE_MAIN)?, writer: lane(LANE_WRITER)? })
    }

    /// Counts a job.
    pub(crate) fn count(&self, report: &JobReport) {
        let lane = if report.lane == LANE_WRITER { &self.writer } else { &self.main };
        if let Some(waited) = report.waited {
            lane.wait.observe(waited.as_secs_f64());
        }
        if let Some(ran) = report.ran {
            lane.run.observe(ran.as_secs_f64());
        }
        if let Some((_, counter)) = lane.outcomes.iter().find(|(outcome, _)| *outcome == report.outcome) {
            counter.inc();
        }
    }
}
