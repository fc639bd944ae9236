//! The files of messages, for who answers them.

use std::sync::Arc;

use crate::chat::{AttachmentBytes, AttachmentId, AttachmentRepository, StoredAttachment, ThreadKey};
use crate::error::PortError;

/// Reads files of a thread, a part at a time: no file has to be in memory as a whole.
#[derive(Clone)]
pub struct MessageFiles {
    attachments: Arc<dyn AttachmentRepository>,
    bytes: Arc<dyn AttachmentBytes>,
}

impl MessageFiles {
    /// The files that are known here, and their bytes.
    #[must_use]
    pub const fn new(attachments: Arc<dyn AttachmentRepository>, bytes: Arc<dyn AttachmentBytes>) -> Self {
        Self { attachments, bytes }
    }

    /// Finds a file that belongs to a message of this thread; `None` when it is not there any more, and
    /// when it is of another user or another thread.
    pub async fn find(&self, key: ThreadKey, id: &str) -> Result<Option<StoredAttachment>, PortError> {
        let Ok(id) = AttachmentId::parse(id) else { return Ok(None) };
        let found = self.attachments.find(key.user, id).await?;
        Ok(found.filter(|file| file.is_uploaded && file.thread == Some(key.thread)))
    }

    /// Reads a part; `None` past the end.
    pub async fn part(&self, file: &StoredAttachment, part: u32) -> Result<Option<Vec<u8>>, PortError> {
        self.bytes.get(file.id, part).await
    }

    /// Reads the beginning of a file: all of it, or this many bytes.
    pub async fn beginning(&self, file: &StoredAttachment, length: usize) -> Result<Vec<u8>, PortError> {
        let mut read = Vec::new();
        for part in 0.. {
            if read.len() >= length {
                break;
            }
            let Some(bytes) = self.part(file, part).await? else { break };
            read.extend_from_slice(&bytes);
        }
        read.truncate(length);
        Ok(read)
    }
}
