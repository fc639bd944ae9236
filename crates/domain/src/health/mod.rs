//! Health: whether the process can do its work.
//!
//! The smallest complete feature; a new one starts from a copy of it.

mod model;
mod ports;
mod service;

pub use model::{CheckResult, Readiness};
pub use ports::ReadinessCheck;
pub use service::HealthService;
