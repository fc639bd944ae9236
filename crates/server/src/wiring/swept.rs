//! What is forgotten, and when.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::analytics::AnalyticsRepository;
use autorisen_domain::audit::AuditTrail;
use autorisen_domain::auth::{PendingRegistrationRepository, SessionRepository};
use autorisen_domain::chat::ThreadDirectory;
use autorisen_domain::clock::{Clock, Timestamp};
use autorisen_domain::error::PortError;
use autorisen_domain::rate_limit::RateLimiter;
use autorisen_domain::sweep::{Sweeper, Swept};
use autorisen_storage::SqlLoginHistory;

use crate::clock::SystemTimer;
use crate::wiring::chat::SweptChat;

/// Sessions that ended are kept for this long, so that their owners can still see them.
const ENDED_SESSIONS_LIVE: Duration = Duration::from_hours(30 * 24);
/// A file that no message took is forgotten after this long.
const FREE_FILES_LIVE: Duration = Duration::from_hours(24);
/// A part that was not whole after this long never will be: it is written in a moment.
const UNFINISHED_LIVES: Duration = Duration::from_hours(1);
/// How many pages of files are compared at a time.
const BYTE_PAGES: u32 = 10;
/// Counts of days are kept for this long.
const USAGE_LIVES: Duration = Duration::from_hours(40 * 24);

/// The tables that grow.
pub(super) struct Growing {
    /// Registrations that were not finished.
    pub(super) pending: Arc<dyn PendingRegistrationRepository>,
    /// Sessions that have ended.
    pub(super) sessions: Arc<dyn SessionRepository>,
    /// Limits that no longer matter.
    pub(super) limiter: Arc<dyn RateLimiter>,
    /// What happened long ago.
    pub(super) audit: Arc<dyn AuditTrail>,
    /// Logins at the system before, which are of the same kind.
    pub(super) logins: SqlLoginHistory,
    /// How long ago that is; `None` keeps all.
    pub(super) audit_retention: Option<Duration>,
    /// What happened, for reports.
    pub(super) analytics: Arc<dyn AnalyticsRepository>,
    /// How long that is kept; `None` keeps all.
    pub(super) analytics_retention: Option<Duration>,
    /// What is over in chat.
    pub(super) chat: SweptChat,
}

/// What sweeps them.
pub(super) fn sweeper(growing: Growing, clock: Arc<dyn Clock>) -> Sweeper {
    let Growing {
        pending,
        sessions,
        limiter,
        audit,
        logins,
        audit_retention,
        analytics,
        analytics_retention,
        chat,
    } = growing;
    let SweptChat { threads, retention, files, bytes, usage, hosted } = chat;
    let bytes = Arc::new(bytes);
    let mut kinds: Vec<Box<dyn Swept>> = vec![
        kind(&pending, |pending, now, limit| async move { pending.sweep(now, limit).await }),
        kind(&sessions, |sessions, now, limit| async move {
            sessions.sweep(now.minus(ENDED_SESSIONS_LIVE), limit).await
        }),
        kind(&limiter, |limiter, now, limit| async move { limiter.sweep(now, limit).await }),
        kind(&files, |files, now, limit| async move { files.sweep(now.minus(FREE_FILES_LIVE), limit).await }),
        kind(&bytes, |bytes, now, limit| async move {
            bytes.run(now.minus(UNFINISHED_LIVES), limit, BYTE_PAGES).await
        }),
        kind(&usage, |usage, now, limit| async move { usage.sweep(now.minus(USAGE_LIVES), limit).await }),
        kind(&hosted, |hosted, now, limit| async move { hosted.sweep(now, limit).await }),
    ];
    if let Some(kept) = audit_retention {
        let sweep = move |audit: Arc<dyn AuditTrail>, now: Timestamp, limit| async move {
            audit.sweep(now.minus(kept), limit).await
        };
        kinds.push(kind(&audit, sweep));
        let sweep = move |logins: Arc<SqlLoginHistory>, now: Timestamp, limit| async move {
            logins.sweep(now.minus(kept), limit).await
        };
        kinds.push(kind(&Arc::new(logins), sweep));
    }
    if let Some(kept) = analytics_retention {
        let sweep = move |analytics: Arc<dyn AnalyticsRepository>, now: Timestamp, limit| async move {
            analytics.sweep(now.minus(kept), limit).await
        };
        kinds.push(kind(&analytics, sweep));
    }
    if let Some(kept) = retention {
        let sweep = move |threads: Arc<dyn ThreadDirectory>, now: Timestamp, limit| async move {
            threads.sweep(now.minus(kept), now, limit).await
        };
        kinds.push(kind(&threads, sweep));
    }
    Sweeper::new(kinds, clock, Arc::new(SystemTimer))
}

/// A kind that lies in this repository.
fn kind<R, Batch>(
    repository: &Arc<R>,
    sweep: impl Fn(Arc<R>, Timestamp, u32) -> Batch + Send + Sync + 'static,
) -> Box<dyn Swept>
where
    R: ?Sized + Send + Sync + 'static,
    Batch: Future<Output = Result<u64, PortError>> + Send + 'static,
{
    let repository = Arc::clone(repository);
    Box::new(move |now, limit| sweep(Arc::clone(&repository), now, limit))
}
