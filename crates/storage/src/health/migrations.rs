//! Whether the database has the tables of this version.

use async_trait::async_trait;
use autorisen_domain::health::ReadinessCheck;

use crate::db::Db;
use crate::health::database::PATIENCE;
use crate::migrations::{self, MigrationStatus};

/// Compares the applied migrations with the known ones. That a newer version applied more is no
/// fault while that only adds: as long as a release is rolled out, both versions serve. It is one
/// when something was taken away.
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
        match tokio::time::timeout(PATIENCE, migrations::inspect(&self.db)).await {
            Ok(Ok(status)) => fault(&status),
            Ok(Err(_)) => Some("cannot read which migrations were applied".to_owned()),
            Err(_) => Some("cannot read in time which migrations were applied".to_owned()),
        }
    }
}

fn fault(status: &MigrationStatus) -> Option<String> {
    let (missing, edited, beyond) = (status.missing(), status.edited(), status.beyond());
    if !missing.is_empty() {
        Some(format!("run `autorisen migrate up`; missing are {}", missing.join(", ")))
    } else if !edited.is_empty() {
        Some(format!("not as they were applied are {}", edited.join(", ")))
    } else if !beyond.is_empty() {
        Some(format!(
            "the tables are those of a newer version, which took away what this one may need: {}",
            beyond.join(", ")
        ))
    } else {
        None
    }
}
