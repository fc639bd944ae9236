//! The ports of one deployment that make and check what is secret.

use std::sync::Arc;

use autorisen_domain::auth::{AccessTokens, CsrfTokens, OpaqueTokens};
use autorisen_domain::chat::ChatTokens;
use autorisen_domain::digest::Digests;
use autorisen_domain::keys::{KeyFactory, KeyRing, KeyState, SigningKey};

use crate::fixtures::NOW;

/// The ports of one deployment that make and check what is secret. Its key ring is empty at first.
#[derive(Clone)]
pub struct Deployment {
    /// Makes and reads opaque tokens.
    pub opaque: Arc<dyn OpaqueTokens>,
    /// Signs access tokens with the current key of `ring`, and verifies them with all of its keys.
    pub access: Arc<dyn AccessTokens>,
    /// Signs and verifies chat tokens.
    pub chat: Arc<dyn ChatTokens>,
    /// Makes and checks CSRF tokens.
    pub csrf: Arc<dyn CsrfTokens>,
    /// Makes digests.
    pub digests: Arc<dyn Digests>,
    /// Makes keys that `ring` can unseal.
    pub factory: Arc<dyn KeyFactory>,
    /// Holds the keys that `access` uses.
    pub ring: Arc<dyn KeyRing>,
}

impl Deployment {
    /// Makes a key.
    pub fn new_key(&self, state: KeyState) -> SigningKey {
        self.factory.generate(state, NOW).expect("a key is made")
    }

    /// The same with a current key in its ring.
    #[must_use]
    pub fn with_a_key(self) -> Self {
        self.ring.load(&[self.new_key(KeyState::Current)]).expect("the key is loaded");
        self
    }
}
