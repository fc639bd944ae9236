//! For tests only: contracts that every adapter of a port passes, fakes that pass them, fixtures,
//! and a PostgreSQL schema for each test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "the kit runs inside tests, where a failure is a panic and nothing else"
)]

pub mod contracts;
pub mod documented;
pub mod fakes;
pub mod fixtures;
pub mod legacy;
pub mod model_server;
pub mod postgres;
mod race;

/// A stand-in for OpenAI's hosted sessions.
pub use autorisen_hosted_stub as hosted_stub;
pub use race::race;
