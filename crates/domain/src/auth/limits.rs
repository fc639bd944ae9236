//! The limits on authentication: by address over all routes and over those of one kind, by account,
//! and for logins by address and account, or by known device and account.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::auth::device::KnownDevice;
use crate::auth::{Devices, EmailAddress, UserId};
use crate::clock::{Clock, Timestamp};
use crate::context::Context;
use crate::digest::{Digest, Digests};
use crate::error::PortError;
use crate::events::{Action, Event, EventSink};
use crate::rate_limit::{LimitDecision, LimitPolicy, Limited, RateLimiter};

/// How much is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthLimitsPolicy {
    /// Logins per client address and account, or per known device and account. A success forgets
    /// those before it.
    pub login: LimitPolicy,
    /// Logins per account from all devices that it is not known on; `None` for no limit. Those with
    /// the right password do not count.
    pub account: Option<LimitPolicy>,
    /// Requests per minute and client address over all auth routes; `None` for no limit by address.
    pub per_minute: Option<u32>,
    /// Requests per minute and client address over auth routes of one kind.
    pub kinds: KindLimits,
    /// Chat tokens per minute and account; `None` for no limit.
    pub chat_tokens: Option<u32>,
    /// How many keys the limiter may hold. See [`RateLimiter::trim`] for what goes first.
    pub max_keys: u32,
}

/// How many requests per minute one client address may send to auth routes of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindLimits {
    /// Logins.
    pub login: u32,
    /// Registrations, each step by itself.
    pub register: u32,
    /// Changes of a password.
    pub password: u32,
    /// Renewals, logouts, CSRF tokens, refused sessions and everything else.
    pub session: u32,
    /// Events for analytics. They count among themselves alone: a page that tracks much keeps nobody from
    /// signing in.
    pub track: u32,
}

/// After so many charges the keys are counted: between two counts no more come into being.
const CHARGES_PER_TRIM: u32 = 1_024;

/// Charges the limits on authentication. An account that does not exist is charged like any other.
pub struct AuthLimits {
    limiter: Arc<dyn RateLimiter>,
    digests: Arc<dyn Digests>,
    devices: Arc<Devices>,
    clock: Arc<dyn Clock>,
    events: Arc<dyn EventSink>,
    policy: AuthLimitsPolicy,
    charges: AtomicU32,
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

/// A try to show a password that was admitted.
#[derive(Debug)]
pub(super) struct PasswordCharge {
    at: Timestamp,
    known: Option<KnownDevice>,
    /// Who tried: address or device, and account.
    own: Digest,
    /// The account, which strangers share.
    shared: Option<Digest>,
}

impl AuthLimits {
    /// Limits of this policy.
    #[must_use]
    pub const fn new(
        limiter: Arc<dyn RateLimiter>,
        digests: Arc<dyn Digests>,
        devices: Arc<Devices>,
        clock: Arc<dyn Clock>,
        events: Arc<dyn EventSink>,
        policy: AuthLimitsPolicy,
    ) -> Self {
        Self { limiter, digests, devices, clock, events, policy, charges: AtomicU32::new(0) }
    }

    /// The time that tries are counted at.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Charges a request on an auth route to the address that it comes from: first to its kind, then
    /// to all of them, if it is one of them.
    pub async fn charge_address(&self, ctx: &Context, action: Action) -> Result<(), ChargeError> {
        let total = match (action, self.policy.per_minute) {
            (Action::Track, _) => None,
            (_, None) => return Ok(()),
            (_, total) => total,
        };
        let (kind, limit) = self.kind(action);
        let network = ctx.client.network();
        let of_kind = self.digests.digest("limit.auth.kind", format!("{network} {kind}").as_bytes());
        let of_all = self.digests.digest("limit.auth.address", network.to_string().as_bytes());
        let now = self.clock.now();
        self.charge(ctx, action, of_kind, per_minute(limit), now).await?;
        let Some(total) = total else { return Ok(()) };
        let charged = self.charge(ctx, action, of_all, per_minute(total), now).await;
        self.keep_if(charged, of_kind, now).await
    }

    /// Charges a chat token to the account that it is for.
    pub async fn charge_chat_token(&self, ctx: &Context, user: UserId) -> Result<(), ChargeError> {
        let Some(limit) = self.policy.chat_tokens else {
            return Ok(());
        };
        let key = self.digests.digest("limit.chat.token", user.as_bytes());
        self.charge(ctx, Action::ChatToken, key, per_minute(limit), self.clock.now()).await
    }

    /// Charges a try to show the password of an account, at a login or to change it: neither lets more
    /// be guessed than the other alone.
    ///
    /// On a device that the account is known on, it is charged to both of them. Anywhere else it is
    /// charged to client address and account, and to the account; so whoever attacks an account from
    /// many addresses shuts out strangers, but not its owner.
    pub(super) async fn charge_password(
        &self,
        ctx: &Context,
        action: Action,
        email: &EmailAddress,
        device: Option<&str>,
    ) -> Result<PasswordCharge, ChargeError> {
        let Some(known) = device.and_then(|shown| self.devices.recognise(shown, email)) else {
            return self.charge_stranger(ctx, action, email).await;
        };
        let at = self.clock.now();
        let bytes = [&known.number[..], email.as_str().as_bytes()].concat();
        let own = self.digests.digest("limit.auth.device", &bytes);
        self.charge(ctx, action, own, self.policy.login, at).await?;
        Ok(PasswordCharge { at, known: Some(known), own, shared: None })
    }

    /// Charges the try as a stranger's after all, unless the device is known since the account has
    /// its password: whoever knew the one before it may have marked devices at will.
    pub(super) async fn doubt(
        &self,
        ctx: &Context,
        action: Action,
        email: &EmailAddress,
        charge: PasswordCharge,
        password_since: Option<Timestamp>,
    ) -> Result<PasswordCharge, ChargeError> {
        // Where there is no such account any more, nobody is known.
        match (charge.known, password_since) {
            (None, _) => Ok(charge),
            (Some(known), Some(since)) if known.since >= since => Ok(charge),
            _ => self.charge_stranger(ctx, action, email).await,
        }
    }

    async fn charge_stranger(
        &self,
        ctx: &Context,
        action: Action,
        email: &EmailAddress,
    ) -> Result<PasswordCharge, ChargeError> {
        let at = self.clock.now();
        let own = format!("{} {}", ctx.client.network(), email.as_str());
        let own = self.digests.digest("limit.auth.login", own.as_bytes());
        self.charge(ctx, action, own, self.policy.login, at).await?;
        let mut charge = PasswordCharge { at, known: None, own, shared: None };
        if let Some(policy) = self.policy.account {
            let shared = self.digests.digest("limit.auth.account", email.as_str().as_bytes());
            let charged = self.charge(ctx, action, shared, policy, at).await;
            self.keep_if(charged, own, at).await?;
            charge.shared = Some(shared);
        }
        Ok(charge)
    }

    /// Takes back a try whose password could not be checked: that said nothing about the password,
    /// and must not shut out who typed the right one. If it cannot be taken back now, it stays, as
    /// for a wrong password.
    pub(super) async fn refund(&self, charge: &PasswordCharge) {
        for key in [Some(charge.own), charge.shared].into_iter().flatten() {
            let _ = self.limiter.refund(key, charge.at).await;
        }
    }

    /// Forgets the tries of who showed the right password just now. What others tried counts on.
    pub(super) async fn forgive(&self, charge: &PasswordCharge) -> Result<(), PortError> {
        if let Some(shared) = charge.shared {
            self.limiter.refund(shared, charge.at).await?;
        }
        self.limiter.clear(charge.own).await
    }

    async fn charge(
        &self,
        ctx: &Context,
        action: Action,
        key: Digest,
        policy: LimitPolicy,
        now: Timestamp,
    ) -> Result<(), ChargeError> {
        self.trim_now_and_then(now).await;
        match self.limiter.charge(key, policy, now).await? {
            LimitDecision::Admitted => Ok(()),
            LimitDecision::Refused(limited) => {
                self.events.record(ctx, &Event::RateLimited { action, retry_after: limited.retry_after });
                Err(limited.into())
            }
        }
    }

    /// A try that the second of two limits refuses is not made: the first takes it back. So what the
    /// refusal names is when both admit it.
    async fn keep_if(
        &self,
        charged: Result<(), ChargeError>,
        first: Digest,
        at: Timestamp,
    ) -> Result<(), ChargeError> {
        if charged.is_err() {
            let _ = self.limiter.refund(first, at).await;
        }
        charged
    }

    /// Keeps the number of keys bounded. What fails now is tried again after as many charges.
    async fn trim_now_and_then(&self, now: Timestamp) {
        let charges = self.charges.fetch_add(1, Ordering::Relaxed);
        if charges % CHARGES_PER_TRIM == CHARGES_PER_TRIM - 1 {
            let _ = self.limiter.trim(now, self.policy.max_keys).await;
        }
    }

    fn kind(&self, action: Action) -> (&'static str, u32) {
        let kinds = &self.policy.kinds;
        match action {
            Action::Login => ("login", kinds.login),
            Action::Register => ("register", kinds.register),
            Action::PasswordChange => ("password", kinds.password),
            Action::Track => ("track", kinds.track),
            Action::Csrf | Action::Refresh | Action::Logout | Action::Session | Action::ChatToken => {
                ("session", kinds.session)
            }
        }
    }
}

fn per_minute(attempts: u32) -> LimitPolicy {
    LimitPolicy { attempts, window: Duration::from_mins(1), block: Duration::ZERO }
}
