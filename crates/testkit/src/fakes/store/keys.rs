//! Signing keys in memory.

use async_trait::async_trait;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::{KeyId, KeyRevocation, KeyRotation, KeyState, SigningKey, SigningKeyRepository};

use super::{InMemoryStore, Tables};

#[async_trait]
impl SigningKeyRepository for InMemoryStore {
    async fn list(&self) -> Result<Vec<SigningKey>, PortError> {
        self.run("list keys", |tables| tables.keys.clone()).await
    }

    async fn install(&self, current: &SigningKey, next: &SigningKey) -> Result<(), PortError> {
        self.run("install keys", |tables| {
            if tables.keys.is_empty() {
                tables.keys = vec![current.clone(), next.clone()];
            }
        })
        .await
    }

    async fn replace_sealed(&self, id: &KeyId, sealed: &[u8]) -> Result<(), PortError> {
        self.run("replace a sealed key", |tables| {
            for key in tables.keys.iter_mut().filter(|key| key.id == *id) {
                key.sealed = sealed.to_vec();
            }
        })
        .await
    }

    async fn rotate(&self, rotation: &KeyRotation) -> Result<bool, PortError> {
        self.run("rotate keys", |tables| rotate(tables, rotation)).await
    }

    async fn revoke(&self, revocation: &KeyRevocation) -> Result<bool, PortError> {
        self.run("revoke a key", |tables| revoke(tables, revocation)).await
    }
}

fn rotate(tables: &mut Tables, rotation: &KeyRotation) -> bool {
    let is_current = |key: &SigningKey| key.state == KeyState::Current && key.id == rotation.current;
    let has_next = tables.keys.iter().any(|key| key.state == KeyState::Next);
    if !has_next || !tables.keys.iter().any(is_current) {
        return false;
    }
    tables.keys.retain(|key| key.state != KeyState::Retired || key.changed_at >= rotation.forget_before);
    for key in &mut tables.keys {
        let state = match key.state {
            KeyState::Next => KeyState::Current,
            KeyState::Current => KeyState::Retired,
            KeyState::Retired => continue,
        };
        (key.state, key.changed_at) = (state, rotation.at);
    }
    tables.keys.push(rotation.announced.clone());
    true
}

fn revoke(tables: &mut Tables, revocation: &KeyRevocation) -> bool {
    let keys = &mut tables.keys;
    let before = keys.len();
    keys.retain(|key| key.id != revocation.key);
    if keys.len() == before {
        return false;
    }
    if !keys.iter().any(|key| key.state == KeyState::Current) {
        for key in keys.iter_mut().filter(|key| key.state == KeyState::Next) {
            (key.state, key.changed_at) = (KeyState::Current, revocation.at);
        }
    }
    if !keys.iter().any(|key| key.state == KeyState::Next) {
        keys.push(revocation.announced.clone());
    }
    true
}
