//! What administrators see and do over the network: accounts, sessions, the audit.
//!
//! Whose account is an administrator's is said on the command line alone. Everything here leaves a row in
//! the audit with the administrator as its actor, looks at personal data as well as changes; a look whose row
//! cannot be written shows nothing.

mod error;
mod model;
mod service;

pub use error::{EndTheirSessionError, NotAdministrator, SuperviseError, UnknownAccount};
pub use model::{Administrator, AuditPage};
pub use service::{Supervision, SupervisionPorts};
