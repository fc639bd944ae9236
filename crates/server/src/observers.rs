//! Hears what adapters tell of their work, counts it, and has it followed where somebody follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use autorisen_openai::{CallKind, UpstreamCall, UpstreamObserver};
use autorisen_security::{LaneObserver, LaneOutcome, LaneReport};
use autorisen_storage::{DatabaseKind, DbObserver, JobOutcome, JobReport};
use opentelemetry::KeyValue;

use crate::metrics::{CallEnd, DatabaseMetrics, HashingMetrics, UpstreamMetrics};
use crate::traces::{Ongoing, Work};

/// Hears of the database.
pub(crate) struct DatabaseObserver {
    pub(crate) metrics: Arc<DatabaseMetrics>,
    pub(crate) work: Option<Work>,
    pub(crate) kind: DatabaseKind,
}

impl DbObserver for DatabaseObserver {
    fn job(&self, report: &JobReport) {
        self.metrics.count(report);
        if let Some(work) = &self.work {
            let system = match self.kind {
                DatabaseKind::Sqlite => "sqlite",
                DatabaseKind::Postgres => "postgresql",
            };
            let mut attributes = vec![KeyValue::new("db.system.name", system)];
            attributes.extend(report.waited.map(waited));
            let fault = (report.outcome != JobOutcome::Done).then_some(report.outcome.as_str());
            work.over(report.op, report.took, fault, attributes);
        }
    }
}

/// Hears of the hashing lane.
pub(crate) struct HashingObserver {
    pub(crate) metrics: Arc<HashingMetrics>,
    pub(crate) work: Option<Work>,
}

impl LaneObserver for HashingObserver {
    fn job(&self, report: &LaneReport) {
        self.metrics.count(report);
        if let Some(work) = &self.work {
            let attributes = report.spans.map(|spans| waited(spans.waited)).into_iter().collect();
            let fault = (report.outcome != LaneOutcome::Done).then_some(report.outcome.as_str());
            work.over(report.operation, report.took, fault, attributes);
        }
    }
}

fn waited(span: Duration) -> KeyValue {
    KeyValue::new("queue.wait_seconds", span.as_secs_f64())
}

/// Hears of calls of models and hosted sessions.
pub(crate) struct CallsObserver {
    pub(crate) metrics: Arc<UpstreamMetrics>,
    pub(crate) work: Option<Work>,
}

impl UpstreamObserver for CallsObserver {
    fn begin(&self, kind: CallKind, model: Option<&str>) -> Box<dyn UpstreamCall> {
        let attributes = || {
            let model = model.map(|model| KeyValue::new("gen_ai.request.model", model.to_owned()));
            let call = KeyValue::new("gen_ai.operation.name", operation(kind));
            model.into_iter().chain([call]).collect()
        };
        Box::new(Call {
            kind,
            model: model.map(str::to_owned),
            begun: Instant::now(),
            end: CallEnd::Abandoned,
            fault: None,
            span: self.work.as_ref().map(|work| work.begin(name(kind), attributes())),
            metrics: Arc::clone(&self.metrics),
        })
    }

    fn fault(&self, kind: CallKind, fault: &'static str) {
        self.metrics.fault(kind, fault);
    }
}

/// What a call is called in traces.
const fn name(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Responses | CallKind::Completions => "ask the model",
        CallKind::Transcription => "transcribe",
        CallKind::HostedOpen => "open a hosted session",
        CallKind::HostedCancel => "cancel a hosted session",
    }
}

/// The same in the words of the conventions of OpenTelemetry, as far as there are.
const fn operation(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Responses | CallKind::Completions => "chat",
        other => other.as_str(),
    }
}

struct Call {
    kind: CallKind,
    model: Option<String>,
    begun: Instant,
    end: CallEnd,
    fault: Option<&'static str>,
    span: Option<Ongoing>,
    metrics: Arc<UpstreamMetrics>,
}

impl UpstreamCall for Call {
    fn traceparent(&self) -> Option<String> {
        self.span.as_ref().and_then(Ongoing::traceparent)
    }

    fn answered(&mut self) {
        self.metrics.answered(self.kind, self.begun.elapsed());
    }

    fn tokens(&mut self, input: u64, output: u64) {
        self.metrics.tokens(self.model.as_deref().unwrap_or_default(), input, output);
        if let Some(span) = &self.span {
            for (name, count) in
                [("gen_ai.usage.input_tokens", input), ("gen_ai.usage.output_tokens", output)]
            {
                span.set(name, i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
    }

    fn ended(&mut self, fault: Option<&'static str>) {
        self.fault = fault;
        self.end = if fault.is_some() { CallEnd::Failed } else { CallEnd::Done };
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.metrics.ended(self.kind, self.end, self.begun.elapsed());
        if let Some(span) = &self.span {
            let is_done = self.end == CallEnd::Done;
            span.end(self.fault.or((!is_done).then_some(self.end.as_str())));
        }
    }
}
