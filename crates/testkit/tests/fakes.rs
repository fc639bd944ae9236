//! The fakes keep the contracts of the ports that they stand in for.

use std::sync::Arc;

use autorisen_testkit::contracts::{Deployment, Stores};
use autorisen_testkit::fakes::{FakeSecurity, InMemoryStore, PlainHasher};

mod store {
    autorisen_testkit::repository_contracts!(super::stores);
}

mod security {
    autorisen_testkit::security_contracts!(super::deployment);
}

mod hasher {
    autorisen_testkit::password_hasher_contract!(super::hasher);
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
