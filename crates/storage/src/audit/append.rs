//! Adding a row to the chain, within the transaction of what it tells.

use autorisen_domain::audit::{AuditEntry, LinkHash};
use diesel::prelude::*;

use crate::db::{Abort, DbConnection};
use crate::row::BadRow;
use crate::schema::{audit_head, audit_log};

#[derive(Insertable)]
#[diesel(table_name = audit_log)]
struct NewRow {
    seq: i64,
    at: i64,
    action: String,
    account_id: Option<String>,
    session_id: Option<String>,
    client_ip: String,
    request_id: String,
    hash: Vec<u8>,
}

/// Adds the entry to the end of the chain. It must be the last thing that a transaction does: the end
/// of the chain is one row, which stays locked until the commit. Taken last by all, it also deadlocks
/// with nothing.
pub(crate) fn append<E>(conn: &mut DbConnection, entry: &AuditEntry) -> Result<(), Abort<E>> {
    let end = audit_head::table.find(1);
    let (seq, previous) = diesel::update(end)
        .set(audit_head::last_seq.eq(audit_head::last_seq + 1))
        .returning((audit_head::last_seq, audit_head::last_hash))
        .get_result::<(i64, Vec<u8>)>(conn)?;
    let previous = LinkHash::from_slice(&previous).ok_or(BadRow("hash of the end of the audit"))?;
    let row = entry.clone().into_row(seq, &previous);
    let hash = row.hash.as_bytes().to_vec();
    diesel::update(end).set(audit_head::last_hash.eq(&hash)).execute(conn)?;
    let new = NewRow {
        seq,
        at: row.at.micros(),
        action: row.action,
        account_id: row.account,
        session_id: row.session,
        client_ip: row.client_ip,
        request_id: row.request_id,
        hash,
    };
    // A restore writes its row into tables of before there were actors.
    match row.actor {
        None => diesel::insert_into(audit_log::table).values(new).execute(conn)?,
        Some(actor) => diesel::insert_into(audit_log::table)
            .values((new, audit_log::actor_id.eq(actor)))
            .execute(conn)?,
    };
    Ok(())
}
