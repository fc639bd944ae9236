//! Counts what is asked of models and of hosted sessions.

use std::time::Duration;

use autorisen_openai::{CallKind, FAULTS};
use prometheus::{HistogramVec, IntCounterVec};

use super::book::LONG_SPANS;
use super::{Book, MetricsError};

/// The counters.
pub(crate) struct UpstreamMetrics {
    calls: IntCounterVec,
    first_byte: HistogramVec,
    duration: HistogramVec,
    faults: IntCounterVec,
    tokens: IntCounterVec,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallEnd {
    Done,
    Failed,
    Abandoned,
}

impl CallEnd {
    const ALL: [Self; 3] = [Self::Done, Self::Failed, Self::Abandoned];

    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

impl UpstreamMetrics {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        let metrics = Self {
            calls: book.counters(
                "autorisen_upstream_calls_total",
                &["call", "outcome"],
                "Calls of models and hosted sessions, with all their tries, by how they ended.",
            )?,
            first_byte: book.histograms(
                "autorisen_upstream_first_byte_seconds",
                &["call"],
                &LONG_SPANS,
                "From the beginning of a call, with its tries, until the server began to answer well.",
            )?,
            duration: book.histograms(
                "autorisen_upstream_duration_seconds",
                &["call"],
                &LONG_SPANS,
                "From the beginning of a call, with its tries, until its answer was whole or given up.",
            )?,
            faults: book.counters(
                "autorisen_upstream_faults_total",
                &["call", "fault"],
                "What was wrong with tries, answers and servers; several tries of a call count several times.",
            )?,
            tokens: book.counters(
                "autorisen_model_tokens_total",
                &["model", "direction"],
                "Tokens as the model's server counts them; chat completions that tell none are not counted.",
            )?,
        };
        for kind in CallKind::ALL {
            for end in CallEnd::ALL {
                metrics.calls.get_metric_with_label_values(&[kind.as_str(), end.as_str()])?;
            }
            for fault in FAULTS {
                metrics.faults.get_metric_with_label_values(&[kind.as_str(), fault])?;
            }
        }
        Ok(metrics)
    }

    /// The server began to answer after this long.
    pub(crate) fn answered(&self, kind: CallKind, after: Duration) {
        if let Ok(first_byte) = self.first_byte.get_metric_with_label_values(&[kind.as_str()]) {
            first_byte.observe(after.as_secs_f64());
        }
    }

    /// A call is over after this long.
    pub(crate) fn ended(&self, kind: CallKind, end: CallEnd, after: Duration) {
        if let Ok(calls) = self.calls.get_metric_with_label_values(&[kind.as_str(), end.as_str()]) {
            calls.inc();
        }
        if let Ok(duration) = self.duration.get_metric_with_label_values(&[kind.as_str()]) {
            duration.observe(after.as_secs_f64());
        }
    }

    /// Something was wrong.
    pub(crate) fn fault(&self, kind: CallKind, fault: &str) {
        if let Ok(faults) = self.faults.get_metric_with_label_values(&[kind.as_str(), fault]) {
            faults.inc();
        }
    }

    /// A model read and wrote so much. Models are those of the settings, so they are few.
    pub(crate) fn tokens(&self, model: &str, input: u64, output: u64) {
        for (direction, count) in [("input", input), ("output", output)] {
            if let Ok(tokens) = self.tokens.get_metric_with_label_values(&[model, direction]) {
                tokens.inc_by(count);
            }
        }
    }
}
