//! The tools of the ChatKit server: what a model, or a front end, may have done for the user.
//!
//! A tool is a function from a typed input to a result. Its JSON schema is made from the type, so
//! what a model is told and what is accepted cannot differ:
//!
//! ```
//! use autorisen_tools::{Tool, function};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! /// How far to count.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Count {
//!     /// The last number.
//!     to: u8,
//! }
//!
//! #[derive(Serialize)]
//! struct Counted {
//!     numbers: Vec<u8>,
//! }
//!
//! let tool = function("example.count", "Counts from one.", |input: Count| {
//!     Ok(Counted { numbers: (1..=input.to).collect() })
//! })
//! .unwrap();
//! assert_eq!(tool.schema()["properties"]["to"]["description"], "The last number.");
//! ```
//!
//! One more line in [`all`] makes it known; `AUTORISEN__CHAT__PLACEMENTS` says where it may be called.

mod energy;
mod function;
mod money;
mod onboarding;
mod support;

use std::sync::Arc;

use autorisen_domain::chat::Tools;

pub use autorisen_domain::chat::Tool;
pub use function::{Function, Unfit, function};

/// A tool as the tables of [`Tools`] hold it.
type Offer = Option<Arc<dyn Tool>>;

/// Every tool that there is.
#[must_use]
pub fn all() -> Tools {
    let tools =
        [onboarding::plan(), onboarding::checklist(), support::ticket(), energy::usage(), money::summary()];
    Tools::new(tools.into_iter().flatten())
}
