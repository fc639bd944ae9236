//! Deleting what is over in chat, where one row may have many others behind it: so the others are
//! counted, and go first.

use autorisen_domain::clock::Timestamp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::DbConnection;
use crate::dialect;
use crate::schema::{chat_attachment_parts, chat_attachments, chat_items, chat_threads};

/// As many parts of files are deleted at once: some megabytes.
const PARTS: i64 = 32;

/// Threads in which nothing has changed for long and nobody answers.
const IDLE: &str = "\
    SELECT id, last_number FROM chat_threads \
    WHERE updated_at < $1 AND (answer_until IS NULL OR answer_until <= $2) ORDER BY updated_at LIMIT $3";

/// Files of no thread.
const FREE: &str = "SELECT id FROM chat_attachments WHERE created_at < $1 AND thread_id IS NULL ORDER BY created_at LIMIT $2";

#[derive(QueryableByName)]
struct Idle {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    last_number: i64,
}

#[derive(QueryableByName)]
struct Free {
    #[diesel(sql_type = Text)]
    id: String,
}

/// Deletes no more than `limit` items and threads, and says how many. Files of these threads become files
/// of none. A thread with more items than may go at once loses the oldest first.
pub(super) fn delete_threads(
    conn: &mut DbConnection,
    before: Timestamp,
    now: Timestamp,
    limit: u32,
) -> QueryResult<usize> {
    let limit = i64::from(limit);
    let idle = diesel::sql_query(dialect::and_lock(conn, IDLE))
        .bind::<BigInt, _>(before.micros())
        .bind::<BigInt, _>(now.micros())
        .bind::<BigInt, _>(limit)
        .load::<Idle>(conn)?;
    let mut left = limit;
    let mut ids: Vec<&str> = Vec::new();
    for thread in &idle {
        // Numbers only grow, so there are no more items than that.
        left -= thread.last_number.saturating_add(1);
        if left < 0 {
            break;
        }
        ids.push(&thread.id);
    }
    match idle.first() {
        Some(first) if ids.is_empty() => shorten(conn, &first.id, limit),
        _ => delete_whole(conn, &ids),
    }
}

fn delete_whole(conn: &mut DbConnection, ids: &[&str]) -> QueryResult<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::update(chat_attachments::table.filter(chat_attachments::thread_id.eq_any(ids)))
        .set(chat_attachments::thread_id.eq(None::<String>))
        .execute(conn)?;
    let items = diesel::delete(chat_items::table.filter(chat_items::thread_id.eq_any(ids))).execute(conn)?;
    let threads = diesel::delete(chat_threads::table.filter(chat_threads::id.eq_any(ids))).execute(conn)?;
    Ok(items + threads)
}

/// Deletes the oldest items of a thread, and the thread once it has none.
fn shorten(conn: &mut DbConnection, id: &str, limit: i64) -> QueryResult<usize> {
    let numbers: Vec<i64> = chat_items::table
        .filter(chat_items::thread_id.eq(id))
        .select(chat_items::number)
        .order(chat_items::number.asc())
        .limit(limit)
        .load(conn)?;
    let Some(last) = numbers.last() else {
        return delete_whole(conn, &[id]);
    };
    let oldest = chat_items::table.filter(chat_items::thread_id.eq(id)).filter(chat_items::number.le(last));
    diesel::delete(oldest).execute(conn)
}

/// Deletes no more than `limit` files of no thread, and no more than some megabytes of them, and says how
/// many rows these were. One that loses a part is as good as never uploaded: no message takes it any more.
pub(super) fn delete_free_files(
    conn: &mut DbConnection,
    before: Timestamp,
    limit: u32,
) -> QueryResult<usize> {
    let free = diesel::sql_query(dialect::and_lock(conn, FREE))
        .bind::<BigInt, _>(before.micros())
        .bind::<BigInt, _>(i64::from(limit))
        .load::<Free>(conn)?;
    let mut deleted = 0;
    let mut left = PARTS;
    for Free { id } in &free {
        let parts: Vec<i64> = chat_attachment_parts::table
            .filter(chat_attachment_parts::attachment_id.eq(id))
            .select(chat_attachment_parts::part)
            .order(chat_attachment_parts::part.desc())
            .limit(left + 1)
            .load(conn)?;
        let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
        if count > left {
            // The newest of those that may not go stays, and so does what is before it.
            if let Some(stays) = parts.last() {
                deleted += delete_parts_after(conn, id, *stays)?;
            }
            break;
        }
        left -= count;
        // Its parts go with it.
        deleted += diesel::delete(chat_attachments::table.find(id)).execute(conn)?;
    }
    Ok(deleted)
}

fn delete_parts_after(conn: &mut DbConnection, id: &str, part: i64) -> QueryResult<usize> {
    diesel::update(chat_attachments::table.find(id))
        .set(chat_attachments::is_uploaded.eq(false))
        .execute(conn)?;
    let parts = chat_attachment_parts::table
        .filter(chat_attachment_parts::attachment_id.eq(id))
        .filter(chat_attachment_parts::part.gt(part));
    diesel::delete(parts).execute(conn)
}
