//! What is here already of a page.

use std::collections::{HashMap, HashSet};

use autorisen_domain::legacy::Fingerprint;
use diesel::prelude::*;

use crate::db::DbConnection;
use crate::legacy::run::ImportError;
use crate::schema::{legacy_import_rows as remembered, users};

/// As many values as are asked for at once.
pub(super) const ASKED: usize = 1_000;

/// What is remembered of a row that was brought.
pub(super) struct Memory {
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) newest: Option<i64>,
}

/// What is remembered of those rows of a table, by their ids in the source.
pub(super) fn memory(
    conn: &mut DbConnection,
    table: &str,
    rows: &[String],
) -> Result<HashMap<String, Memory>, ImportError> {
    let mut found = HashMap::new();
    for rows in rows.chunks(ASKED) {
        let known: Vec<(String, Vec<u8>, Option<i64>)> = remembered::table
            .filter(remembered::table_name.eq(table))
            .filter(remembered::row_id.eq_any(rows))
            .select((remembered::row_id, remembered::digest, remembered::newest))
            .load(conn)
            .map_err(ImportError::Write)?;
        for (row, digest, newest) in known {
            found.insert(row, Memory { fingerprint: Fingerprint::from_slice(&digest), newest });
        }
    }
    Ok(found)
}

/// Which of these accounts are here.
pub(super) fn accounts(conn: &mut DbConnection, ids: &[String]) -> Result<HashSet<String>, ImportError> {
    let mut found = HashSet::new();
    for ids in ids.chunks(ASKED) {
        let known: Vec<String> = users::table
            .filter(users::id.eq_any(ids))
            .select(users::id)
            .load(conn)
            .map_err(ImportError::Write)?;
        found.extend(known);
    }
    Ok(found)
}
