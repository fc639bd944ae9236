//! What hosted sessions need from outside.

use std::time::Duration;

use async_trait::async_trait;

use crate::chat::hosted::{
    DueHostedSession, HostedFailure, HostedSession, HostedSessionId, HostedUser, KeptHostedSession,
    UpstreamRequestId,
};
use crate::clock::Timestamp;
use crate::error::PortError;

/// The other side. The workflow that sessions run is its own matter, and never a caller's.
#[async_trait]
pub trait HostedApi: Send + Sync {
    /// Opens a session for a user that ends after `life`, in whole seconds from 1 to 600.
    async fn create(&self, user: &HostedUser, life: Duration) -> Result<HostedSession, HostedFailure>;

    /// Ends a session: its secret opens nothing more. One that is not there, or not any more, has ended.
    async fn cancel(&self, id: &HostedSessionId) -> Result<Option<UpstreamRequestId>, HostedFailure>;
}

/// Keeps what is open on the other side. It hangs on no account and no login: when those are gone, what
/// is open is still there to be cancelled.
#[async_trait]
pub trait HostedSessionRepository: Send + Sync {
    /// Keeps a session, and says whether its login is live when it is kept, by
    /// [`SessionRecord::is_live`](crate::auth::SessionRecord::is_live) at the time it was opened. It is
    /// kept in either case: with a login that is over it is due.
    async fn add(&self, session: &KeptHostedSession) -> Result<bool, PortError>;

    /// Claims sessions that have not ended by themselves at `now`, whose login is not live at `now` or
    /// gone, and whose next try is due, at most `limit` of them; those that end last come first. Nobody else
    /// gets them before `until`, and of any number of calls at the same moment each session goes to one.
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueHostedSession>, PortError>;

    /// Lets a session be claimed again from `at` on.
    async fn postpone(&self, id: &HostedSessionId, at: Timestamp) -> Result<(), PortError>;

    /// Forgets a session. One that is not kept is no failure.
    async fn forget(&self, id: &HostedSessionId) -> Result<(), PortError>;

    /// Forgets sessions that ended by themselves before this time, at most `limit` of them, and says how
    /// many.
    async fn sweep(&self, ended_before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
