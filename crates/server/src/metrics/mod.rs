//! What the server counts, for who runs it: the registry of Prometheus, and who fills it.
//!
//! Adapters and the domain do not know it. They tell what happened by small traits of their own, and each is
//! implemented here in a file of its own: `events.rs` counts what the domain tells, `requests.rs` what the
//! HTTP surface does, `database.rs`, `hashing.rs` and `upstream.rs` what the adapters do. What is read when
//! somebody asks, rather than counted, is in `readings.rs`. No label grows with users.

mod book;
mod database;
mod events;
mod hashing;
mod page;
mod process;
mod readings;
mod requests;
#[cfg(test)]
mod table;
mod upstream;

use std::sync::Arc;

use prometheus::Registry;

pub(crate) use self::book::{Book, MetricsError};
pub(crate) use self::database::DatabaseMetrics;
pub(crate) use self::events::CountedEvents;
pub(crate) use self::hashing::HashingMetrics;
pub(crate) use self::page::Page;
pub(crate) use self::readings::{Readings, Sources};
pub(crate) use self::requests::CountedRequests;
pub(crate) use self::upstream::{CallEnd, UpstreamMetrics};

use self::events::EventMetrics;
use self::requests::RequestMetrics;

/// Everything that is counted.
pub(crate) struct Metrics {
    /// What the domain tells.
    pub(crate) events: Arc<EventMetrics>,
    /// What the HTTP surface does.
    pub(crate) requests: Arc<RequestMetrics>,
    /// What the database's threads do.
    pub(crate) database: Arc<DatabaseMetrics>,
    /// What the hashing lane does.
    pub(crate) hashing: Arc<HashingMetrics>,
    /// What is asked of models and hosted sessions.
    pub(crate) upstream: Arc<UpstreamMetrics>,
    /// What is read when somebody asks.
    pub(crate) readings: Readings,
    /// All of it.
    pub(crate) registry: Registry,
}

impl Metrics {
    /// Metrics that have counted nothing yet.
    pub(crate) fn new() -> Result<Self, MetricsError> {
        Self::within(&mut Book::default())
    }

    fn within(book: &mut Book) -> Result<Self, MetricsError> {
        Ok(Self {
            events: Arc::new(EventMetrics::new(book)?),
            requests: Arc::new(RequestMetrics::new(book)?),
            database: Arc::new(DatabaseMetrics::new(book)?),
            hashing: Arc::new(HashingMetrics::new(book)?),
            upstream: Arc::new(UpstreamMetrics::new(book)?),
            readings: Readings::new(book)?,
            registry: book.registry.clone(),
        })
    }
}
