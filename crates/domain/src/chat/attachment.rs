//! Files that users add to messages.

use crate::auth::UserId;
use crate::chat::ThreadId;
use crate::clock::Timestamp;
use crate::id::prefixed_id;

prefixed_id! {
    /// The id of an attachment.
    AttachmentId, "atc"
}

/// A file, or the announcement of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAttachment {
    /// Its id.
    pub id: AttachmentId,
    /// Whose it is.
    pub user: UserId,
    /// The name of the file.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether its bytes are there.
    pub is_uploaded: bool,
    /// The thread of the message that it belongs to, once it does.
    pub thread: Option<ThreadId>,
    /// When it was announced.
    pub created_at: Timestamp,
}

impl StoredAttachment {
    /// Whether it is shown as an image.
    #[must_use]
    pub fn is_image(&self) -> bool {
        self.mime_type.starts_with("image/")
    }
}
