//! The bytes of attachments as files in a folder.
//!
//! A crate of its own because `storage` is about tables, and nothing here needs a database: it is built
//! and tested in seconds. `folder.rs` says where each part lies and how it is written; `lane.rs` holds the
//! threads that may wait for a disk; `bytes.rs` is the port.

mod bytes;
mod folder;
mod lane;

pub use bytes::{FolderBytes, OpenFolderError};
