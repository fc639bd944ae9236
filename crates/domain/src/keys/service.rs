//! Making, loading and changing signing keys.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::context::Context;
use crate::error::PortError;
use crate::events::{Event, EventSink};
use crate::keys::{
    KeyFactory, KeyId, KeyPolicy, KeyRevocation, KeyRing, KeyRotation, KeyState, PublicKey, RevokeError,
    RotateError, SigningKey, SigningKeyRepository,
};

/// What [`KeyService`] needs from outside.
pub struct KeyPorts {
    /// The stored keys.
    pub keys: Arc<dyn SigningKeyRepository>,
    /// Makes keys.
    pub factory: Arc<dyn KeyFactory>,
    /// The keys of this process.
    pub ring: Arc<dyn KeyRing>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Looks after the signing keys.
pub struct KeyService {
    ports: KeyPorts,
    policy: KeyPolicy,
}

impl KeyService {
    /// A service over these ports with these rules.
    #[must_use]
    pub const fn new(ports: KeyPorts, policy: KeyPolicy) -> Self {
        Self { ports, policy }
    }

    /// Makes the first keys where there are none, and loads all.
    pub async fn prepare(&self) -> Result<(), PortError> {
        if self.ports.keys.list().await?.is_empty() {
            let now = self.ports.clock.now();
            let current = self.ports.factory.generate(KeyState::Current, now)?;
            let next = self.ports.factory.generate(KeyState::Next, now)?;
            self.ports.keys.install(&current, &next).await?;
        }
        self.reload().await
    }

    /// Loads the keys as they are stored now, so that a change by another process is seen.
    ///
    /// Keys under the previous master key are encrypted under the current one, so that the previous
    /// one is not needed for longer than that takes.
    pub async fn reload(&self) -> Result<(), PortError> {
        let mut keys = self.ports.keys.list().await?;
        for key in &mut keys {
            if let Some(sealed) = self.ports.factory.reseal(key)? {
                self.ports.keys.replace_sealed(&key.id, &sealed).await?;
                key.sealed = sealed;
            }
        }
        let horizon = self.forget_before();
        keys.retain(|key| key.state != KeyState::Retired || key.changed_at >= horizon);
        self.ports.ring.load(&keys)
    }

    /// The public halves, for whoever verifies our tokens.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.ports.ring.public_keys()
    }

    /// All stored keys, the current one first, then by age.
    pub async fn list(&self) -> Result<Vec<SigningKey>, PortError> {
        let mut keys = self.ports.keys.list().await?;
        keys.sort_by_key(|key| (key.state != KeyState::Current, std::cmp::Reverse(key.created_at)));
        Ok(keys)
    }

    /// Lets the next key sign, retires the current one and announces a new one.
    pub async fn rotate(&self, ctx: &Context) -> Result<(), RotateError> {
        let keys = self.ports.keys.list().await?;
        let now = self.ports.clock.now();
        let (Some(current), Some(next)) =
            (in_state(&keys, KeyState::Current), in_state(&keys, KeyState::Next))
        else {
            return Err(PortError::new("rotate keys", "there is no current and next key").into());
        };
        let announced_for = now.since(next.changed_at);
        if announced_for < self.policy.announce_for {
            let left = self.policy.announce_for.saturating_sub(announced_for);
            return Err(RotateError::TooSoon(left.max(Duration::from_secs(1))));
        }

        let rotation = KeyRotation {
            current: current.id.clone(),
            announced: self.ports.factory.generate(KeyState::Next, now)?,
            forget_before: self.forget_before(),
            at: now,
        };
        if !self.ports.keys.rotate(&rotation).await? {
            return Err(RotateError::Concurrent);
        }
        self.ports.events.record(ctx, &Event::KeysRotated { current: next.id.as_str().to_owned() });
        Ok(self.reload().await?)
    }

    /// Forgets a key that fell into wrong hands, and with it every token it signed. This process
    /// refuses them when the call has returned, others when they next load the keys. When it was the
    /// current one, the next one signs, however short a time ago it was announced.
    pub async fn revoke(&self, ctx: &Context, key: &KeyId) -> Result<(), RevokeError> {
        let keys = self.ports.keys.list().await?;
        if keys.iter().all(|stored| stored.id != *key) {
            return Err(RevokeError::Unknown);
        }
        let now = self.ports.clock.now();
        let announced = self.ports.factory.generate(KeyState::Next, now)?;
        let revocation = KeyRevocation { key: key.clone(), announced, at: now };
        if !self.ports.keys.revoke(&revocation).await? {
            return Err(RevokeError::Concurrent);
        }
        self.ports.events.record(ctx, &Event::KeyRevoked { key: key.as_str().to_owned() });
        Ok(self.reload().await?)
    }

    /// Rotates if the current key has signed for as long as it should, and loads what is stored.
    /// Meant to be called every few seconds in every process.
    pub async fn tend(&self, ctx: &Context) -> Result<(), PortError> {
        let keys = self.ports.keys.list().await?;
        let due = in_state(&keys, KeyState::Current)
            .is_some_and(|key| self.ports.clock.now().since(key.changed_at) >= self.policy.rotate_after);
        if due {
            match self.rotate(ctx).await {
                Ok(()) | Err(RotateError::TooSoon(_) | RotateError::Concurrent) => {}
                Err(RotateError::Port(cause)) => return Err(cause),
            }
        }
        self.reload().await
    }

    fn forget_before(&self) -> Timestamp {
        self.ports.clock.now().minus(self.policy.retire_for)
    }
}

fn in_state(keys: &[SigningKey], state: KeyState) -> Option<&SigningKey> {
    keys.iter().find(|key| key.state == state)
}
