//! Files in a folder, where older ones may still lie in the tables.

use std::sync::Arc;

use async_trait::async_trait;
use autorisen_domain::chat::{AttachmentBytes, AttachmentId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_files::FolderBytes;
use autorisen_storage::SqlAttachments;

/// Stores in the folder, and reads from there or else from the tables: a folder may be set at any time, and
/// what came before it is still found.
pub(super) struct FolderBeforeTables {
    pub(super) folder: FolderBytes,
    pub(super) tables: Arc<SqlAttachments>,
}

#[async_trait]
impl AttachmentBytes for FolderBeforeTables {
    async fn put(&self, id: AttachmentId, part: u32, bytes: Vec<u8>) -> Result<(), PortError> {
        self.folder.put(id, part, bytes).await
    }

    async fn get(&self, id: AttachmentId, part: u32) -> Result<Option<Vec<u8>>, PortError> {
        match self.folder.get(id, part).await? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.tables.get(id, part).await,
        }
    }

    async fn remove(&self, id: AttachmentId) -> Result<(), PortError> {
        self.folder.remove(id).await?;
        self.tables.remove(id).await
    }

    async fn list(&self, after: Option<AttachmentId>, limit: u32) -> Result<Vec<AttachmentId>, PortError> {
        self.folder.list(after, limit).await
    }

    async fn tidy(&self, before: Timestamp) -> Result<u64, PortError> {
        self.folder.tidy(before).await
    }
}
