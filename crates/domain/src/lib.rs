//! The rules of autorisen: accounts, sessions, signing keys, chat tokens.
//!
//! Plain Rust. A use case is a method of a service; what it needs from outside is a port, a trait
//! in the feature's `ports.rs`. Adapters in other crates implement the ports, `server` wires them.

pub mod analytics;
pub mod audit;
pub mod auth;
pub mod chat;
pub mod clock;
pub mod context;
pub mod digest;
pub mod error;
pub mod events;
pub mod health;
pub mod id;
pub mod keys;
pub mod legacy;
pub mod onboarding;
pub mod progress;
pub mod rate_limit;
pub mod supervision;
pub mod sweep;
