//! Where rows come from.

use std::time::Duration;

use crate::db::{Access, DatabaseUrl, DbConnection, connect_postgres, connect_sqlite};
use crate::dialect::{self, bulk};
use crate::migrations::{self, MigrationStatus};
use crate::tables::{Row, Table, TableSum, Tally};
use crate::transfer::TransferError;

/// Gives every row of a table.
pub(crate) trait Source {
    /// Gives every row of a table to `take`, in the order of its key, until that fails.
    fn each(
        &mut self,
        table: &Table,
        take: &mut dyn FnMut(Row) -> Result<(), TransferError>,
    ) -> Result<(), TransferError>;
}

impl Source for DbConnection {
    fn each(
        &mut self,
        table: &Table,
        take: &mut dyn FnMut(Row) -> Result<(), TransferError>,
    ) -> Result<(), TransferError> {
        let statement = bulk::select(self, table);
        bulk::each(self, &statement, &[], &table.columns, take).map_err(|error| error.in_table(&table.name))
    }
}

/// What all rows of a table come to. `told` gets how many were read, now and then.
pub(crate) fn sum(
    source: &mut dyn Source,
    table: &Table,
    told: &mut dyn FnMut(u64),
) -> Result<TableSum, TransferError> {
    let mut tally = Tally::default();
    source.each(table, &mut |row| {
        tally.add(&row)?;
        if tally.rows().is_multiple_of(1_000) {
            told(tally.rows());
        }
        Ok(())
    })?;
    Ok(tally.finish(&table.name))
}

/// How many rows a table has.
pub(crate) fn count(conn: &mut DbConnection, table: &Table) -> Result<u64, TransferError> {
    let statement = format!("SELECT COUNT(*) AS count FROM {}", bulk::quoted(&table.name));
    let count = dialect::number(conn, &statement)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Opens a database that has exactly the tables of this version, to read from it alone or beside others.
pub(crate) fn open(url: &DatabaseUrl, access: Access) -> Result<DbConnection, TransferError> {
    require_direct(url)?;
    if let Some(path) = url.file()
        && !path.exists()
    {
        return Err(TransferError::NoFile(path.to_owned()));
    }
    let status = migrations::status(url)?;
    require_known(url, &status)?;
    let missing = status.missing();
    if !missing.is_empty() {
        return Err(TransferError::NotUpToDate { url: url.clone(), missing });
    }
    connect(url, access)
}

/// Fails when a newer version was here.
pub(crate) fn require_known(url: &DatabaseUrl, status: &MigrationStatus) -> Result<(), TransferError> {
    let unknown: Vec<String> = status.unknown.iter().map(|unknown| unknown.name.clone()).collect();
    if unknown.is_empty() { Ok(()) } else { Err(TransferError::Newer { what: url.to_string(), unknown }) }
}

/// Fails where a pooler stands between: one transaction lasts as long as all of it, with what is set before.
pub(crate) fn require_direct(url: &DatabaseUrl) -> Result<(), TransferError> {
    if url.is_pooled() { Err(TransferError::Pooled(url.clone())) } else { Ok(()) }
}

/// Connects, for as long as one statement may take.
pub(crate) fn connect(url: &DatabaseUrl, access: Access) -> Result<DbConnection, TransferError> {
    require_direct(url)?;
    let conn = match url.file() {
        Some(path) => connect_sqlite(path, access),
        None => connect_postgres(url, Duration::ZERO),
    };
    conn.map_err(|error| {
        if error.is_locked() {
            TransferError::InUse(url.clone())
        } else {
            TransferError::Connect { url: url.clone(), source: error.into() }
        }
    })
}
