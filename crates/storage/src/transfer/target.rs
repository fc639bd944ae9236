//! Where rows go: an empty database, in one transaction.

use diesel::connection::SimpleConnection;

use crate::db::{Access, DatabaseUrl, DbConnection};
use crate::dialect::{self, bulk};
use crate::tables::{self, FILLED_BY_MIGRATIONS, Table};
use crate::transfer::{TransferError, source};

/// A database that is being filled. Unless [`Target::commit`] is called, nothing was.
pub(super) struct Target {
    pub(super) conn: DbConnection,
    tables: Vec<Table>,
}

impl Target {
    /// Begins to fill these tables, which must be there and empty.
    pub(super) fn begin(url: &DatabaseUrl, tables: &[Table]) -> Result<Self, TransferError> {
        // Rules between tables are checked at the end.
        let mut conn = source::connect(url, Access::Migrates)?;
        bulk::begin_filling(&mut conn, tables).map_err(|error| in_use(url, error))?;
        require_empty(url, &mut conn)?;
        for (table, _) in FILLED_BY_MIGRATIONS {
            conn.batch_execute(&format!("DELETE FROM {table}"))?;
        }
        Ok(Self { conn, tables: tables.to_vec() })
    }

    /// Keeps what was filled in, for good.
    pub(super) fn commit(mut self) -> Result<(), TransferError> {
        if let Some(table) = dialect::broken_reference(&mut self.conn)? {
            return Err(TransferError::BrokenReferences(table));
        }
        bulk::commit(&mut self.conn)?;
        // Without it queries are planned as for empty tables. It is no loss if it fails.
        let _ = self.conn.batch_execute(&bulk::after_filling(&self.conn, &self.tables));
        Ok(())
    }
}

/// Fails when a table that is there has rows; a database that was never used has none.
pub(super) fn require_empty(url: &DatabaseUrl, conn: &mut DbConnection) -> Result<(), TransferError> {
    let mut filled = Vec::new();
    for table in tables::all() {
        if dialect::has_table(conn, &table.name)? && has_rows(conn, &table)? {
            filled.push(table.name);
        }
    }
    if filled.is_empty() { Ok(()) } else { Err(TransferError::NotEmpty { url: url.clone(), tables: filled }) }
}

fn has_rows(conn: &mut DbConnection, table: &Table) -> Result<bool, TransferError> {
    let own = FILLED_BY_MIGRATIONS.iter().find(|(name, _)| *name == table.name);
    let condition = own.map_or_else(String::new, |(_, own)| format!(" WHERE NOT ({own})"));
    let name = bulk::quoted(&table.name);
    let statement = format!("SELECT COUNT(*) AS count FROM (SELECT 1 FROM {name}{condition} LIMIT 1) AS one");
    Ok(dialect::number(conn, &statement)? > 0)
}

/// That the database is in use, if it is a lock that failed.
pub(super) fn in_use(url: &DatabaseUrl, error: diesel::result::Error) -> TransferError {
    if dialect::is_held_up(&error) { TransferError::InUse(url.clone()) } else { error.into() }
}
