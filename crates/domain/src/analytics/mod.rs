//! Analytics: how chats are taken up, how front ends are used, and whom limits turn away.
//!
//! Two kinds of events lie in one store. Front ends track what their users do ([`TrackedEvent`]), each event
//! by itself. The server counts what the domain tells ([`ServerEvent`]), by day, and names no user in it.
//! Both wait in a bounded queue for a moment, so nobody waits for the store; a [`Report`] is made of both.

mod day;
mod ports;
mod queue;
mod redaction;
mod report;
mod server_event;
mod service;
mod tracked;

pub use day::{Day, Days, InvalidDays};
pub use ports::AnalyticsRepository;
pub use queue::{AnalyticsQueue, Batch};
pub use report::{ChatCounts, ChatReport, LimitReport, MAX_TRACKED_COUNTS, Report, TrackedCount};
pub use server_event::{ChatStage, ServerCount, ServerEvent};
pub use service::{AnalyticsService, ReportError, Written};
pub use tracked::{
    Details, EventType, InvalidDetails, InvalidName, Label, TrackedEvent, TrackedId, TrackedInput,
};
