//! What the audit needs from outside.

use async_trait::async_trait;

use crate::audit::{AuditEntry, AuditHead, AuditRow};
use crate::auth::UserId;
use crate::clock::Timestamp;
use crate::error::PortError;

/// Keeps the audit. What changes an account or a session takes its entry itself, and writes it in
/// the same transaction; here are the entries of what changes nothing, and the reading.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Adds a row to the end of the chain. Concurrent calls get rows one after the other.
    async fn append(&self, entry: &AuditEntry) -> Result<(), PortError>;

    /// Where the chain begins and ends.
    async fn head(&self) -> Result<AuditHead, PortError>;

    /// The rows after number `after`, in their order, at most `limit`.
    async fn page(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, PortError>;

    /// The newest rows, the newest first, at most `limit`: those before number `before`, or all; those
    /// of an account alone, if one is named.
    async fn latest(
        &self,
        account: Option<UserId>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, PortError>;

    /// Forgets the oldest rows, as far as they are of before `before`, at most `limit` of them, and
    /// says how many. What is left is a whole chain still.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
