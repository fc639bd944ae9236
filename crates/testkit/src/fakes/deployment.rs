//! All fakes of one deployment that make and check what would be secret.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::contracts::Deployment;
use crate::fakes::{
    FakeAccessTokens, FakeChatTokens, FakeCsrfTokens, FakeDigests, FakeKeyFactory, FakeKeyRing,
    FakeOpaqueTokens,
};

/// A process of a deployment of fakes, with its own key ring.
#[derive(Clone)]
pub struct FakeSecurity {
    secret: u64,
    ports: Deployment,
}

impl FakeSecurity {
    /// The first process of a deployment whose secret no other in this test run has.
    #[expect(clippy::new_without_default, reason = "every one is another, so none is the default")]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self::with_secret(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Another process of the same deployment, with an empty key ring.
    #[must_use]
    pub fn replica(&self) -> Self {
        Self::with_secret(self.secret)
    }

    /// The ports.
    #[must_use]
    pub fn ports(&self) -> Deployment {
        self.ports.clone()
    }

    fn with_secret(secret: u64) -> Self {
        let ring = Arc::new(FakeKeyRing::new(secret));
        let ports = Deployment {
            opaque: Arc::new(FakeOpaqueTokens::new(secret)),
            access: Arc::new(FakeAccessTokens::new(Arc::clone(&ring))),
            chat: Arc::new(FakeChatTokens::new(secret)),
            csrf: Arc::new(FakeCsrfTokens::new(secret)),
            digests: Arc::new(FakeDigests::new(secret)),
            factory: Arc::new(FakeKeyFactory::new(secret)),
            ring,
        };
        Self { secret, ports }
    }
}

impl Deref for FakeSecurity {
    type Target = Deployment;

    fn deref(&self) -> &Deployment {
        &self.ports
    }
}
