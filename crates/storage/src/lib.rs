//! The tables of autorisen, on SQLite and on PostgreSQL: the adapters of the domain's ports.
//!
//! [`Db`] is the one way to a thread that may block; an adapter holds a clone of it. The scheme of
//! the [`DatabaseUrl`] picks the database. Every query serves both; `dialect.rs` is the one place
//! that tells them apart.

mod analytics;
mod audit;
mod auth;
mod chat;
pub mod check;
mod db;
mod dialect;
mod examine;
mod health;
mod keys;
pub mod legacy;
pub mod migrations;
mod onboarding;
mod rate_limit;
mod row;
mod schema;
mod tables;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transfer;

pub use analytics::SqlAnalytics;
pub use audit::SqlAuditTrail;
pub use auth::{
    SqlAccountDirectory, SqlPasswords, SqlPendingRegistrations, SqlSessionDirectory, SqlSessions, SqlUsers,
};
pub use chat::{SqlAttachments, SqlHostedSessions, SqlItems, SqlThreadDirectory, SqlThreads, SqlUsage};
pub use db::{
    Abort, ConnectionLimit, DatabaseKind, DatabaseUrl, Db, DbConnection, DbObserver, DbSettings,
    InvalidDatabaseUrl, JobOutcome, JobReport, LANE_MAIN, LANE_WRITER, LaneUsage, OpenError,
};
pub use examine::{Examination, ExamineError, PostgresFacts, SqliteFacts, examine};
pub use health::{DatabaseCheck, MigrationsCheck};
pub use keys::SqlSigningKeys;
pub use legacy::SqlLoginHistory;
pub use onboarding::SqlChecklists;
pub use rate_limit::SqlRateLimiter;
pub use row::BadRow;
pub use tables::TableSum;
