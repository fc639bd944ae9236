//! A table in pages, so that no statement lasts long.

use crate::db::DbConnection;
use crate::dialect::bulk;
use crate::tables::{Column, Row, Table, Value};
use crate::transfer::TransferError;

/// The rows of a page.
const ROWS: u64 = 2_000;

/// Some rows of a table, one after the other.
pub(super) struct Page {
    /// What is true of them, to stand behind `WHERE`.
    pub(super) condition: String,
    /// The values in it.
    pub(super) values: Vec<Value>,
    /// About how many there are; the last page may have fewer.
    pub(super) rows: u64,
}

/// Gives the pages of a table to `take`, in the order of its key.
pub(super) fn each(
    conn: &mut DbConnection,
    table: &Table,
    take: &mut dyn FnMut(&mut DbConnection, &Page) -> Result<(), TransferError>,
) -> Result<(), TransferError> {
    let (key, order) = (key(table), bulk::order(conn, table));
    let names: Vec<String> = key.iter().map(|column| bulk::quoted(&column.name)).collect();
    let select = format!("SELECT {} FROM {}", names.join(", "), bulk::quoted(&table.name));
    let mut after: Option<Row> = None;
    loop {
        let (mut condition, mut values) = ("1 = 1".to_owned(), Vec::new());
        if let Some(after) = after.take() {
            condition = format!("({order}) > ({})", places(1, after.len()));
            values = after;
        }
        let bound = format!("{select} WHERE {condition} ORDER BY {order} LIMIT 1 OFFSET {}", ROWS - 1);
        let mut last: Option<Row> = None;
        bulk::each::<TransferError>(conn, &bound, &values, &key, &mut |row| {
            last = Some(row);
            Ok(())
        })?;
        let Some(last) = last else {
            let rest =
                format!("SELECT COUNT(*) AS count FROM {} WHERE {condition}", bulk::quoted(&table.name));
            let rows = count(conn, &rest, &values)?;
            return take(conn, &Page { condition, values, rows });
        };
        condition = format!("{condition} AND ({order}) <= ({})", places(values.len() + 1, last.len()));
        values.extend(last.iter().cloned());
        take(conn, &Page { condition, values, rows: ROWS })?;
        after = Some(last);
    }
}

/// The columns of the key, in its order.
pub(super) fn key(table: &Table) -> Vec<Column> {
    table.key_columns().cloned().collect()
}

/// The key of a row that was selected alone, fit to be shown.
pub(super) fn shown(key: &[Value]) -> String {
    key.iter().map(Value::shown).collect::<Vec<_>>().join(" ")
}

fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

fn count(conn: &mut DbConnection, statement: &str, values: &[Value]) -> Result<u64, TransferError> {
    let column = Column { name: "count".to_owned(), kind: crate::tables::Kind::Integer };
    let mut count = 0;
    bulk::each::<TransferError>(conn, statement, values, &[column], &mut |row| {
        if let Some(Value::Integer(number)) = row.first() {
            count = u64::try_from(*number).unwrap_or_default();
        }
        Ok(())
    })?;
    Ok(count)
}
