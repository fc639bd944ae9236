//! Onboarding in a table.

mod checklists;

pub use checklists::SqlChecklists;
pub(crate) use checklists::stored;
