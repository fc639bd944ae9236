//! Signing keys in tables.

mod signing_keys;

pub use signing_keys::SqlSigningKeys;
