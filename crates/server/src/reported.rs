//! Has what happened counted for reports.

use std::sync::Arc;

use autorisen_domain::analytics::AnalyticsService;
use autorisen_domain::context::Context;
use autorisen_domain::events::{Event, EventSink};

/// Passes events on, and has them counted for reports. It waits for nothing: they are stored by a task.
pub(crate) struct ReportedEvents {
    inner: Arc<dyn EventSink>,
    analytics: Arc<AnalyticsService>,
}

impl ReportedEvents {
    /// Passes events on to `inner`.
    pub(crate) const fn new(inner: Arc<dyn EventSink>, analytics: Arc<AnalyticsService>) -> Self {
        Self { inner, analytics }
    }
}

impl EventSink for ReportedEvents {
    fn record(&self, ctx: &Context, event: &Event) {
        self.inner.record(ctx, event);
        self.analytics.count(event);
    }
}
