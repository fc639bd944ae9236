//! Table `chat_items`.

use async_trait::async_trait;
use autorisen_chatkit::{FeedbackKind, Item, Order, Page};
use autorisen_domain::chat::{Hidden, ItemRepository, PageRequest, ThreadKey};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::dsl::{case_when, exists};
use diesel::prelude::*;

use super::item_row::{self, NewItem};
use crate::db::{Abort, Db, DbConnection};
use crate::row::BadRow;
use crate::schema::{chat_items, chat_threads};

/// Items in a table.
pub struct SqlItems {
    db: Db,
}

impl SqlItems {
    /// The items of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ItemRepository for SqlItems {
    async fn put(&self, key: ThreadKey, items: &[Item], now: Timestamp) -> Result<bool, PortError> {
        let (user, thread) = (key.user.to_string(), key.thread.to_string());
        let (items, now) = (NewItem::of(items)?, now.micros());
        self.db
            .transact("put items", move |conn| {
                let Some(last_number) = lock(conn, &user, &thread, now)? else { return Ok(false) };
                item_row::write(conn, &thread, &items, last_number)?;
                Ok(true)
            })
            .await
    }

    async fn find(&self, key: ThreadKey, id: &str) -> Result<Option<Item>, PortError> {
        let (user, thread, id) = (key.user.to_string(), key.thread.to_string(), id.to_owned());
        self.db
            .read("find item", move |conn| {
                let body: Option<String> = chat_items::table
                    .inner_join(chat_threads::table)
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_items::thread_id.eq(&thread))
                    .filter(chat_items::item_id.eq(&id))
                    .select(chat_items::body)
                    .get_result(conn)
                    .optional()?;
                body.map(|body| item_row::item(&body)).transpose().map_err(Abort::from)
            })
            .await
    }

    async fn list(
        &self,
        key: ThreadKey,
        hidden: Hidden,
        page: &PageRequest,
    ) -> Result<Option<Page<Item>>, PortError> {
        let (user, thread, page) = (key.user.to_string(), key.thread.to_string(), page.clone());
        self.db
            .read("list items", move |conn| {
                let Some(start) = start(conn, &user, &thread, page.after.as_deref())? else {
                    return Ok(None);
                };
                let mut query = chat_items::table
                    .inner_join(chat_threads::table)
                    .filter(chat_threads::user_id.eq(&user))
                    .filter(chat_items::thread_id.eq(&thread))
                    .select((chat_items::item_id, chat_items::body))
                    .limit(i64::from(page.size.get()) + 1)
                    .into_boxed();
                if hidden == Hidden::Left {
                    query = query.filter(chat_items::hidden.eq(false));
                }
                query = match (page.order, start) {
                    (Order::Asc, Start::Number(after)) => query.filter(chat_items::number.gt(after)),
                    (Order::Desc, Start::Number(after)) => query.filter(chat_items::number.lt(after)),
                    (_, Start::End) => query,
                };
                query = match page.order {
                    Order::Asc => query.order(chat_items::number.asc()),
                    Order::Desc => query.order(chat_items::number.desc()),
                };
                Ok(Some(cut(query.load::<(String, String)>(conn)?, usize::from(page.size.get()))?))
            })
            .await
    }

    async fn remove(&self, key: ThreadKey, ids: &[String]) -> Result<(), PortError> {
        let (user, thread, ids) = (key.user.to_string(), key.thread.to_string(), ids.to_vec());
        self.db
            .write("remove items", move |conn| {
                let own = chat_threads::table.find(&thread).filter(chat_threads::user_id.eq(&user));
                let gone = chat_items::table
                    .filter(chat_items::thread_id.eq(&thread))
                    .filter(chat_items::item_id.eq_any(&ids))
                    .filter(exists(own));
                diesel::delete(gone).execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn remove_after(&self, key: ThreadKey, id: &str) -> Result<bool, PortError> {
        let (user, thread, id) = (key.user.to_string(), key.thread.to_string(), id.to_owned());
        self.db
            .transact("remove items after", move |conn| {
                let own = chat_threads::table.find(&thread).filter(chat_threads::user_id.eq(&user));
                let locked = diesel::update(own)
                    .set(chat_threads::last_number.eq(chat_threads::last_number))
                    .execute(conn)?;
                let number: Option<i64> = chat_items::table
                    .filter(chat_items::thread_id.eq(&thread))
                    .filter(chat_items::item_id.eq(&id))
                    .select(chat_items::number)
                    .get_result(conn)
                    .optional()?;
                let (1, Some(number)) = (locked, number) else { return Ok(false) };
                let later = chat_items::table
                    .filter(chat_items::thread_id.eq(&thread))
                    .filter(chat_items::number.gt(number));
                diesel::delete(later).execute(conn)?;
                Ok(true)
            })
            .await
    }

    async fn rate(&self, key: ThreadKey, ids: &[String], kind: FeedbackKind) -> Result<bool, PortError> {
        let (user, thread) = (key.user.to_string(), key.thread.to_string());
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let word = match kind {
            FeedbackKind::Positive => "positive",
            FeedbackKind::Negative => "negative",
        };
        let rated = self
            .db
            .transact("rate items", move |conn| {
                let own = chat_threads::table.find(&thread).filter(chat_threads::user_id.eq(&user));
                let seen = chat_items::table
                    .filter(chat_items::thread_id.eq(&thread))
                    .filter(chat_items::item_id.eq_any(&ids))
                    .filter(chat_items::hidden.eq(false))
                    .filter(exists(own));
                let rated = diesel::update(seen).set(chat_items::feedback.eq(word)).execute(conn)?;
                if rated == ids.len() { Ok(()) } else { Err(Abort::Refused(NotRated::Missing)) }
            })
            .await;
        match rated {
            Ok(()) => Ok(true),
            Err(NotRated::Missing) => Ok(false),
            Err(NotRated::Port(cause)) => Err(cause),
        }
    }
}

/// Why nothing was rated; it undoes what was begun.
enum NotRated {
    Missing,
    Port(PortError),
}

impl From<PortError> for NotRated {
    fn from(cause: PortError) -> Self {
        Self::Port(cause)
    }
}

/// Locks a thread of the user until the transaction ends, notes that it changed and that something was
/// said in it, and gives the number of its newest item; `None` when there is no such thread.
fn lock(conn: &mut DbConnection, user: &str, thread: &str, now: i64) -> QueryResult<Option<i64>> {
    let started_at =
        case_when(chat_threads::started_at.is_null(), Some(now)).otherwise(chat_threads::started_at);
    diesel::update(chat_threads::table.find(thread).filter(chat_threads::user_id.eq(user)))
        .set((chat_threads::updated_at.eq(now), chat_threads::started_at.eq(started_at)))
        .returning(chat_threads::last_number)
        .get_result(conn)
        .optional()
}

/// Where a page begins.
#[derive(Clone, Copy)]
enum Start {
    End,
    Number(i64),
}

/// Where the page after this item begins; `None` when no client may know of such an item.
fn start(
    conn: &mut DbConnection,
    user: &str,
    thread: &str,
    after: Option<&str>,
) -> QueryResult<Option<Start>> {
    let Some(after) = after else { return Ok(Some(Start::End)) };
    let number: Option<i64> = chat_items::table
        .inner_join(chat_threads::table)
        .filter(chat_threads::user_id.eq(user))
        .filter(chat_items::thread_id.eq(thread))
        .filter(chat_items::item_id.eq(after))
        .filter(chat_items::hidden.eq(false))
        .select(chat_items::number)
        .get_result(conn)
        .optional()?;
    Ok(number.map(Start::Number))
}

/// The page that one row more than its size makes.
fn cut(mut rows: Vec<(String, String)>, size: usize) -> Result<Page<Item>, BadRow> {
    let has_more = rows.len() > size;
    rows.truncate(size);
    let after = rows.last().filter(|_| has_more).map(|(id, _)| id.clone());
    let data = rows.iter().map(|(_, body)| item_row::item(body)).collect::<Result<_, _>>()?;
    Ok(Page { data, has_more, after })
}
