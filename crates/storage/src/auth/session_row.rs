//! Sessions as rows.

use std::net::IpAddr;

use autorisen_domain::auth::{PreviousRefresh, RefreshState, Session, SessionId, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::context::ClientAddress;
use autorisen_domain::digest::Digest;
use diesel::prelude::*;

use crate::row::{self, BadRow};
use crate::schema::sessions;

/// The columns of a session, in the order of [`SessionRow`].
pub(super) type Columns = (
    sessions::id,
    sessions::user_id,
    sessions::epoch,
    sessions::created_at,
    sessions::last_used_at,
    sessions::expires_at,
    sessions::absolute_expires_at,
    sessions::revoked_at,
    sessions::refresh_digest,
    sessions::previous_digest,
    sessions::replaced_at,
    sessions::sealed_successor,
    sessions::cookie_digest,
    sessions::client_ip,
    sessions::user_agent,
);

/// Selects [`Columns`].
pub(super) const COLUMNS: Columns = (
    sessions::id,
    sessions::user_id,
    sessions::epoch,
    sessions::created_at,
    sessions::last_used_at,
    sessions::expires_at,
    sessions::absolute_expires_at,
    sessions::revoked_at,
    sessions::refresh_digest,
    sessions::previous_digest,
    sessions::replaced_at,
    sessions::sealed_successor,
    sessions::cookie_digest,
    sessions::client_ip,
    sessions::user_agent,
);

/// A session as it is read and first written.
#[derive(Queryable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(super) struct SessionRow {
    pub(super) id: String,
    user_id: String,
    epoch: i64,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
    absolute_expires_at: i64,
    revoked_at: Option<i64>,
    refresh_digest: Vec<u8>,
    previous_digest: Option<Vec<u8>>,
    replaced_at: Option<i64>,
    sealed_successor: Option<Vec<u8>>,
    cookie_digest: Vec<u8>,
    client_ip: String,
    user_agent: Option<String>,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        let previous = session.refresh.previous.as_ref();
        Self {
            id: session.id.to_string(),
            user_id: session.user.to_string(),
            epoch: session.epoch,
            created_at: session.created_at.micros(),
            last_used_at: session.last_used_at.micros(),
            expires_at: session.expires_at.micros(),
            absolute_expires_at: session.absolute_expires_at.micros(),
            revoked_at: session.revoked_at.map(Timestamp::micros),
            refresh_digest: bytes(&session.refresh.current),
            previous_digest: previous.map(|previous| bytes(&previous.digest)),
            replaced_at: previous.map(|previous| previous.replaced_at.micros()),
            sealed_successor: previous.map(|previous| previous.successor.clone()),
            cookie_digest: bytes(&session.cookie),
            client_ip: session.client.to_string(),
            user_agent: session.user_agent.clone(),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = BadRow;

    fn try_from(row: SessionRow) -> Result<Self, BadRow> {
        let previous = match (row.previous_digest, row.replaced_at, row.sealed_successor) {
            (None, None, None) => None,
            (Some(digest), Some(replaced_at), Some(successor)) => Some(PreviousRefresh {
                digest: row::digest("refresh token", &digest)?,
                replaced_at: Timestamp::from_micros(replaced_at),
                successor,
            }),
            _ => return Err(BadRow("replaced refresh token")),
        };
        let client: IpAddr = row.client_ip.parse().map_err(BadRow::of("address of a client"))?;
        Ok(Self {
            id: SessionId::parse(&row.id).map_err(BadRow::of("id of a session"))?,
            user: UserId::parse(&row.user_id).map_err(BadRow::of("id of an account"))?,
            epoch: row.epoch,
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: Timestamp::from_micros(row.last_used_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            absolute_expires_at: Timestamp::from_micros(row.absolute_expires_at),
            revoked_at: row::time(row.revoked_at),
            refresh: RefreshState { current: row::digest("refresh token", &row.refresh_digest)?, previous },
            cookie: row::digest("cookie", &row.cookie_digest)?,
            client: ClientAddress::new(client),
            user_agent: row.user_agent,
        })
    }
}

fn bytes(digest: &Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}
