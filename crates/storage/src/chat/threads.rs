//! Table `chat_threads`, as one looks for a thread.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{Thread, ThreadId, ThreadRepository};
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::thread_row::ThreadRow;
use crate::db::{Abort, Db};
use crate::schema::chat_threads;

/// Threads in a table.
pub struct SqlThreads {
    db: Db,
}

impl SqlThreads {
    /// The threads of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// Stores a thread unless one in its place was not used yet, and gives the one that is there then.
/// The update changes nothing; without it nothing would be returned.
const OPEN: &str = "\
    INSERT INTO chat_threads (id, user_id, placement, created_at, updated_at) \
    VALUES ($1, $2, $3, $4, $4) \
    ON CONFLICT (user_id, placement) WHERE started_at IS NULL \
    DO UPDATE SET updated_at = chat_threads.updated_at \
    RETURNING id, user_id, placement, title, status, metadata, image_domains, created_at";

#[async_trait]
impl ThreadRepository for SqlThreads {
    async fn find(&self, user: UserId, id: ThreadId) -> Result<Option<Thread>, PortError> {
        let (user, id) = (user.to_string(), id.to_string());
        self.db
            .read("find thread", move |conn| {
                let row = chat_threads::table
                    .find(&id)
                    .filter(chat_threads::user_id.eq(&user))
                    .select(ThreadRow::as_select())
                    .get_result::<ThreadRow>(conn)
                    .optional()?;
                row.map(Thread::try_from).transpose().map_err(Abort::from)
            })
            .await
    }

    async fn open(&self, fresh: &Thread) -> Result<Thread, PortError> {
        let (id, user) = (fresh.id.to_string(), fresh.user.to_string());
        let (placement, created_at) = (fresh.placement.as_str().to_owned(), fresh.created_at.micros());
        self.db
            .write("open thread", move |conn| {
                let row = diesel::sql_query(OPEN)
                    .bind::<Text, _>(&id)
                    .bind::<Text, _>(&user)
                    .bind::<Text, _>(&placement)
                    .bind::<BigInt, _>(created_at)
                    .get_result::<ThreadRow>(conn)?;
                Ok(Thread::try_from(row)?)
            })
            .await
    }
}
