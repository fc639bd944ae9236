//! Table `chat_threads`, as threads are begun, listed, changed and answered in.

use async_trait::async_trait;
use autorisen_chatkit::{Item, Order, Page};
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    AnswerId, BeginThreadError, Claim, Claimed, PageRequest, PlacementName, Thread, ThreadChange,
    ThreadDirectory, ThreadKey,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use super::item_row::{self, NewItem};
use super::over;
use super::thread_row::{ThreadRow, json};
use crate::db::{Abort, Db, DbConnection};
use crate::row::BadRow;
use crate::schema::{chat_threads, users};

/// Threads in a table, for their users.
pub struct SqlThreadDirectory {
    db: Db,
}

impl SqlThreadDirectory {
    /// The threads of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ThreadDirectory for SqlThreadDirectory {
    async fn begin(
        &self,
        thread: &Thread,
        first: &Item,
        claim: Claim,
        cap: u32,
    ) -> Result<(), BeginThreadError> {
        let thread = thread.clone();
        let items = NewItem::of(std::slice::from_ref(first))?;
        let status = json("write thread", &thread.status)?;
        let metadata = json("write thread", &thread.metadata)?;
        self.db
            .transact("begin thread", move |conn| {
                let (id, user) = (thread.id.to_string(), thread.user.to_string());
                lock_user(conn, &user)?;
                let started = chat_threads::table
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_threads::started_at.is_not_null())
                    .count()
                    .get_result::<i64>(conn)?;
                if started >= i64::from(cap) {
                    return Err(Abort::Refused(BeginThreadError::TooMany));
                }
                let at = thread.created_at.micros();
                diesel::insert_into(chat_threads::table)
                    .values((
                        chat_threads::id.eq(&id),
                        chat_threads::user_id.eq(&user),
                        chat_threads::placement.eq(thread.placement.as_str()),
                        chat_threads::title.eq(&thread.title),
                        chat_threads::status.eq(&status),
                        chat_threads::metadata.eq(&metadata),
                        chat_threads::started_at.eq(at),
                        chat_threads::created_at.eq(at),
                        chat_threads::updated_at.eq(at),
                        chat_threads::answer_id.eq(claim.answer.to_string()),
                        chat_threads::answer_until.eq(claim.until.micros()),
                    ))
                    .execute(conn)?;
                item_row::write(conn, &id, &items, 0)?;
                Ok(())
            })
            .await
    }

    async fn list(
        &self,
        user: UserId,
        placement: Option<&PlacementName>,
        page: &PageRequest,
    ) -> Result<Option<Page<Thread>>, PortError> {
        let (user, page) = (user.to_string(), page.clone());
        let placement = placement.map(|name| name.as_str().to_owned());
        self.db
            .read("list threads", move |conn| {
                let mut query = chat_threads::table
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_threads::started_at.is_not_null())
                    .select(ThreadRow::as_select())
                    .limit(i64::from(page.size.get()) + 1)
                    .into_boxed();
                if let Some(placement) = &placement {
                    query = query.filter(chat_threads::placement.eq(placement));
                }
                if let Some(after) = &page.after {
                    let at: Option<i64> = chat_threads::table
                        .find(after)
                        .filter(chat_threads::user_id.eq(&user))
                        .filter(chat_threads::started_at.is_not_null())
                        .select(chat_threads::created_at)
                        .get_result(conn)
                        .optional()?;
                    let Some(at) = at else { return Ok(None) };
                    let same_time = chat_threads::created_at.eq(at);
                    query = match page.order {
                        Order::Asc => query.filter(
                            chat_threads::created_at.gt(at).or(same_time.and(chat_threads::id.gt(after))),
                        ),
                        Order::Desc => query.filter(
                            chat_threads::created_at.lt(at).or(same_time.and(chat_threads::id.lt(after))),
                        ),
                    };
                }
                query = match page.order {
                    Order::Asc => query.order((chat_threads::created_at.asc(), chat_threads::id.asc())),
                    Order::Desc => query.order((chat_threads::created_at.desc(), chat_threads::id.desc())),
                };
                Ok(Some(cut(query.load::<ThreadRow>(conn)?, usize::from(page.size.get()))?))
            })
            .await
    }

    async fn change(
        &self,
        key: ThreadKey,
        change: &ThreadChange,
        now: Timestamp,
    ) -> Result<Option<Thread>, PortError> {
        let (user, id, now) = (key.user.to_string(), key.thread.to_string(), now.micros());
        let write = |value: Option<_>| value.transpose();
        let changes = Changes {
            title: change.title.clone(),
            status: write(change.status.as_ref().map(|status| json("write thread", status)))?,
            metadata: write(change.metadata.as_ref().map(|metadata| json("write thread", metadata)))?,
            image_domains: write(
                change.allowed_image_domains.as_ref().map(|domains| json("write thread", domains)),
            )?,
            updated_at: now,
        };
        self.db
            .transact("change thread", move |conn| {
                let own = chat_threads::table.find(&id).filter(chat_threads::user_id.eq(&user));
                if diesel::update(own).set(&changes).execute(conn)? == 0 {
                    return Ok(None);
                }
                let row = chat_threads::table
                    .find(&id)
                    .select(ThreadRow::as_select())
                    .get_result::<ThreadRow>(conn)?;
                Ok(Some(Thread::try_from(row)?))
            })
            .await
    }

    async fn delete(&self, key: ThreadKey) -> Result<bool, PortError> {
        let (user, id) = (key.user.to_string(), key.thread.to_string());
        self.db
            .write("delete thread", move |conn| {
                let own = chat_threads::table.find(&id).filter(chat_threads::user_id.eq(&user));
                Ok(diesel::delete(own).execute(conn)? == 1)
            })
            .await
    }

    async fn claim(&self, key: ThreadKey, claim: Claim) -> Result<Claimed, PortError> {
        let (user, id) = (key.user.to_string(), key.thread.to_string());
        self.db
            .transact("claim thread", move |conn| {
                let own = || chat_threads::table.find(&id).filter(chat_threads::user_id.eq(&user));
                let free = own().filter(
                    chat_threads::answer_until
                        .is_null()
                        .or(chat_threads::answer_until.le(claim.now.micros())),
                );
                let claimed = diesel::update(free)
                    .set((
                        chat_threads::answer_id.eq(claim.answer.to_string()),
                        chat_threads::answer_until.eq(claim.until.micros()),
                    ))
                    .execute(conn)?;
                if claimed == 1 {
                    return Ok(Claimed::Yes);
                }
                let found = own().count().get_result::<i64>(conn)?;
                Ok(if found == 0 { Claimed::NotFound } else { Claimed::Busy })
            })
            .await
    }

    async fn extend(&self, key: ThreadKey, claim: Claim) -> Result<bool, PortError> {
        let (user, id, answer) = (key.user.to_string(), key.thread.to_string(), claim.answer.to_string());
        self.db
            .write("extend claim", move |conn| {
                let held = chat_threads::table
                    .find(&id)
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_threads::answer_id.eq(&answer));
                let extended = diesel::update(held)
                    .set(chat_threads::answer_until.eq(claim.until.micros()))
                    .execute(conn)?;
                Ok(extended == 1)
            })
            .await
    }

    async fn release(&self, key: ThreadKey, answer: AnswerId) -> Result<(), PortError> {
        let (user, id, answer) = (key.user.to_string(), key.thread.to_string(), answer.to_string());
        self.db
            .write("release claim", move |conn| {
                let held = chat_threads::table
                    .find(&id)
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_threads::answer_id.eq(&answer));
                diesel::update(held)
                    .set((
                        chat_threads::answer_id.eq(None::<String>),
                        chat_threads::answer_until.eq(None::<i64>),
                    ))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep threads", limit, move |conn| {
                Ok(over::delete_threads(conn, before, now, limit)? as u64)
            })
            .await
    }
}

/// The columns that change; those that are `None` stay.
#[derive(AsChangeset, Clone)]
#[diesel(table_name = chat_threads)]
struct Changes {
    title: Option<String>,
    status: Option<String>,
    metadata: Option<String>,
    image_domains: Option<String>,
    updated_at: i64,
}

/// Makes the calls of one user that begin threads come one after the other.
fn lock_user(conn: &mut DbConnection, user: &str) -> QueryResult<()> {
    diesel::update(users::table.find(user)).set(users::updated_at.eq(users::updated_at)).execute(conn)?;
    Ok(())
}

/// The page that one row more than its size makes.
fn cut(mut rows: Vec<ThreadRow>, size: usize) -> Result<Page<Thread>, BadRow> {
    let has_more = rows.len() > size;
    rows.truncate(size);
    let after = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    let data = rows.into_iter().map(Thread::try_from).collect::<Result<_, _>>()?;
    Ok(Page { data, has_more, after })
}
