//! Table `login_history`: logins at the system that was here before.

use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::Db;
use crate::dialect;

/// Logins at the system that was here before. Nothing is added to them but by an import.
pub struct SqlLoginHistory {
    db: Db,
}

impl SqlLoginHistory {
    /// The logins of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }

    /// Forgets logins of before this time, at most `limit` of them, and says how many.
    pub async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep login history", limit, move |conn| {
                let old = "created_at < $1 ORDER BY created_at LIMIT $2";
                let swept = diesel::sql_query(dialect::delete_found(conn, "login_history", "id", old))
                    .bind::<BigInt, _>(before.micros())
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(conn)?;
                Ok(swept as u64)
            })
            .await
    }
}
