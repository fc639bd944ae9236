//! The adapters keep what their ports promise.
#![expect(clippy::expect_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::id::Random as _;
use autorisen_security::{
    BcryptHasher, ChatTokenSettings, EcdsaKeyFactory, EcdsaKeyRing, HashLane, HmacCsrfTokens,
    JwtAccessTokens, JwtChatTokens, KeyedDigests, LaneSettings, MasterKey, SealedOpaqueTokens, SystemRandom,
};
use autorisen_testkit::contracts::Deployment;

fn deployment() -> Deployment {
    let mut chance = [0; 16];
    SystemRandom.fill(&mut chance).expect("the system gives random bytes");
    let master = MasterKey::new(format!("{chance:?}").into(), None);
    let ring = Arc::new(EcdsaKeyRing::new(&master));
    let chat = ChatTokenSettings { signing_key: None, issuer: "chat".into(), audience: "chatkit".into() };
    Deployment {
        opaque: Arc::new(SealedOpaqueTokens::new(&master)),
        access: Arc::new(JwtAccessTokens::new(Arc::clone(&ring), "issuer".into(), "audience".into())),
        chat: Arc::new(JwtChatTokens::new(&master, chat)),
        csrf: Arc::new(HmacCsrfTokens::new(&master, Duration::from_hours(24))),
        digests: Arc::new(KeyedDigests::new(&master)),
        factory: Arc::new(EcdsaKeyFactory::new(&master)),
        ring,
    }
}

autorisen_testkit::security_contracts!(deployment);

mod password_hasher {
    autorisen_testkit::password_hasher_contract!(super::hasher);
}

async fn hasher() -> BcryptHasher {
    let settings = LaneSettings {
        threads: 2,
        queue: 64,
        max_wait: Duration::from_mins(1),
        expected: Duration::from_millis(1),
    };
    BcryptHasher::new(Arc::new(HashLane::start(settings).expect("threads start")), 4, false)
}
