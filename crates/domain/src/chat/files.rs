//! Files of users: announced, sent, read, deleted.

use std::collections::BTreeMap;
use std::sync::Arc;

use autorisen_chatkit::{Attachment, AttachmentKind, AttachmentParams, UploadDescriptor, UploadMethod};

use crate::auth::UserId;
use crate::chat::{
    AttachmentBytes, AttachmentId, AttachmentRepository, ChatError, FileLinks, StoredAttachment,
};
use crate::error::PortError;
use crate::id::IdSource;

/// The size of the parts that files are stored in, but for the last.
const PART_LENGTH: usize = 256 * 1024;
/// The longest name, in characters.
const MAX_NAME: usize = 255;

/// What [`FileService`] needs from outside.
pub struct FilePorts {
    /// What is known of files.
    pub attachments: Arc<dyn AttachmentRepository>,
    /// Their bytes.
    pub bytes: Arc<dyn AttachmentBytes>,
    /// Their addresses.
    pub links: Arc<FileLinks>,
    /// Tells the time and gives ids.
    pub ids: IdSource,
}

/// Settings of files.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// The largest file, in bytes.
    pub max_size: u64,
    /// How many bytes all files of a user may have together.
    pub max_total: u64,
    /// The media types that are taken: `type/subtype`, or `type/*`.
    pub types: Vec<String>,
}

/// Keeps the files of users.
pub struct FileService {
    ports: FilePorts,
    settings: FileSettings,
}

/// A file that is being sent.
pub struct Upload {
    file: StoredAttachment,
    part: u32,
    pending: Vec<u8>,
    received: u64,
    /// Whether it must have the size that was announced.
    is_exact: bool,
}

/// A file that is whole.
#[derive(Debug, Clone)]
pub struct StoredFile {
    /// What is known of it.
    pub attachment: StoredAttachment,
}

impl FileService {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: FilePorts, settings: FileSettings) -> Self {
        Self { ports, settings }
    }

    /// The largest file, in bytes.
    #[must_use]
    pub const fn max_size(&self) -> u64 {
        self.settings.max_size
    }

    /// Announces a file, and says where its bytes are to be sent.
    pub async fn announce(&self, user: UserId, params: AttachmentParams) -> Result<Attachment, ChatError> {
        let file = self.insert(user, params).await?;
        let url = self.ports.links.uploading(user, file.id, self.ports.ids.now());
        let descriptor = UploadDescriptor { url, method: UploadMethod::Post, headers: BTreeMap::new() };
        Ok(Attachment { upload_descriptor: Some(descriptor), ..self.shown(&file) })
    }

    /// Announces a file that comes at once; its size is what it may have at most.
    pub async fn begin_direct(&self, user: UserId, params: AttachmentParams) -> Result<Upload, ChatError> {
        let size = params.size.min(self.settings.max_size);
        let file = self.insert(user, AttachmentParams { size, ..params }).await?;
        Ok(Upload { is_exact: false, ..Upload::of(file) })
    }

    /// Begins to take the bytes of a file that was announced and has none yet.
    pub async fn begin(&self, user: UserId, id: AttachmentId) -> Result<Upload, ChatError> {
        let file = self.find(user, id).await?;
        if file.is_uploaded {
            return Err(ChatError::WrongItem("an attachment whose bytes have not come yet"));
        }
        Ok(Upload::of(file))
    }

    /// Takes some bytes. More than were announced are refused.
    pub async fn add(&self, upload: &mut Upload, bytes: &[u8]) -> Result<(), ChatError> {
        upload.received += bytes.len() as u64;
        if upload.received > upload.file.size {
            return Err(ChatError::Input { field: "file", fault: "is larger than was announced" });
        }
        upload.pending.extend_from_slice(bytes);
        while upload.pending.len() >= PART_LENGTH {
            let rest = upload.pending.split_off(PART_LENGTH);
            let part = std::mem::replace(&mut upload.pending, rest);
            self.ports.bytes.put(upload.file.id, upload.part, part).await?;
            upload.part += 1;
        }
        Ok(())
    }

    /// Says that all bytes have come. Fewer than were announced are refused.
    pub async fn finish(&self, upload: Upload) -> Result<Attachment, ChatError> {
        let Upload { mut file, part, pending, received, is_exact } = upload;
        if received == 0 || (is_exact && received != file.size) {
            return Err(ChatError::Input { field: "file", fault: "is smaller than was announced" });
        }
        if !pending.is_empty() {
            self.ports.bytes.put(file.id, part, pending).await?;
        }
        // Another upload of the same file that was given up took all parts along.
        if self.ports.bytes.get(file.id, 0).await?.is_none() {
            return Err(ChatError::Input { field: "file", fault: "was sent twice at once" });
        }
        if !self.ports.attachments.complete(file.user, file.id, received).await? {
            return Err(ChatError::AttachmentNotFound);
        }
        (file.is_uploaded, file.size) = (true, received);
        Ok(self.shown(&file))
    }

    /// Removes what has come of a file that does not come whole. It may be sent again.
    pub async fn give_up(&self, upload: &Upload) -> Result<(), PortError> {
        let found = self.ports.attachments.find(upload.file.user, upload.file.id).await?;
        if found.is_some_and(|file| file.is_uploaded) {
            return Ok(());
        }
        self.ports.bytes.remove(upload.file.id).await
    }

    /// Forgets a file that was begun with its announcement and did not come whole.
    pub async fn abandon(&self, upload: &Upload) -> Result<(), PortError> {
        self.remove(upload.file.user, upload.file.id).await.map(|_| ())
    }

    /// Finds a file that is whole.
    pub async fn open(&self, user: UserId, id: AttachmentId) -> Result<StoredFile, ChatError> {
        let attachment = self.find(user, id).await?;
        if attachment.is_uploaded {
            Ok(StoredFile { attachment })
        } else {
            Err(ChatError::AttachmentNotFound)
        }
    }

    /// Reads a part of a file; `None` past its end.
    pub async fn read(&self, file: &StoredFile, part: u32) -> Result<Option<Vec<u8>>, PortError> {
        self.ports.bytes.get(file.attachment.id, part).await
    }

    /// Deletes a file.
    pub async fn delete(&self, user: UserId, id: &str) -> Result<(), ChatError> {
        let id = AttachmentId::parse(id).map_err(|_| ChatError::AttachmentNotFound)?;
        if self.remove(user, id).await? { Ok(()) } else { Err(ChatError::AttachmentNotFound) }
    }

    async fn remove(&self, user: UserId, id: AttachmentId) -> Result<bool, PortError> {
        let was_there = self.ports.attachments.delete(user, id).await?;
        if was_there {
            self.ports.bytes.remove(id).await?;
        }
        Ok(was_there)
    }

    async fn find(&self, user: UserId, id: AttachmentId) -> Result<StoredAttachment, ChatError> {
        self.ports.attachments.find(user, id).await?.ok_or(ChatError::AttachmentNotFound)
    }

    async fn insert(&self, user: UserId, params: AttachmentParams) -> Result<StoredAttachment, ChatError> {
        let fault = |field, fault| Err(ChatError::Input { field, fault });
        let name = plain_name(&params.name);
        if name.is_empty() || name.chars().count() > MAX_NAME {
            return fault("name", "must have 1 to 255 characters");
        }
        let Some(mime_type) = self.taken_type(&params.mime_type) else {
            return fault("mime_type", "is not taken here");
        };
        if params.size == 0 || params.size > self.settings.max_size {
            return fault("size", "is zero, or more than is taken here");
        }
        let file = StoredAttachment {
            id: AttachmentId::generate(&self.ports.ids)?,
            user,
            name,
            mime_type,
            size: params.size,
            is_uploaded: false,
            thread: None,
            created_at: self.ports.ids.now(),
        };
        if !self.ports.attachments.insert(&file, self.settings.max_total).await? {
            return fault("size", "is more than is left for the files of this account");
        }
        Ok(file)
    }

    /// The media type in small letters and without parameters, if it is taken.
    fn taken_type(&self, text: &str) -> Option<String> {
        let name = text.split(';').next()?.trim().to_ascii_lowercase();
        let (kind, subtype) = name.split_once('/')?;
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-_".contains(&b))
        };
        let taken = self.settings.types.iter().any(|taken| {
            *taken == name || taken.strip_suffix("/*").is_some_and(|any| any == kind || any == "*")
        });
        (plain(kind) && plain(subtype) && taken && name.len() <= 127).then_some(name)
    }

    fn shown(&self, file: &StoredAttachment) -> Attachment {
        let kind = if file.is_image() {
            let preview_url = self.ports.links.reading(file.user, file.id, self.ports.ids.now());
            AttachmentKind::Image { preview_url }
        } else {
            AttachmentKind::File
        };
        Attachment {
            id: file.id.to_string(),
            name: file.name.clone(),
            mime_type: file.mime_type.clone(),
            upload_descriptor: None,
            thread_id: file.thread.map(|thread| thread.to_string()),
            kind,
        }
    }
}

impl Upload {
    const fn of(file: StoredAttachment) -> Self {
        Self { file, part: 0, pending: Vec::new(), received: 0, is_exact: true }
    }
}

/// The last part of a path, without control characters: a name, and never a place.
fn plain_name(text: &str) -> String {
    let name = text.rsplit(['/', '\\']).next().unwrap_or("");
    name.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}
