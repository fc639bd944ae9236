//! Tables `chat_attachments` and `chat_attachment_parts`.

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    AttachmentBytes, AttachmentId, AttachmentRepository, StoredAttachment, ThreadId, ThreadKey,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};

use super::over;
use crate::db::{Abort, Db};
use crate::row::BadRow;
use crate::schema::{chat_attachment_parts, chat_attachments, users};

/// Files in tables: what is known of them, and their bytes.
pub struct SqlAttachments {
    db: Db,
}

impl SqlAttachments {
    /// The files of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = chat_attachments)]
struct AttachmentRow {
    id: String,
    user_id: String,
    thread_id: Option<String>,
    name: String,
    mime_type: String,
    size: i64,
    is_uploaded: bool,
    created_at: i64,
}

impl TryFrom<AttachmentRow> for StoredAttachment {
    type Error = BadRow;

    fn try_from(row: AttachmentRow) -> Result<Self, BadRow> {
        let thread = row.thread_id.as_deref().map(ThreadId::parse).transpose();
        Ok(Self {
            id: AttachmentId::parse(&row.id).map_err(BadRow::of("id of an attachment"))?,
            user: UserId::parse(&row.user_id).map_err(BadRow::of("id of an account"))?,
            name: row.name,
            mime_type: row.mime_type,
            size: u64::try_from(row.size).map_err(BadRow::of("size of an attachment"))?,
            is_uploaded: row.is_uploaded,
            thread: thread.map_err(BadRow::of("id of a thread"))?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const PUT: &str = "\
    INSERT INTO chat_attachment_parts (attachment_id, part, bytes) VALUES ($1, $2, $3) \
    ON CONFLICT (attachment_id, part) DO UPDATE SET bytes = excluded.bytes";

#[async_trait]
impl AttachmentRepository for SqlAttachments {
    async fn insert(&self, attachment: &StoredAttachment, cap: u64) -> Result<bool, PortError> {
        let new = attachment.clone();
        let size = bounded(new.size);
        self.db
            .transact("insert attachment", move |conn| {
                let user = new.user.to_string();
                // The calls of one user come one after the other.
                diesel::update(users::table.find(&user))
                    .set(users::updated_at.eq(users::updated_at))
                    .execute(conn)?;
                let sizes: Vec<i64> = chat_attachments::table
                    .filter(chat_attachments::user_id.eq(&user))
                    .select(chat_attachments::size)
                    .load(conn)?;
                let total = sizes.iter().fold(size, |sum, &size| sum.saturating_add(size));
                if total > bounded(cap) {
                    return Ok(false);
                }
                diesel::insert_into(chat_attachments::table)
                    .values((
                        chat_attachments::id.eq(new.id.to_string()),
                        chat_attachments::user_id.eq(&user),
                        chat_attachments::thread_id.eq(new.thread.map(|thread| thread.to_string())),
                        chat_attachments::name.eq(&new.name),
                        chat_attachments::mime_type.eq(&new.mime_type),
                        chat_attachments::size.eq(size),
                        chat_attachments::is_uploaded.eq(new.is_uploaded),
                        chat_attachments::created_at.eq(new.created_at.micros()),
                    ))
                    .execute(conn)?;
                Ok(true)
            })
            .await
    }

    async fn find(&self, user: UserId, id: AttachmentId) -> Result<Option<StoredAttachment>, PortError> {
        let (user, id) = (user.to_string(), id.to_string());
        self.db
            .read("find attachment", move |conn| {
                let row = chat_attachments::table
                    .find(&id)
                    .filter(chat_attachments::user_id.eq(&user))
                    .select(AttachmentRow::as_select())
                    .get_result::<AttachmentRow>(conn)
                    .optional()?;
                row.map(StoredAttachment::try_from).transpose().map_err(Abort::from)
            })
            .await
    }

    async fn complete(&self, user: UserId, id: AttachmentId, size: u64) -> Result<bool, PortError> {
        let (user, id, size) = (user.to_string(), id.to_string(), bounded(size));
        self.db
            .write("complete attachment", move |conn| {
                let awaited = chat_attachments::table
                    .find(&id)
                    .filter(chat_attachments::user_id.eq(&user))
                    .filter(chat_attachments::is_uploaded.eq(false));
                let completed = diesel::update(awaited)
                    .set((chat_attachments::is_uploaded.eq(true), chat_attachments::size.eq(size)))
                    .execute(conn)?;
                Ok(completed == 1)
            })
            .await
    }

    async fn attach(&self, key: ThreadKey, ids: &[AttachmentId]) -> Result<bool, PortError> {
        let (user, thread) = (key.user.to_string(), key.thread.to_string());
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        ids.dedup();
        let attached = self
            .db
            .transact("attach files", move |conn| {
                let free = chat_attachments::table
                    .filter(chat_attachments::id.eq_any(&ids))
                    .filter(chat_attachments::user_id.eq(&user))
                    .filter(chat_attachments::is_uploaded.eq(true))
                    .filter(
                        chat_attachments::thread_id.is_null().or(chat_attachments::thread_id.eq(&thread)),
                    );
                let attached =
                    diesel::update(free).set(chat_attachments::thread_id.eq(&thread)).execute(conn)?;
                if attached == ids.len() { Ok(()) } else { Err(Abort::Refused(NotAttached::Missing)) }
            })
            .await;
        match attached {
            Ok(()) => Ok(true),
            Err(NotAttached::Missing) => Ok(false),
            Err(NotAttached::Port(cause)) => Err(cause),
        }
    }

    async fn known(&self, ids: &[AttachmentId]) -> Result<Vec<AttachmentId>, PortError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.db
            .read("find known attachments", move |conn| {
                let known: Vec<String> = chat_attachments::table
                    .filter(chat_attachments::id.eq_any(&ids))
                    .select(chat_attachments::id)
                    .load(conn)?;
                let parse = |id: &String| AttachmentId::parse(id).map_err(BadRow::of("id of an attachment"));
                Ok(known.iter().map(parse).collect::<Result<_, BadRow>>()?)
            })
            .await
    }

    async fn delete(&self, user: UserId, id: AttachmentId) -> Result<bool, PortError> {
        let (user, id) = (user.to_string(), id.to_string());
        self.db
            .write("delete attachment", move |conn| {
                let own = chat_attachments::table.find(&id).filter(chat_attachments::user_id.eq(&user));
                Ok(diesel::delete(own).execute(conn)? == 1)
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep attachments", limit, move |conn| {
                Ok(over::delete_free_files(conn, before, limit)? as u64)
            })
            .await
    }
}

#[async_trait]
impl AttachmentBytes for SqlAttachments {
    async fn put(&self, id: AttachmentId, part: u32, bytes: Vec<u8>) -> Result<(), PortError> {
        let id = id.to_string();
        self.db
            .write("put part of attachment", move |conn| {
                diesel::sql_query(PUT)
                    .bind::<Text, _>(&id)
                    .bind::<BigInt, _>(i64::from(part))
                    .bind::<Binary, _>(&bytes)
                    .execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn get(&self, id: AttachmentId, part: u32) -> Result<Option<Vec<u8>>, PortError> {
        let id = id.to_string();
        self.db
            .read("get part of attachment", move |conn| {
                Ok(chat_attachment_parts::table
                    .find((&id, i64::from(part)))
                    .select(chat_attachment_parts::bytes)
                    .get_result(conn)
                    .optional()?)
            })
            .await
    }

    async fn remove(&self, id: AttachmentId) -> Result<(), PortError> {
        let id = id.to_string();
        self.db
            .write("remove parts of attachment", move |conn| {
                let parts = chat_attachment_parts::table.filter(chat_attachment_parts::attachment_id.eq(&id));
                diesel::delete(parts).execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn list(&self, _after: Option<AttachmentId>, _limit: u32) -> Result<Vec<AttachmentId>, PortError> {
        // A foreign key takes the parts along.
        Ok(Vec::new())
    }

    async fn tidy(&self, _before: Timestamp) -> Result<u64, PortError> {
        // A part is there as a whole, or a transaction has undone it.
        Ok(0)
    }
}

/// Why files were not attached; it undoes what was begun.
enum NotAttached {
    Missing,
    Port(PortError),
}

impl From<PortError> for NotAttached {
    fn from(cause: PortError) -> Self {
        Self::Port(cause)
    }
}

/// A number of bytes as the tables hold it.
fn bounded(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
