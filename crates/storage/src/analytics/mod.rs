//! What happened, for reports, in a table.

mod events;

pub use events::SqlAnalytics;
