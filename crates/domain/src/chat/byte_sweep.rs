//! Removes bytes of files that nobody knows any more.
//!
//! A thread, a user or a sweep takes the rows of files along in one transaction. Bytes that lie elsewhere
//! cannot be part of it, so what has bytes is compared with what is known, again and again: whatever breaks
//! off in between, nothing stays for good. A file is announced before its bytes come, so bytes of a file
//! that is not known belong to one that was deleted.

use std::sync::{Arc, Mutex, PoisonError};

use crate::chat::{AttachmentBytes, AttachmentId, AttachmentRepository};
use crate::clock::Timestamp;
use crate::error::PortError;

/// Compares what has bytes with what is known, from where it stopped the last time.
pub struct ByteSweep {
    attachments: Arc<dyn AttachmentRepository>,
    bytes: Arc<dyn AttachmentBytes>,
    after: Mutex<Option<AttachmentId>>,
}

impl ByteSweep {
    /// A sweep over these ports.
    #[must_use]
    pub const fn new(attachments: Arc<dyn AttachmentRepository>, bytes: Arc<dyn AttachmentBytes>) -> Self {
        Self { attachments, bytes, after: Mutex::new(None) }
    }

    /// Looks at no more than `pages` times `limit` files, removes the bytes of those that are not known,
    /// and what was being written before `stale` and never was whole. It says how many files were removed.
    pub async fn run(&self, stale: Timestamp, limit: u32, pages: u32) -> Result<u64, PortError> {
        let mut removed = self.bytes.tidy(stale).await?;
        for _ in 0..pages {
            let after = *self.after.lock().unwrap_or_else(PoisonError::into_inner);
            let found = self.bytes.list(after, limit).await?;
            let known = self.attachments.known(&found).await?;
            for &id in found.iter().filter(|id| !known.contains(id)) {
                self.bytes.remove(id).await?;
                removed += 1;
            }
            let is_end = found.len() < limit as usize;
            let next = found.last().copied().filter(|_| !is_end);
            *self.after.lock().unwrap_or_else(PoisonError::into_inner) = next;
            if is_end {
                break;
            }
        }
        Ok(removed)
    }
}
