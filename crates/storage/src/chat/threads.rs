//! Table `chat_threads`, as one looks for a thread.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{Thread, ThreadId, ThreadRepository};
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::thread_row::ThreadRow;
use crate::db::{Db, DbConnection, Found, GroupReader, on_its_connection};
use crate::schema::chat_threads;

/// Threads in a table.
pub struct SqlThreads {
    db: Db,
    threads: GroupReader<ThreadId, Thread>,
}

impl SqlThreads {
    /// The threads of this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { threads: GroupReader::new("find thread", db.clone(), threads), db }
    }
}

/// Threads, whoever's they are.
fn threads(conn: &mut DbConnection, ids: &[ThreadId]) -> QueryResult<Found<ThreadId, Thread>> {
    let rows: Vec<ThreadRow> = match ids {
        [id] => {
            let query = chat_threads::table.find(id.to_string());
            on_its_connection!(conn, |conn| query.select(ThreadRow::as_select()).load(conn))?
        }
        ids => {
            let ids = ids.iter().map(ToString::to_string);
            let query = chat_threads::table.filter(chat_threads::id.eq_any(ids));
            on_its_connection!(conn, |conn| query.select(ThreadRow::as_select()).load(conn))?
        }
    };
    // What was asked for by an id has one that can be read.
    let found = rows.into_iter().filter_map(|row| Some((ThreadId::parse(&row.id).ok()?, row.try_into())));
    Ok(found.collect())
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
        Ok(self.threads.find(id).await?.filter(|thread| thread.user == user))
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
