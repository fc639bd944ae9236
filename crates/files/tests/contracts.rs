//! The folder keeps the contract of its port, beside attachments that are known in memory.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::ops::Deref;
use std::sync::Arc;

use autorisen_files::FolderBytes;
use autorisen_testkit::contracts::Stores;
use autorisen_testkit::fakes::InMemoryStore;
use tempfile::TempDir;

/// Stores whose bytes lie in a folder that goes with them.
struct OwnFolder {
    stores: Stores,
    _folder: TempDir,
}

impl Deref for OwnFolder {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.stores
    }
}

async fn stores() -> OwnFolder {
    let folder = tempfile::tempdir().unwrap();
    let bytes = FolderBytes::open(&folder.path().join("a/b")).unwrap();
    let stores = Stores { attachment_bytes: Arc::new(bytes), ..Arc::new(InMemoryStore::default()).ports() };
    OwnFolder { stores, _folder: folder }
}

mod attachments {
    autorisen_testkit::attachments_contract!(super::stores);
}
