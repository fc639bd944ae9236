//! Bringing rows over, and looking whether they arrived.

use autorisen_domain::progress::Progress;

use crate::db::DbConnection;
use crate::dialect::bulk;
use crate::tables::{Row, Table, TableSum, Value};
use crate::transfer::TransferError;
use crate::transfer::source::{Source, sum};

/// As many rows are written at once, if they are not too big.
const ROWS: usize = 1_000;
/// Rows of so many bytes are written at once, or a bigger one alone.
const BYTES: usize = 1024 * 1024;

/// Brings all rows of a table over.
pub(super) fn copy(
    source: &mut dyn Source,
    conn: &mut DbConnection,
    table: &Table,
    total: u64,
    progress: &mut dyn Progress,
) -> Result<(), TransferError> {
    let mut batch = Batch::default();
    let mut done = 0;
    source.each(table, &mut |row| {
        if matches!(conn, DbConnection::Postgres(_)) && row.iter().any(has_nul) {
            return Err(TransferError::NulInText(table.id_of(&row)).in_table(&table.name));
        }
        if batch.add(row) {
            done += batch.write(conn, table)?;
            progress.at(&table.name, done, total);
        }
        Ok(())
    })?;
    done += batch.write(conn, table)?;
    progress.at(&table.name, done, total);
    Ok(())
}

/// Reads a table back, and fails unless it is what was sent.
pub(super) fn compare(
    conn: &mut DbConnection,
    table: &Table,
    sent: &TableSum,
    progress: &mut dyn Progress,
) -> Result<(), TransferError> {
    let what = format!("reading back {}", table.name);
    let arrived = sum(conn, table, &mut |done| progress.at(&what, done, sent.rows))?;
    if arrived == *sent { Ok(()) } else { Err(TransferError::Differs { sent: sent.clone(), arrived }) }
}

fn has_nul(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains('\0'))
}

/// Rows that wait to be written.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    size: usize,
}

impl Batch {
    /// Adds a row, and says whether it is time to write.
    fn add(&mut self, row: Row) -> bool {
        self.size += row.iter().map(Value::size).sum::<usize>();
        self.rows.push(row);
        self.rows.len() >= ROWS || self.size >= BYTES
    }

    /// Writes what waits, and says how many rows it was.
    fn write(&mut self, conn: &mut DbConnection, table: &Table) -> Result<u64, TransferError> {
        let written = bulk::insert(conn, table, &self.rows);
        let count = self.rows.len() as u64;
        self.rows.clear();
        self.size = 0;
        written.map(|()| count).map_err(|error| TransferError::from(error).in_table(&table.name))
    }
}
