//! Chat: one file for each table, and for threads one for each port.

mod attachments;
mod directory;
mod hosted_sessions;
mod item_row;
mod items;
mod over;
mod thread_row;
mod threads;
mod usage;

pub use attachments::SqlAttachments;
pub use directory::SqlThreadDirectory;
pub use hosted_sessions::SqlHostedSessions;
pub use items::SqlItems;
pub use threads::SqlThreads;
pub use usage::SqlUsage;
