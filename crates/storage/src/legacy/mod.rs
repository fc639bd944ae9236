//! Bringing over what the system before kept, from its own database.
//!
//! The source is only read, a page at a time; what becomes of a row is decided in the domain. A page is written
//! in one transaction with a note of how far the import has come, so that one that was killed goes on where
//! it was, and one that is run again finds what is new. A dry run does the same and writes nothing.

mod found;
mod layout;
mod logins;
mod plan;
mod rows;
mod run;
mod source;
mod state;
mod steps;
mod target;
mod url;

pub use found::{Counts, Found, ImportSummary, TableSummary};
pub use logins::SqlLoginHistory;
pub use run::{ImportError, LegacyImport};
pub use source::SourceError;
pub use url::LegacyUrl;
