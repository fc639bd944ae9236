//! Passwords, tokens, keys and random values: the adapters of the domain's security ports.
//!
//! Everything symmetric is derived from one master key, `SECRET_KEY`, each purpose with its own
//! label, so that no key serves two ends.

mod access;
mod chat;
mod csrf;
mod digests;
#[cfg(test)]
mod forged;
mod jwt;
mod key_ring;
mod lane;
mod master_key;
mod opaque;
mod password;
mod random;
mod seal;
mod stored_hash;
mod verified;

pub use access::JwtAccessTokens;
pub use chat::{ChatTokenSettings, JwtChatTokens};
pub use csrf::HmacCsrfTokens;
pub use digests::KeyedDigests;
pub use key_ring::{EcdsaKeyFactory, EcdsaKeyRing};
pub use lane::{HashLane, LaneObserver, LaneOutcome, LaneReport, LaneSettings, LaneSpans, LaneUsage};
pub use master_key::MasterKey;
pub use opaque::SealedOpaqueTokens;
pub use password::BcryptHasher;
pub use random::SystemRandom;
pub use stored_hash::{CUT_PREFIX, adopt};
