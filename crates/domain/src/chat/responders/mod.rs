//! Responders that need no model.

mod offline;
mod scripted;
mod writing;

pub use offline::OfflineResponder;
pub use scripted::ScriptedResponder;
