//! Cancelling what is open on the other side for logins that are over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::chat::hosted::{DueHostedSession, HostedApi, HostedCall, HostedSessionRepository};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::PortError;
use crate::events::{Event, EventSink};
use crate::id::Random;

/// How many are cancelled at once.
const BATCH: u32 = 8;
/// A process that dies in the middle holds what it claimed for this long: longer than a call may take.
const LEASE: Duration = Duration::from_secs(45);
/// The pause before the second try, at most; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(32);

/// What [`HostedCancellation`] needs from outside.
pub struct HostedCancellationPorts {
    /// The other side.
    pub api: Arc<dyn HostedApi>,
    /// What is open there.
    pub sessions: Arc<dyn HostedSessionRepository>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Spreads tries.
    pub random: Arc<dyn Random>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Cancels sessions on the other side whose login is over.
pub struct HostedCancellation {
    ports: HostedCancellationPorts,
}

impl HostedCancellation {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: HostedCancellationPorts) -> Self {
        Self { ports }
    }

    /// Cancels some of what is due, and says whether there may be more. What fails is due again later:
    /// when the other side says, but not before a pause that grows with the tries and differs from one
    /// session to the next.
    pub async fn run(&self, ctx: &Context) -> Result<bool, PortError> {
        let now = self.ports.clock.now();
        let due = self.ports.sessions.claim_due(now, now.plus(LEASE), BATCH).await?;
        let is_full = due.len() == BATCH as usize;
        let cancelled = join_all(due.iter().map(|session| self.cancel(ctx, session))).await;
        cancelled.into_iter().collect::<Result<(), PortError>>()?;
        Ok(is_full)
    }

    async fn cancel(&self, ctx: &Context, due: &DueHostedSession) -> Result<(), PortError> {
        let call = |request| HostedCall { user: due.user, session: due.session, request };
        match self.ports.api.cancel(&due.id).await {
            Ok(request) => {
                self.ports.events.record(ctx, &Event::HostedCancelled { call: call(request) });
                self.ports.sessions.forget(&due.id).await
            }
            Err(failure) => {
                let retry_after = self.pause(due.tries)?.max(failure.retry_after.unwrap_or_default());
                let (call, fault) = (call(failure.request), failure.fault);
                self.ports.events.record(ctx, &Event::HostedCancelFailed { call, fault, retry_after });
                self.ports.sessions.postpone(&due.id, self.ports.clock.now().plus(retry_after)).await
            }
        }
    }

    /// Between half and all of what the tries so far ask for.
    fn pause(&self, tries: u32) -> Result<Duration, PortError> {
        let doubled = 1 << tries.saturating_sub(1).min(16);
        let longest = (FIRST_PAUSE * doubled).min(LONGEST_PAUSE);
        let mut chance = [0];
        self.ports.random.fill(&mut chance)?;
        Ok(longest / 2 + longest / 2 * u32::from(chance[0]) / 255)
    }
}
