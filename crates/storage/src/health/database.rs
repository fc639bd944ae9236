//! Whether the database answers.

use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::error::PortError;
use autorisen_domain::health::ReadinessCheck;
use diesel::dsl::select;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::db::Db;

/// How long a check waits for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the database the least that can be asked.
pub struct DatabaseCheck {
    db: Db,
}

impl DatabaseCheck {
    /// A check of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReadinessCheck for DatabaseCheck {
    fn name(&self) -> &'static str {
        "database"
    }

    async fn fault(&self) -> Option<String> {
        let answer = self.db.read::<_, PortError, _>("ask the database", |conn| {
            Ok(select(1.into_sql::<Integer>()).get_result::<i32>(conn)?)
        });
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(_)) => None,
            Ok(Err(_)) => Some(format!("{} does not answer", self.db.kind().name())),
            Err(_) => Some(format!("{} does not answer in time", self.db.kind().name())),
        }
    }
}
