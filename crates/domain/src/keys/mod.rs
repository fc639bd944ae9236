//! The keys that sign access tokens: one signs, one is announced to sign next, the retired ones
//! still verify until every token they signed is over. One that fell into wrong hands is revoked:
//! it is gone at once, and with it every token it signed.

mod error;
mod model;
mod ports;
mod service;

pub use error::{RevokeError, RotateError};
pub use model::{KeyId, KeyPolicy, KeyState, PublicKey, SigningKey};
pub use ports::{KeyFactory, KeyRevocation, KeyRing, KeyRotation, SigningKeyRepository};
pub use service::{KeyPorts, KeyService};
