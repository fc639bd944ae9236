//! Threads and items as clients may see them.

use autorisen_chatkit::{AttachmentKind, Item, ItemKind, Page, Time};
use serde_json::Map;

use super::ConversationService;
use crate::auth::UserId;
use crate::chat::{AttachmentId, StoredAttachment, Thread};
use crate::clock::Timestamp;

impl ConversationService {
    /// The thread, without what the server keeps for itself.
    pub(super) fn shown_thread(&self, thread: &Thread, items: Page<Item>) -> autorisen_chatkit::Thread {
        autorisen_chatkit::Thread {
            id: thread.id.to_string(),
            title: thread.title.clone(),
            created_at: time(thread.created_at),
            status: thread.status.clone(),
            allowed_image_domains: thread.allowed_image_domains.clone(),
            metadata: Map::new(),
            items: items.map(|item| self.shown_item(thread.user, item)),
        }
    }

    /// The item, with addresses of its images that are good for a while.
    pub(super) fn shown_item(&self, user: UserId, mut item: Item) -> Item {
        if let ItemKind::UserMessage { attachments, .. } = &mut item.kind {
            for attachment in attachments {
                let id = AttachmentId::parse(&attachment.id);
                if let (AttachmentKind::Image { preview_url }, Ok(id)) = (&mut attachment.kind, id) {
                    *preview_url = self.ports.surroundings.links.reading(user, id, self.now());
                }
            }
        }
        item
    }

    pub(super) fn now(&self) -> Timestamp {
        self.ports.surroundings.ids.now()
    }
}

/// The file as it is kept inside a message: without an address, which would grow old.
pub(super) fn kept(attachment: &StoredAttachment) -> autorisen_chatkit::Attachment {
    let kind = if attachment.is_image() {
        AttachmentKind::Image { preview_url: String::new() }
    } else {
        AttachmentKind::File
    };
    autorisen_chatkit::Attachment {
        id: attachment.id.to_string(),
        name: attachment.name.clone(),
        mime_type: attachment.mime_type.clone(),
        upload_descriptor: None,
        thread_id: attachment.thread.map(|thread| thread.to_string()),
        kind,
    }
}

/// A time of the domain as one of the protocol.
pub(super) const fn time(at: Timestamp) -> Time {
    Time::from_micros(at.micros())
}
