//! What analytics need from outside.

use async_trait::async_trait;

use crate::analytics::{Days, ServerCount, TrackedCount, TrackedEvent};
use crate::clock::Timestamp;
use crate::error::PortError;

/// Stores what happened, for reports.
#[async_trait]
pub trait AnalyticsRepository: Send + Sync {
    /// Adds what was counted to what is counted already of the same day and event: all of it, or none.
    /// Of concurrent calls each counts.
    async fn add(&self, counts: &[ServerCount]) -> Result<(), PortError>;

    /// Keeps what front ends tracked: all of it, or none. An event that is kept already stays as it is.
    async fn track(&self, events: &[TrackedEvent]) -> Result<(), PortError>;

    /// How often each event that the server counts happened on each of these days, by day and event.
    async fn counted(&self, days: Days) -> Result<Vec<ServerCount>, PortError>;

    /// How often front ends tracked each event, in each step of theirs, on these days together: the most
    /// frequent first, at most `limit` of them.
    async fn tracked(&self, days: Days, limit: u32) -> Result<Vec<TrackedCount>, PortError>;

    /// Forgets events of before this time, at most `limit` of them, and says how many.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
