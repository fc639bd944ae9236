//! Tables `audit_log` and `audit_head`.

use async_trait::async_trait;
use autorisen_domain::audit::{AuditEntry, AuditHead, AuditRow, AuditTrail, LinkHash};
use autorisen_domain::auth::UserId;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use crate::audit::append;
use crate::db::Db;
use crate::row::BadRow;
use crate::schema::{audit_head, audit_log};

/// The audit in tables.
pub struct SqlAuditTrail {
    db: Db,
}

impl SqlAuditTrail {
    /// The audit of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

type LogRow = (i64, i64, String, Option<String>, Option<String>, String, String, Vec<u8>, Option<String>);

#[async_trait]
impl AuditTrail for SqlAuditTrail {
    async fn append(&self, entry: &AuditEntry) -> Result<(), PortError> {
        let entry = entry.clone();
        self.db.transact("append to audit", move |conn| append(conn, &entry)).await
    }

    async fn head(&self) -> Result<AuditHead, PortError> {
        self.db
            .read("find end of audit", |conn| {
                let (first_seq, first_hash, last_seq, last_hash) = audit_head::table
                    .find(1)
                    .select((
                        audit_head::first_seq,
                        audit_head::first_hash,
                        audit_head::last_seq,
                        audit_head::last_hash,
                    ))
                    .get_result::<(i64, Vec<u8>, i64, Vec<u8>)>(conn)?;
                let (first_hash, last_hash) = (hash(&first_hash)?, hash(&last_hash)?);
                Ok(AuditHead { first_seq, first_hash, last_seq, last_hash })
            })
            .await
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, PortError> {
        self.db
            .read("read audit", move |conn| {
                let rows = audit_log::table
                    .filter(audit_log::seq.gt(after))
                    .order(audit_log::seq.asc())
                    .limit(i64::from(limit))
                    .load::<LogRow>(conn)?;
                Ok(to_rows(rows)?)
            })
            .await
    }

    async fn latest(
        &self,
        account: Option<UserId>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, PortError> {
        let before = before.unwrap_or(i64::MAX);
        let Some(account) = account.map(|account| account.to_string()) else {
            return self
                .db
                .read("read end of audit", move |conn| {
                    let rows = audit_log::table
                        .filter(audit_log::seq.lt(before))
                        .order(audit_log::seq.desc())
                        .limit(i64::from(limit))
                        .load::<LogRow>(conn)?;
                    Ok(to_rows(rows)?)
                })
                .await;
        };
        self.db
            .read("read audit of account", move |conn| {
                let rows = audit_log::table
                    .filter(audit_log::account_id.eq(&account))
                    .filter(audit_log::seq.lt(before))
                    .order(audit_log::seq.desc())
                    .limit(i64::from(limit))
                    .load::<LogRow>(conn)?;
                Ok(to_rows(rows)?)
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let before = before.micros();
        self.db
            .sweep("sweep audit", limit, move |conn| {
                // It changes nothing yet; it makes other sweeps wait.
                let first: i64 = diesel::update(audit_head::table.find(1))
                    .set(audit_head::first_seq.eq(audit_head::first_seq))
                    .returning(audit_head::first_seq)
                    .get_result(conn)?;
                let oldest = audit_log::table
                    .filter(audit_log::seq.gt(first))
                    .order(audit_log::seq.asc())
                    .limit(i64::from(limit))
                    .select((audit_log::seq, audit_log::at, audit_log::hash))
                    .load::<(i64, i64, Vec<u8>)>(conn)?;
                let over = oldest.into_iter().take_while(|(_, at, _)| *at < before);
                let Some((last, _, hash)) = over.last() else {
                    return Ok(0);
                };
                diesel::update(audit_head::table.find(1))
                    .set((audit_head::first_seq.eq(last), audit_head::first_hash.eq(hash)))
                    .execute(conn)?;
                let forgotten =
                    audit_log::table.filter(audit_log::seq.gt(first)).filter(audit_log::seq.le(last));
                Ok(diesel::delete(forgotten).execute(conn)? as u64)
            })
            .await
    }
}

fn hash(bytes: &[u8]) -> Result<LinkHash, BadRow> {
    LinkHash::from_slice(bytes).ok_or(BadRow("hash of the audit"))
}

fn to_rows(rows: Vec<LogRow>) -> Result<Vec<AuditRow>, BadRow> {
    rows.into_iter().map(to_row).collect()
}

fn to_row(row: LogRow) -> Result<AuditRow, BadRow> {
    let (seq, at, action, account, session, client_ip, request_id, bytes, actor) = row;
    let at = Timestamp::from_micros(at);
    Ok(AuditRow { seq, at, action, account, session, actor, client_ip, request_id, hash: hash(&bytes)? })
}
