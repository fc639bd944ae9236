//! Files in memory.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    AttachmentBytes, AttachmentId, AttachmentRepository, StoredAttachment, ThreadKey,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::super::InMemoryStore;

#[async_trait]
impl AttachmentRepository for InMemoryStore {
    async fn insert(&self, attachment: &StoredAttachment, cap: u64) -> Result<bool, PortError> {
        self.run("insert attachment", |tables| {
            let files = &mut tables.chat.attachments;
            let own = files.iter().filter(|file| file.user == attachment.user);
            let fits = own.map(|file| file.size).sum::<u64>() + attachment.size <= cap;
            if fits {
                files.push(attachment.clone());
            }
            fits
        })
        .await
    }

    async fn find(&self, user: UserId, id: AttachmentId) -> Result<Option<StoredAttachment>, PortError> {
        self.run("find attachment", |tables| {
            let mut files = tables.chat.attachments.iter();
            files.find(|file| file.user == user && file.id == id).cloned()
        })
        .await
    }

    async fn complete(&self, user: UserId, id: AttachmentId, size: u64) -> Result<bool, PortError> {
        self.run("complete attachment", |tables| {
            let mut files = tables.chat.attachments.iter_mut();
            let awaited = files.find(|file| file.user == user && file.id == id && !file.is_uploaded);
            awaited.map(|file| (file.is_uploaded, file.size) = (true, size)).is_some()
        })
        .await
    }

    async fn attach(&self, key: ThreadKey, ids: &[AttachmentId]) -> Result<bool, PortError> {
        self.run("attach files", |tables| {
            let files = &mut tables.chat.attachments;
            let free = |file: &StoredAttachment| {
                let is_own = file.user == key.user && file.is_uploaded;
                is_own && file.thread.is_none_or(|thread| thread == key.thread)
            };
            let all = ids.iter().all(|id| files.iter().any(|file| file.id == *id && free(file)));
            if all {
                files
                    .iter_mut()
                    .filter(|file| ids.contains(&file.id))
                    .for_each(|file| file.thread = Some(key.thread));
            }
            all
        })
        .await
    }

    async fn known(&self, ids: &[AttachmentId]) -> Result<Vec<AttachmentId>, PortError> {
        self.run("find known attachments", |tables| {
            let files = tables.chat.attachments.iter().map(|file| file.id);
            files.filter(|id| ids.contains(id)).collect()
        })
        .await
    }

    async fn delete(&self, user: UserId, id: AttachmentId) -> Result<bool, PortError> {
        self.run("delete attachment", |tables| {
            let before = tables.chat.attachments.len();
            tables.chat.attachments.retain(|file| file.user != user || file.id != id);
            tables.chat.forget_parts();
            tables.chat.attachments.len() < before
        })
        .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep attachments", |tables| {
            let is_over = |file: &mut StoredAttachment| file.thread.is_none() && file.created_at < before;
            let swept = tables.chat.attachments.extract_if(.., is_over).take(limit as usize).count();
            tables.chat.forget_parts();
            swept as u64
        })
        .await
    }
}

#[async_trait]
impl AttachmentBytes for InMemoryStore {
    async fn put(&self, id: AttachmentId, part: u32, bytes: Vec<u8>) -> Result<(), PortError> {
        self.run("put part of attachment", |tables| {
            tables.chat.parts.insert((id.to_string(), part), bytes);
        })
        .await
    }

    async fn get(&self, id: AttachmentId, part: u32) -> Result<Option<Vec<u8>>, PortError> {
        self.run("get part of attachment", |tables| tables.chat.parts.get(&(id.to_string(), part)).cloned())
            .await
    }

    async fn remove(&self, id: AttachmentId) -> Result<(), PortError> {
        let id = id.to_string();
        self.run("remove parts of attachment", |tables| tables.chat.parts.retain(|(of, _), _| *of != id))
            .await
    }

    async fn list(&self, _after: Option<AttachmentId>, _limit: u32) -> Result<Vec<AttachmentId>, PortError> {
        Ok(Vec::new())
    }

    async fn tidy(&self, _before: Timestamp) -> Result<u64, PortError> {
        Ok(0)
    }
}
