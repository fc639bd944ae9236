//! Whether the database has the tables of this version.

use async_trait::async_trait;
use autorisen_domain::health::ReadinessCheck;

use crate::db::Db;
use crate::health::database::PATIENCE;
use crate::migrations;

/// Compares the applied migrations with the known ones. That a newer version applied more is no
/// fault: while a release is rolled out, both versions serve.
pub struct MigrationsCheck {
    db: Db,
}

impl MigrationsCheck {
    /// A check of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReadinessCheck for MigrationsCheck {
    fn name(&self) -> &'static str {
        "migrations"
    }

    async fn fault(&self) -> Option<String> {
        match tokio::time::timeout(PATIENCE, migrations::pending(&self.db)).await {
            Ok(Ok(pending)) if pending.is_empty() => None,
            Ok(Ok(pending)) => {
                Some(format!("run `autorisen migrate up`; missing are {}", pending.join(", ")))
            }
            Ok(Err(_)) => Some("cannot read which migrations were applied".to_owned()),
            Err(_) => Some("cannot read in time which migrations were applied".to_owned()),
        }
    }
}
