//! Opening sessions on the other side.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::auth::Principal;
use crate::chat::ChatTokenError;
use crate::chat::hosted::{HostedApi, HostedCall, HostedSessionRepository, HostedUser, KeptHostedSession};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::digest::Digests;
use crate::events::{Event, EventSink};
use crate::id::IdSource;

/// The longest that a session on the other side may live.
const LONGEST_LIFE: Duration = Duration::from_mins(10);
/// With less left of a login there is no use in opening one.
const SHORTEST_LIFE: Duration = Duration::from_secs(30);

/// What [`HostedSessions`] needs from outside.
pub struct HostedPorts {
    /// The other side.
    pub api: Arc<dyn HostedApi>,
    /// Keeps what is open there.
    pub sessions: Arc<dyn HostedSessionRepository>,
    /// Makes who a user is there.
    pub digests: Arc<dyn Digests>,
    /// Tells the time.
    pub ids: IdSource,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Opens sessions on the other side, each for a live login.
pub struct HostedSessions {
    ports: HostedPorts,
    environment: String,
}

impl HostedSessions {
    /// A service over these ports, for the users of this environment.
    #[must_use]
    pub const fn new(ports: HostedPorts, environment: String) -> Self {
        Self { ports, environment }
    }

    /// How long a session may live that is opened now: no longer than the login, as it is now.
    pub(in crate::chat) fn life(&self, principal: &Principal) -> Result<Duration, ChatTokenError> {
        let left = Duration::from_secs(principal.session_expires_at.since(self.ports.ids.now()).as_secs());
        if left < SHORTEST_LIFE { Err(ChatTokenError::SessionEnding) } else { Ok(left.min(LONGEST_LIFE)) }
    }

    /// Opens a session and keeps what cancels it, and only then gives what opens it. So nobody ever
    /// holds a secret that a logout would not reach; what is lost on the way was given to nobody, and
    /// ends by itself.
    pub(in crate::chat) async fn open(
        &self,
        ctx: &Context,
        principal: &Principal,
        life: Duration,
    ) -> Result<(SecretString, Timestamp), ChatTokenError> {
        let (user, session) = (principal.user.id, principal.session);
        let alias = HostedUser::of(user, &self.environment, &*self.ports.digests);
        let opened = match self.ports.api.create(&alias, life).await {
            Ok(opened) => opened,
            Err(failure) => {
                let call = HostedCall { user, session, request: failure.request.clone() };
                self.ports.events.record(ctx, &Event::HostedOpenFailed { call, fault: failure.fault });
                return Err(failure.into());
            }
        };
        // By our clock, as all that is compared with it.
        let created_at = self.ports.ids.now();
        let expires_at = created_at.plus(life);
        let kept = KeptHostedSession { id: opened.id, user, session, created_at, expires_at };
        let is_live = self.ports.sessions.add(&kept).await?;
        let call = HostedCall { user, session, request: opened.request };
        self.ports.events.record(ctx, &Event::HostedOpened { call });
        // The login ended while the session was being opened; it is kept, and will be cancelled.
        if !is_live {
            return Err(ChatTokenError::SessionEnded);
        }
        Ok((opened.secret, opened.expires_at))
    }
}
