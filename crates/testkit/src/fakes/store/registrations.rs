//! Registrations that were begun, in memory.

use async_trait::async_trait;
use autorisen_domain::auth::{PendingRegistration, PendingRegistrationRepository, RegistrationId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::InMemoryStore;

#[async_trait]
impl PendingRegistrationRepository for InMemoryStore {
    async fn add(&self, pending: &PendingRegistration) -> Result<(), PortError> {
        self.run("keep registration", |tables| {
            tables.pending.insert(pending.id, pending.clone());
        })
        .await
    }

    async fn find(&self, id: RegistrationId) -> Result<Option<PendingRegistration>, PortError> {
        self.run("find registration", |tables| tables.pending.get(&id).cloned()).await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep registrations", |tables| {
            let over = tables.pending.extract_if(.., |_, pending| pending.expires_at <= now);
            over.take(limit as usize).count() as u64
        })
        .await
    }
}
