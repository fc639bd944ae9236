//! The keys that sign access tokens: one signs, one is announced to sign next, the retired ones
//! still verify until every token they signed is over.

mod error;
mod model;
mod ports;
mod service;

pub use error::RotateError;
pub use model::{KeyId, KeyPolicy, KeyState, PublicKey, SigningKey};
pub use ports::{KeyFactory, KeyRing, KeyRotation, SigningKeyRepository};
pub use service::{KeyPorts, KeyService};
