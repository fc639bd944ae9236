//! Tells who cancels hosted sessions when to look.

use std::sync::Arc;

use autorisen_domain::context::Context;
use autorisen_domain::events::{Event, EventSink};
use tokio::sync::Notify;

/// Passes events on, and wakes whoever waits when logins may have ended by one. Were one missed, what it
/// ended would be found by looking anyway, a moment later.
pub(crate) struct NudgingEvents {
    inner: Arc<dyn EventSink>,
    nudge: Arc<Notify>,
}

impl NudgingEvents {
    /// Passes events on to `inner`.
    pub(crate) fn new(inner: Arc<dyn EventSink>, nudge: Arc<Notify>) -> Self {
        Self { inner, nudge }
    }
}

impl EventSink for NudgingEvents {
    fn record(&self, ctx: &Context, event: &Event) {
        self.inner.record(ctx, event);
        if event.may_end_sessions() {
            self.nudge.notify_one();
        }
    }
}
