//! A row of `chat_threads`, and what it means.

use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{PlacementName, Thread, ThreadId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use crate::row::BadRow;
use crate::schema::chat_threads;

/// The columns that a thread is made of.
#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = chat_threads)]
pub(super) struct ThreadRow {
    pub(super) id: String,
    user_id: String,
    placement: String,
    title: Option<String>,
    status: String,
    metadata: String,
    image_domains: Option<String>,
    created_at: i64,
}

impl TryFrom<ThreadRow> for Thread {
    type Error = BadRow;

    fn try_from(row: ThreadRow) -> Result<Self, BadRow> {
        let domains = row.image_domains.as_deref().map(serde_json::from_str).transpose();
        Ok(Self {
            id: ThreadId::parse(&row.id).map_err(BadRow::of("id of a thread"))?,
            user: UserId::parse(&row.user_id).map_err(BadRow::of("id of an account"))?,
            placement: PlacementName::parse(&row.placement).map_err(BadRow::of("placement"))?,
            title: row.title,
            status: serde_json::from_str(&row.status).map_err(BadRow::of("status of a thread"))?,
            metadata: serde_json::from_str(&row.metadata).map_err(BadRow::of("metadata of a thread"))?,
            allowed_image_domains: domains.map_err(BadRow::of("hosts for images"))?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// A value as JSON.
pub(super) fn json(operation: &'static str, value: &impl serde::Serialize) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(|error| PortError::new(operation, error))
}
