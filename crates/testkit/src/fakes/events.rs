//! A sink that remembers.

use std::sync::{Mutex, PoisonError};

use autorisen_domain::context::Context;
use autorisen_domain::events::{Event, EventSink};

/// An event, and the call in which it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The id of the call.
    pub request_id: String,
    /// What happened.
    pub event: Event,
}

/// Remembers what it is told, in order.
#[derive(Debug, Default)]
pub struct RecordingEvents(Mutex<Vec<Recorded>>);

impl RecordingEvents {
    /// All it was told since it was last asked to [`take`](Self::take).
    pub fn all(&self) -> Vec<Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All it was told since this was asked last; forgets it.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`take`](Self::take), the events alone.
    pub fn take_events(&self) -> Vec<Event> {
        self.take().into_iter().map(|recorded| recorded.event).collect()
    }

    /// As [`take_events`](Self::take_events), without those that only say that something was asked for.
    pub fn take_outcomes(&self) -> Vec<Event> {
        self.take_events().into_iter().filter(|event| !event.name().ends_with(".attempt")).collect()
    }

    /// As [`take`](Self::take), the names alone.
    pub fn take_names(&self) -> Vec<&'static str> {
        self.take().iter().map(|recorded| recorded.event.name()).collect()
    }
}

impl EventSink for RecordingEvents {
    fn record(&self, ctx: &Context, event: &Event) {
        let recorded = Recorded { request_id: ctx.request_id.clone(), event: event.clone() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
    }
}
