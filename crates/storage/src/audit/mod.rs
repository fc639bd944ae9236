//! The audit in tables.

mod append;
mod trail;

pub use trail::SqlAuditTrail;

pub(crate) use append::append;
