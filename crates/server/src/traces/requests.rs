//! A request as a span.

use std::sync::Arc;

use autorisen_http::{AccessLine, RequestTrace, RequestTracer};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

/// Follows requests, within the trace that they say they belong to (W3C Trace Context).
pub(super) struct Requests {
    tracer: SdkTracer,
    propagator: TraceContextPropagator,
}

impl Requests {
    pub(super) fn new(tracer: SdkTracer) -> Self {
        Self { tracer, propagator: TraceContextPropagator::new() }
    }
}

impl RequestTracer for Requests {
    fn begin(&self, header: &dyn Fn(&str) -> Option<String>) -> Option<Arc<dyn RequestTrace>> {
        let headers = Headers { parent: header("traceparent"), state: header("tracestate") };
        let parent = self.propagator.extract_with_context(&Context::new(), &headers);
        // Its name is known when its route is.
        let span = self.tracer.span_builder("HTTP").with_kind(SpanKind::Server);
        Some(Arc::new(Followed(parent.with_span(span.start_with_context(&self.tracer, &parent)))))
    }
}

struct Headers {
    parent: Option<String>,
    state: Option<String>,
}

impl Extractor for Headers {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.parent.as_deref(),
            "tracestate" => self.state.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

struct Followed(Context);

impl RequestTrace for Followed {
    fn within(&self, work: &mut dyn FnMut()) {
        let _within = self.0.clone().attach();
        work();
    }

    fn answered(&self, line: &AccessLine<'_>) {
        let span = self.0.span();
        if span.is_recording() {
            let route = line.route.unwrap_or("unmatched");
            span.update_name(format!("{} {route}", line.method));
            span.set_attribute(KeyValue::new("http.request.method", line.method.to_owned()));
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(line.status)));
            span.set_attribute(KeyValue::new("request_id", line.request_id.to_owned()));
            if line.status >= 500 {
                span.set_status(Status::error(""));
            }
        }
        span.end();
    }
}
