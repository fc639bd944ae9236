//! That nobody changed a row of the audit.

use autorisen_domain::audit::{AuditHead, AuditRow, Broken, Chain, LinkHash};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::progress::Progress;
use diesel::prelude::*;

use crate::check::Violation;
use crate::db::DbConnection;
use crate::dialect::bulk;
use crate::schema::audit_head;
use crate::tables::{self, Row, Value};
use crate::transfer::TransferError;
use crate::transfer::source::Source as _;

/// Follows the chain as it is at one moment.
pub(super) fn check(
    mut conn: DbConnection,
    progress: &mut dyn Progress,
    found: &mut dyn FnMut(Violation),
) -> Result<(), TransferError> {
    let mut report = |id: String, problem: String| {
        found(Violation { rule: "audit.chain", table: "audit_log".to_owned(), id, problem });
    };
    bulk::begin_snapshot(&mut conn)?;
    let Some(head) = head(&mut conn)? else {
        report(String::new(), "where it begins and ends is not told by audit_head".to_owned());
        return Ok(());
    };
    let total = u64::try_from(head.last_seq.saturating_sub(head.first_seq)).unwrap_or_default();
    let (mut chain, mut broken, mut done) = (Chain::new(head), None::<Broken>, 0);
    for table in tables::all().iter().filter(|table| table.name == "audit_log") {
        conn.each(table, &mut |row| {
            if broken.is_some() {
                return Ok(());
            }
            match audit_row(row) {
                Some(row) => broken = chain.follow(&row).err(),
                None => return Err(TransferError::Dropped),
            }
            done += 1;
            if done % 1_000 == 0 {
                progress.at("rows of the audit", done, total);
            }
            Ok(())
        })?;
    }
    if let Some(broken) = broken.or_else(|| chain.finish().err()) {
        report(broken.seq.to_string(), broken.fault.to_string());
    }
    Ok(())
}

fn head(conn: &mut DbConnection) -> QueryResult<Option<AuditHead>> {
    let columns =
        (audit_head::first_seq, audit_head::first_hash, audit_head::last_seq, audit_head::last_hash);
    let row: Option<(i64, Vec<u8>, i64, Vec<u8>)> =
        audit_head::table.find(1).select(columns).get_result(conn).optional()?;
    Ok(row.and_then(|(first_seq, first, last_seq, last)| {
        let (first_hash, last_hash) = (LinkHash::from_slice(&first)?, LinkHash::from_slice(&last)?);
        Some(AuditHead { first_seq, first_hash, last_seq, last_hash })
    }))
}

/// A row of `audit_log`, its columns in the order of the schema.
fn audit_row(row: Row) -> Option<AuditRow> {
    let cells: [Value; 9] = row.try_into().ok()?;
    let [seq, at, action, account, session, client_ip, request_id, hash, actor] = cells;
    let number = |value| if let Value::Integer(number) = value { Some(number) } else { None };
    let text = |value| if let Value::Text(text) = value { Some(text) } else { None };
    let Value::Bytes(hash) = hash else { return None };
    Some(AuditRow {
        seq: number(seq)?,
        at: Timestamp::from_micros(number(at)?),
        action: text(action)?,
        account: text(account),
        session: text(session),
        actor: text(actor),
        client_ip: text(client_ip)?,
        request_id: text(request_id)?,
        // One of another length is none that was written.
        hash: LinkHash::from_slice(&hash).unwrap_or(LinkHash::START),
    })
}
