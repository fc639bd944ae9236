//! Whole databases on their way: moved to another one, backed up into a file, restored from it.
//!
//! What comes in comes in one transaction, which is committed only when every table was read back and is
//! what was sent. Whatever ends such a run early leaves an empty database, and the run may be repeated.
//! These functions block, and need no [`Db`](crate::Db).

mod backup;
mod dump;
mod error;
mod fill;
mod moving;
mod restore;
pub(crate) mod source;
mod target;

pub use self::backup::{BackedUp, backup, verify_backup};
pub use self::error::TransferError;
pub use self::moving::{Moved, move_database};
pub use self::restore::{end_all_sessions, restore};
