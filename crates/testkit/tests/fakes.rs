//! The fakes keep the contracts of the ports that they stand in for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use autorisen_testkit::contracts::{BotCheckSubject, Deployment, Stores};
use autorisen_testkit::fakes::{FakeBotCheck, FakeSecurity, InMemoryStore, PlainHasher};

mod store {
    autorisen_testkit::repository_contracts!(super::stores);
}

mod security {
    autorisen_testkit::security_contracts!(super::deployment);
}

mod hasher {
    autorisen_testkit::password_hasher_contract!(super::hasher);
}

mod bot_check {
    autorisen_testkit::bot_check_contract!(super::bot_check_subject);
}

async fn bot_check_subject() -> BotCheckSubject {
    static PROOFS: AtomicU64 = AtomicU64::new(0);
    let unreachable = FakeBotCheck::default();
    unreachable.set_down(true);
    BotCheckSubject {
        check: Box::new(FakeBotCheck::default()),
        good: || format!("{} {}", FakeBotCheck::GOOD, PROOFS.fetch_add(1, Ordering::Relaxed)),
        bad: "a program".to_owned(),
        unreachable: Box::new(unreachable),
    }
}

async fn stores() -> Box<Stores> {
    Box::new(Arc::new(InMemoryStore::default()).ports())
}

async fn hasher() -> PlainHasher {
    PlainHasher::default()
}

fn deployment() -> Deployment {
    FakeSecurity::new().ports()
}
