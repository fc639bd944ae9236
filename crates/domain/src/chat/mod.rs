//! Chat: for now the short-lived token that a ChatKit component shows, and the thread it is for.

mod error;
mod model;
mod ports;
mod service;

pub use error::ChatTokenError;
pub use model::{
    ChatClaims, ChatGrant, InvalidPlacement, Placement, PlacementName, Placements, Thread, ThreadId, ToolName,
};
pub use ports::{ChatTokens, ThreadRepository};
pub use service::{ChatTokenPorts, ChatTokenRequest, ChatTokenService};
