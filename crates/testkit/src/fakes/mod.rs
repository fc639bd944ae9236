//! Implementations of the ports that need nothing: no table, no clock, no chance. They keep the
//! same contracts as the real ones.

mod access;
mod bot_check;
mod chat;
mod checksum;
mod clock;
mod csrf;
mod deployment;
mod digests;
mod events;
mod hasher;
mod health;
mod hosted;
mod keys;
mod opaque;
mod random;
mod siteverify;
mod store;

pub use access::FakeAccessTokens;
pub use bot_check::FakeBotCheck;
pub use chat::FakeChatTokens;
pub use clock::{FakeClock, QuickTimer};
pub use csrf::FakeCsrfTokens;
pub use deployment::FakeSecurity;
pub use digests::FakeDigests;
pub use events::{Recorded, RecordingEvents};
pub use hasher::PlainHasher;
pub use health::StaticCheck;
pub use hosted::{FakeHostedApi, Opened};
pub use keys::{FakeKeyFactory, FakeKeyRing};
pub use opaque::FakeOpaqueTokens;
pub use random::SequenceRandom;
pub use siteverify::StubSiteverify;
pub use store::InMemoryStore;
