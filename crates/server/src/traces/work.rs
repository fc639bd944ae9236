//! Work that is done for a request, as spans within its own.

use std::borrow::Cow;
use std::time::Duration;

use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

/// Follows work.
#[derive(Clone)]
pub(crate) struct Work {
    tracer: SdkTracer,
}

/// A piece of work that goes on.
pub(crate) struct Ongoing(Context);

impl Work {
    pub(super) const fn new(tracer: SdkTracer) -> Self {
        Self { tracer }
    }

    /// Something is over that took this long. Where no request is followed, it is nobody's.
    pub(crate) fn over(
        &self,
        name: &'static str,
        took: Duration,
        fault: Option<&'static str>,
        attributes: Vec<KeyValue>,
    ) {
        let parent = Context::current();
        if !parent.has_active_span() || !parent.span().span_context().is_sampled() {
            return;
        }
        let now = opentelemetry::time::now();
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Client).with_attributes(attributes);
        let span = span.with_start_time(now.checked_sub(took).unwrap_or(now));
        let mut span = span.start_with_context(&self.tracer, &parent);
        if let Some(fault) = fault {
            span.set_attribute(KeyValue::new("error.type", fault));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(now);
    }

    /// Something begins that others go on with.
    pub(crate) fn begin(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) -> Ongoing {
        let parent = Context::current();
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Client).with_attributes(attributes);
        Ongoing(parent.with_span(span.start_with_context(&self.tracer, &parent)))
    }
}

impl Ongoing {
    /// What tells others which trace they are in.
    pub(crate) fn traceparent(&self) -> Option<String> {
        let mut header = Header(None);
        TraceContextPropagator::new().inject_context(&self.0, &mut header);
        header.0
    }

    /// Something became known of it.
    pub(crate) fn set(&self, name: &'static str, value: i64) {
        self.0.span().set_attribute(KeyValue::new(name, value));
    }

    /// It is over.
    pub(crate) fn end(&self, fault: Option<&'static str>) {
        let span = self.0.span();
        if let Some(fault) = fault {
            span.set_attribute(KeyValue::new("error.type", fault));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

struct Header(Option<String>);

impl Injector for Header {
    fn set(&mut self, key: &str, value: String) {
        if key == "traceparent" {
            self.0 = Some(value);
        }
    }
}
