//! A row of `chat_items`, and writing them.

use autorisen_chatkit::Item;
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use super::thread_row::json;
use crate::db::DbConnection;
use crate::row::BadRow;
use crate::schema::{chat_items, chat_threads};

/// An item on its way into the table.
#[derive(Clone)]
pub(super) struct NewItem {
    pub(super) id: String,
    hidden: bool,
    body: String,
}

impl NewItem {
    pub(super) fn of(items: &[Item]) -> Result<Vec<Self>, PortError> {
        items
            .iter()
            .map(|item| {
                let body = json("write item", item)?;
                Ok(Self { id: item.id.clone(), hidden: item.kind.is_hidden(), body })
            })
            .collect()
    }
}

/// Reads the item of a row.
pub(super) fn item(body: &str) -> Result<Item, BadRow> {
    serde_json::from_str(body).map_err(BadRow::of("item of a thread"))
}

/// Writes items of a thread that is locked: those that are there are replaced, the others come at
/// the end.
pub(super) fn write(
    conn: &mut DbConnection,
    thread: &str,
    items: &[NewItem],
    mut last_number: i64,
) -> QueryResult<()> {
    let before = last_number;
    for item in items {
        let place = chat_items::table
            .filter(chat_items::thread_id.eq(thread))
            .filter(chat_items::item_id.eq(&item.id));
        let replaced = diesel::update(place)
            .set((chat_items::hidden.eq(item.hidden), chat_items::body.eq(&item.body)))
            .execute(conn)?;
        if replaced == 0 {
            last_number += 1;
            diesel::insert_into(chat_items::table)
                .values((
                    chat_items::thread_id.eq(thread),
                    chat_items::number.eq(last_number),
                    chat_items::item_id.eq(&item.id),
                    chat_items::hidden.eq(item.hidden),
                    chat_items::body.eq(&item.body),
                ))
                .execute(conn)?;
        }
    }
    if last_number > before {
        diesel::update(chat_threads::table.find(thread))
            .set(chat_threads::last_number.eq(last_number))
            .execute(conn)?;
    }
    Ok(())
}
