//! A stand-in for OpenAI's hosted ChatKit sessions: it opens and cancels sessions as the vendor's
//! specification says, refuses what that refuses, and fails when it is told to.
//!
//! It is a crate of its own because two need it that may not know each other: the binary, which offers it
//! as `autorisen dev hosted-stub`, and the kit for tests. It knows nobody, is written from the
//! specification alone, and shares no code with the client that is tested against it.
//!
//! `session.rs` reads what a session is asked to be and writes what one is, `object.rs` reads JSON as
//! strictly as the vendor does, `refusal.rs` says no in the vendor's words, `fault.rs` are the ways to
//! fail, and `server.rs` speaks HTTP.

mod fault;
mod object;
mod refusal;
mod server;
mod session;
mod state;

pub use fault::Fault;
pub use server::HostedStub;
pub use state::{Asked, SeenSession, StubSettings};
