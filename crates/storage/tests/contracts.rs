//! The adapters keep the contracts of their ports, on both databases.

mod support;

use support::{OwnStores, Place};

async fn sqlite_stores() -> OwnStores {
    OwnStores::new(Place::sqlite())
}

async fn postgres_stores() -> OwnStores {
    OwnStores::new(Place::postgres())
}

mod sqlite {
    autorisen_testkit::repository_contracts!(super::sqlite_stores);
}

mod postgres {
    autorisen_testkit::repository_contracts!(super::postgres_stores);
}
