//! The audit: what happened to accounts and sessions, in rows that nobody changes unnoticed.
//!
//! A row is written in the transaction of what it tells, and bound to the row before it by a hash.
//! Whoever changes or removes one breaks the chain, which [`AuditService::verify`] finds. Who may
//! write to the database could still make all of the chain anew; against that, keep the hash that
//! the check prints somewhere else, and compare.

mod chain;
mod model;
mod ports;
mod service;

pub use chain::{AuditHead, Broken, Chain, Fault, LinkHash};
pub use model::{AuditAction, AuditEntry, AuditRow, Look};
pub use ports::AuditTrail;
pub use service::{AuditService, Verified};
