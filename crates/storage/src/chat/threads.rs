//! Table `chat_threads`.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{PlacementName, Thread, ThreadId, ThreadRepository};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Abort, Db};
use crate::row::BadRow;
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

#[derive(Queryable, QueryableByName)]
#[diesel(table_name = chat_threads)]
struct ThreadRow {
    id: String,
    user_id: String,
    placement: String,
    created_at: i64,
}

/// The columns of a thread, in the order of [`ThreadRow`].
const COLUMNS: (chat_threads::id, chat_threads::user_id, chat_threads::placement, chat_threads::created_at) =
    (chat_threads::id, chat_threads::user_id, chat_threads::placement, chat_threads::created_at);

/// Stores a thread unless one in its place was not used yet, and gives the one that is there then.
/// The update changes nothing; without it nothing would be returned.
const OPEN: &str = "\
    INSERT INTO chat_threads (id, user_id, placement, created_at, updated_at) \
    VALUES ($1, $2, $3, $4, $4) \
    ON CONFLICT (user_id, placement) WHERE started_at IS NULL \
    DO UPDATE SET updated_at = chat_threads.updated_at \
    RETURNING id, user_id, placement, created_at";

impl TryFrom<ThreadRow> for Thread {
    type Error = BadRow;

    fn try_from(row: ThreadRow) -> Result<Self, BadRow> {
        Ok(Self::new(
            ThreadId::parse(&row.id).map_err(BadRow::of("id of a thread"))?,
            UserId::parse(&row.user_id).map_err(BadRow::of("id of an account"))?,
            PlacementName::parse(&row.placement).map_err(BadRow::of("placement"))?,
            Timestamp::from_micros(row.created_at),
        ))
    }
}

#[async_trait]
impl ThreadRepository for SqlThreads {
    async fn find(&self, user: UserId, id: ThreadId) -> Result<Option<Thread>, PortError> {
        let (user, id) = (user.to_string(), id.to_string());
        self.db
            .read("find thread", move |conn| {
                let row = chat_threads::table
                    .find(&id)
                    .filter(chat_threads::user_id.eq(&user))
                    .select(COLUMNS)
                    .get_result::<ThreadRow>(conn)
                    .optional()?;
                row.map(Thread::try_from).transpose().map_err(Abort::from)
            })
            .await
    }

    async fn open(&self, fresh: &Thread) -> Result<Thread, PortError> {
        // A component asks for a token every few minutes, nearly always for the same thread: the
        // cheap question first. The unique index decides what is true.
        if let Some(unused) = self.find_unused(fresh).await? {
            return Ok(unused);
        }
        let (id, user) = (fresh.id.to_string(), fresh.user.to_string());
        let (placement, at) = (fresh.placement.as_str().to_owned(), fresh.created_at.micros());
        self.db
            .write("open thread", move |conn| {
                let row = diesel::sql_query(OPEN)
                    .bind::<Text, _>(&id)
                    .bind::<Text, _>(&user)
                    .bind::<Text, _>(&placement)
                    .bind::<BigInt, _>(at)
                    .get_result::<ThreadRow>(conn)?;
                Ok(Thread::try_from(row)?)
            })
            .await
    }
}

impl SqlThreads {
    async fn find_unused(&self, like: &Thread) -> Result<Option<Thread>, PortError> {
        let (user, placement) = (like.user.to_string(), like.placement.as_str().to_owned());
        self.db
            .read("find unused thread", move |conn| {
                let row = chat_threads::table
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_threads::placement.eq(&placement))
                    .filter(chat_threads::started_at.is_null())
                    .select(COLUMNS)
                    .get_result::<ThreadRow>(conn)
                    .optional()?;
                row.map(Thread::try_from).transpose().map_err(Abort::from)
            })
            .await
    }
}
