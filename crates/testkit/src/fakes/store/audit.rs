//! The audit in memory.

use async_trait::async_trait;
use autorisen_domain::audit::{AuditEntry, AuditHead, AuditRow, AuditTrail, LinkHash};
use autorisen_domain::auth::UserId;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::InMemoryStore;

pub(super) struct Audit {
    pub(super) rows: Vec<AuditRow>,
    head: AuditHead,
}

impl Default for Audit {
    fn default() -> Self {
        let start = LinkHash::START;
        let head = AuditHead { first_seq: 0, first_hash: start, last_seq: 0, last_hash: start };
        Self { rows: Vec::new(), head }
    }
}

impl Audit {
    pub(super) fn append(&mut self, entry: &AuditEntry) {
        let row = entry.clone().into_row(self.head.last_seq + 1, &self.head.last_hash);
        (self.head.last_seq, self.head.last_hash) = (row.seq, row.hash);
        self.rows.push(row);
    }
}

#[async_trait]
impl AuditTrail for InMemoryStore {
    async fn append(&self, entry: &AuditEntry) -> Result<(), PortError> {
        self.run("append to audit", |tables| tables.audit.append(entry)).await
    }

    async fn head(&self) -> Result<AuditHead, PortError> {
        self.run("find end of audit", |tables| tables.audit.head).await
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, PortError> {
        self.run("read audit", |tables| {
            let rows = tables.audit.rows.iter().filter(|row| row.seq > after);
            rows.take(limit as usize).cloned().collect()
        })
        .await
    }

    async fn latest(
        &self,
        account: Option<UserId>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, PortError> {
        let account = account.map(|account| account.to_string());
        self.run("read end of audit", |tables| {
            let rows = tables.audit.rows.iter().rev();
            let rows = rows.filter(|row| before.is_none_or(|before| row.seq < before));
            let rows = rows.filter(|row| account.is_none() || row.account == account);
            rows.take(limit as usize).cloned().collect()
        })
        .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep audit", |tables| {
            let audit = &mut tables.audit;
            let over = audit.rows.iter().take(limit as usize).take_while(|row| row.at < before).count();
            if let Some(last) = audit.rows.drain(..over).next_back() {
                (audit.head.first_seq, audit.head.first_hash) = (last.seq, last.hash);
            }
            over as u64
        })
        .await
    }
}
