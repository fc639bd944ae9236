//! The limits on authentication: by address over all routes, and by address and account for logins.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::EmailAddress;
use crate::clock::{Clock, Timestamp};
use crate::context::Context;
use crate::digest::{Digest, Digests};
use crate::error::PortError;
use crate::events::{Action, Event, EventSink};
use crate::rate_limit::{LimitDecision, LimitPolicy, Limited, RateLimiter};

/// How much is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthLimitsPolicy {
    /// Logins per client address and account. A success forgets those before it.
    pub login: LimitPolicy,
    /// Requests per minute and client address over all auth routes; `None` for no limit.
    pub per_minute: Option<u32>,
}

/// Charges the limits on authentication. An account that does not exist is charged like any other.
pub struct AuthLimits {
    limiter: Arc<dyn RateLimiter>,
    digests: Arc<dyn Digests>,
    clock: Arc<dyn Clock>,
    events: Arc<dyn EventSink>,
    policy: AuthLimitsPolicy,
}

/// A limit refused, or could not be asked; then nothing is admitted.
#[derive(Debug, thiserror::Error)]
pub enum ChargeError {
    /// Too many tries.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl AuthLimits {
    /// Limits of this policy.
    #[must_use]
    pub const fn new(
        limiter: Arc<dyn RateLimiter>,
        digests: Arc<dyn Digests>,
        clock: Arc<dyn Clock>,
        events: Arc<dyn EventSink>,
        policy: AuthLimitsPolicy,
    ) -> Self {
        Self { limiter, digests, clock, events, policy }
    }

    /// Charges a request on an auth route to the address that it comes from.
    pub async fn charge_address(&self, ctx: &Context, action: Action) -> Result<(), ChargeError> {
        let Some(attempts) = self.policy.per_minute else {
            return Ok(());
        };
        let policy = LimitPolicy { attempts, window: Duration::from_mins(1), block: Duration::ZERO };
        let network = ctx.client.network().to_string();
        let key = self.digests.digest("limit.auth.address", network.as_bytes());
        self.charge(ctx, action, key, policy).await.map(drop)
    }

    /// Charges a login to the address that it comes from and the account that it is for. It gives
    /// the time at which it counts.
    pub(super) async fn charge_login(
        &self,
        ctx: &Context,
        email: &EmailAddress,
    ) -> Result<Timestamp, ChargeError> {
        self.charge(ctx, Action::Login, self.login_key(ctx, email), self.policy.login).await
    }

    /// Takes back the charge of a login whose password could not be checked: that said nothing about
    /// the password, and must not shut out who typed the right one. If it cannot be taken back now,
    /// it stays, as for a wrong password.
    pub(super) async fn refund_login(&self, ctx: &Context, email: &EmailAddress, at: Timestamp) {
        let _ = self.limiter.refund(self.login_key(ctx, email), at).await;
    }

    /// Charges a try to change a password as a login, so that neither lets more be guessed.
    pub(super) async fn charge_password_change(
        &self,
        ctx: &Context,
        email: &EmailAddress,
    ) -> Result<(), ChargeError> {
        self.charge(ctx, Action::PasswordChange, self.login_key(ctx, email), self.policy.login)
            .await
            .map(drop)
    }

    /// Forgets the tries before one that showed the right password.
    pub(super) async fn clear_login(&self, ctx: &Context, email: &EmailAddress) -> Result<(), PortError> {
        self.limiter.clear(self.login_key(ctx, email)).await
    }

    async fn charge(
        &self,
        ctx: &Context,
        action: Action,
        key: Digest,
        policy: LimitPolicy,
    ) -> Result<Timestamp, ChargeError> {
        let now = self.clock.now();
        match self.limiter.charge(key, policy, now).await? {
            LimitDecision::Admitted => Ok(now),
            LimitDecision::Refused(limited) => {
                self.events.record(ctx, &Event::RateLimited { action, retry_after: limited.retry_after });
                Err(limited.into())
            }
        }
    }

    fn login_key(&self, ctx: &Context, email: &EmailAddress) -> Digest {
        let key = format!("{} {}", ctx.client.network(), email.as_str());
        self.digests.digest("limit.auth.login", key.as_bytes())
    }
}
