//! Accounts, registrations and sessions in tables.

mod accounts;
mod passwords;
mod registrations;
mod session_directory;
mod session_row;
mod sessions;
mod user_row;
mod users;

pub use accounts::SqlAccountDirectory;
pub use passwords::SqlPasswords;
pub use registrations::SqlPendingRegistrations;
pub use session_directory::SqlSessionDirectory;
pub use sessions::SqlSessions;
pub use users::SqlUsers;
