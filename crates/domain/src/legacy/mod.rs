//! What becomes of the rows of the system that was here before.
//!
//! Plain rules: a row comes in as texts that nobody vouches for, and goes out as what our tables hold,
//! with a [`Finding`] for everything that could not be kept as it was. Nothing is dropped in silence: a row
//! is brought, is there already, or is left out with a finding that says why.

mod account;
mod address;
mod change;
mod chat;
mod checklist;
mod credential;
mod finding;
mod ids;
mod record;
mod row;
mod time;

pub use account::{Account, AdoptHash, Lost, NO_PASSWORD, of_user};
pub use address::{Contender, settle};
pub use change::{Judgement, judge};
pub use chat::{Said, Talk, said, talk};
pub use checklist::{DatedChecklist, checklist};
pub use credential::{Verdict, credential, role, user_role};
pub use finding::{Fate, Finding, Fingerprint, Kind, Outcome};
pub use ids::{account_id, record_id};
pub use record::{LoginRecord, Tracked, login, profile, tracked};
pub use row::{Reading, SourceRow};
