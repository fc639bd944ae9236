//! The port over a folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use autorisen_domain::chat::{AttachmentBytes, AttachmentId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use crate::folder::Folder;
use crate::lane::Lane;

/// The bytes of attachments as files in a folder. Several processes may share it, also over a network, as
/// long as a rename there is one step and what was synchronised stays.
pub struct FolderBytes {
    folder: Arc<Folder>,
    lane: Lane,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep files in {}", .0.display())]
pub struct OpenFolderError(PathBuf, #[source] io::Error);

impl FolderBytes {
    /// The files in this folder, which is made where it is not there.
    pub fn open(root: &Path) -> Result<Self, OpenFolderError> {
        let failed = |error| OpenFolderError(root.to_owned(), error);
        let folder = Arc::new(Folder::open(root.to_owned()).map_err(failed)?);
        Ok(Self { folder, lane: Lane::start().map_err(failed)? })
    }
}

#[async_trait]
impl AttachmentBytes for FolderBytes {
    async fn put(&self, id: AttachmentId, part: u32, bytes: Vec<u8>) -> Result<(), PortError> {
        let folder = Arc::clone(&self.folder);
        self.lane.run("write part of attachment", move || folder.put(id, part, &bytes)).await
    }

    async fn get(&self, id: AttachmentId, part: u32) -> Result<Option<Vec<u8>>, PortError> {
        let folder = Arc::clone(&self.folder);
        self.lane.run("read part of attachment", move || folder.get(id, part)).await
    }

    async fn remove(&self, id: AttachmentId) -> Result<(), PortError> {
        let folder = Arc::clone(&self.folder);
        self.lane.run("remove parts of attachment", move || folder.remove(id)).await
    }

    async fn list(&self, after: Option<AttachmentId>, limit: u32) -> Result<Vec<AttachmentId>, PortError> {
        let folder = Arc::clone(&self.folder);
        self.lane.run("list attachments with bytes", move || folder.list(after, limit as usize)).await
    }

    async fn tidy(&self, before: Timestamp) -> Result<u64, PortError> {
        let folder = Arc::clone(&self.folder);
        self.lane.run("tidy up attachments", move || folder.tidy(before)).await
    }
}
