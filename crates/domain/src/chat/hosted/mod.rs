//! Hosted sessions: chats that run on OpenAI's side, on a session that is opened there for each chat
//! token and ended there when the login ends.
//!
//! Nothing calls "cancel" where a login ends, and so nothing can forget to. What is open there is kept
//! with its login, and a session whose login is no longer live is due to be cancelled, however the
//! login ended: [`HostedSessions`] opens and keeps, [`HostedCancellation`] looks for what is due (ADR 10).

mod cancellation;
mod model;
mod ports;
mod service;

pub use cancellation::{HostedCancellation, HostedCancellationPorts};
pub use model::{
    DueHostedSession, HostedCall, HostedFailure, HostedFault, HostedSession, HostedSessionId, HostedUser,
    InvalidHostedSessionId, KeptHostedSession, UpstreamRequestId,
};
pub use ports::{HostedApi, HostedSessionRepository};
pub use service::{HostedPorts, HostedSessions};
