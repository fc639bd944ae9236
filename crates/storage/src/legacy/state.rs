//! How far an import has come, and what it found on the way: kept in the target, so that a run that was
//! killed goes on.

use std::collections::HashMap;

use autorisen_domain::legacy::Finding;
use diesel::prelude::*;

use super::found::{Counts, Found};
use crate::db::DbConnection;
use crate::dialect::legacy::insert_all;
use crate::schema::{legacy_import_findings as findings, legacy_import_steps as steps};

/// How far a table has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StepState {
    /// The key of the last row that was dealt with.
    pub(super) last_key: Option<Vec<u8>>,
    /// Whether all rows were.
    pub(super) is_done: bool,
    /// What became of those rows.
    pub(super) counts: Counts,
    /// How many findings there are.
    pub(super) findings: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = steps, treat_none_as_default_value = false)]
struct StepRow {
    source: String,
    table_name: String,
    last_key: Option<Vec<u8>>,
    is_done: bool,
    rows_read: i64,
    rows_brought: i64,
    rows_updated: i64,
    rows_there: i64,
    rows_left: i64,
}

#[derive(Insertable)]
#[diesel(table_name = findings, treat_none_as_default_value = false)]
struct FindingRow<'a> {
    source: &'a str,
    table_name: &'static str,
    number: i64,
    row_id: &'a str,
    field: Option<String>,
    kind: &'static str,
    fate: &'static str,
    other_id: Option<String>,
}

/// The states of the tables of a run that was stopped; `None` when none was.
pub(super) fn unfinished(
    conn: &mut DbConnection,
    source: &str,
) -> QueryResult<Option<HashMap<String, StepState>>> {
    let rows: Vec<StepRow> = steps::table.filter(steps::source.eq(source)).load(conn)?;
    if rows.iter().all(|row| row.is_done) {
        return Ok(None);
    }
    let mut states = HashMap::new();
    for row in rows {
        let found = findings::table
            .filter(findings::source.eq(source))
            .filter(findings::table_name.eq(&row.table_name))
            .count()
            .get_result(conn)?;
        let counts = Counts {
            read: row.rows_read.unsigned_abs(),
            brought: row.rows_brought.unsigned_abs(),
            updated: row.rows_updated.unsigned_abs(),
            there: row.rows_there.unsigned_abs(),
            left_out: row.rows_left.unsigned_abs(),
        };
        let state = StepState { last_key: row.last_key, is_done: row.is_done, counts, findings: found };
        states.insert(row.table_name, state);
    }
    Ok(Some(states))
}

/// Forgets the run before, and begins one over these tables.
pub(super) fn begin(conn: &mut DbConnection, source: &str, tables: &[&'static str]) -> QueryResult<()> {
    diesel::delete(findings::table.filter(findings::source.eq(source))).execute(conn)?;
    diesel::delete(steps::table.filter(steps::source.eq(source))).execute(conn)?;
    for table in tables {
        let row = StepRow {
            source: source.to_owned(),
            table_name: (*table).to_owned(),
            last_key: None,
            is_done: false,
            rows_read: 0,
            rows_brought: 0,
            rows_updated: 0,
            rows_there: 0,
            rows_left: 0,
        };
        diesel::insert_into(steps::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// Notes that a table has come from one state to another. `false` when it is not in the first, since
/// another import is at work.
pub(super) fn advance(
    conn: &mut DbConnection,
    source: &str,
    table: &str,
    from: &StepState,
    to: &StepState,
) -> QueryResult<bool> {
    let step = steps::table
        .find((source, table))
        .filter(steps::rows_read.eq(count(from.counts.read)))
        .filter(steps::is_done.eq(from.is_done));
    let changed = diesel::update(step)
        .set((
            steps::last_key.eq(&to.last_key),
            steps::is_done.eq(to.is_done),
            steps::rows_read.eq(count(to.counts.read)),
            steps::rows_brought.eq(count(to.counts.brought)),
            steps::rows_updated.eq(count(to.counts.updated)),
            steps::rows_there.eq(count(to.counts.there)),
            steps::rows_left.eq(count(to.counts.left_out)),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Keeps what was found, the first as number `from`.
pub(super) fn keep(
    conn: &mut DbConnection,
    source: &str,
    table: &'static str,
    from: i64,
    found: &[Finding],
) -> QueryResult<()> {
    let rows: Vec<_> = (from..)
        .zip(found)
        .map(|(number, finding)| FindingRow {
            source,
            table_name: table,
            number,
            row_id: &finding.row,
            field: finding.field.map(str::to_owned),
            kind: finding.kind.as_str(),
            fate: finding.fate.as_str(),
            other_id: finding.other.clone(),
        })
        .collect();
    for rows in rows.chunks(2_000) {
        insert_all!(conn, findings::table, rows)?;
    }
    Ok(())
}

/// Findings of a table after number `after`, in the order in which they were made, at most `limit`; each
/// with its number.
pub(super) fn kept(
    conn: &mut DbConnection,
    source: &str,
    table: &str,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(i64, Found)>> {
    type Row = (i64, String, Option<String>, String, String, Option<String>);
    let rows: Vec<Row> = findings::table
        .filter(findings::source.eq(source))
        .filter(findings::table_name.eq(table))
        .filter(findings::number.gt(after))
        .order(findings::number.asc())
        .limit(limit)
        .select((
            findings::number,
            findings::row_id,
            findings::field,
            findings::kind,
            findings::fate,
            findings::other_id,
        ))
        .load(conn)?;
    let found = rows.into_iter().map(|(number, row, field, kind, fate, other)| {
        (number, Found { table: table.to_owned(), row, field, kind, fate, other })
    });
    Ok(found.collect())
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
