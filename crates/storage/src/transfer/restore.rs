//! A database out of a file.

use std::path::Path;

use autorisen_domain::audit::AuditEntry;
use autorisen_domain::error::PortError;
use autorisen_domain::progress::Progress;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::audit;
use crate::db::{Abort, Access, DatabaseUrl, DbConnection};
use crate::dialect::bulk;
use crate::migrations;
use crate::tables::{self, Table};
use crate::transfer::dump::{self, Dump, Header};
use crate::transfer::target::{self, Target};
use crate::transfer::{BackedUp, TransferError, fill, source};

/// Fills the empty database `to` with what a backup has, reads it back, ends every session, and adds `entry` to
/// the audit. Then the tables are brought to this version.
///
/// No session of the backup is accepted afterwards, nor a token that was signed then: the epoch of
/// every account becomes greater than any that was ever given, signing keys are left out, so that new
/// ones are made, and so are registrations that were under way.
pub fn restore(
    path: &Path,
    to: &DatabaseUrl,
    entry: &AuditEntry,
    progress: &mut dyn Progress,
) -> Result<BackedUp, TransferError> {
    let whole = dump::verify(path, progress)?;
    let header = &whole.header;
    let tables: Vec<Table> = whole.tables.iter().map(|(table, _)| table.clone()).collect();
    prepare(path, to, header)?;

    let mut target = Target::begin(to, &tables)?;
    let mut dump = Dump::open(path)?;
    dump.header()?;
    for (table, sum) in &whole.tables {
        fill::copy(&mut dump, &mut target.conn, table, sum.rows, progress)?;
    }
    for (table, sum) in &whole.tables {
        fill::compare(&mut target.conn, table, sum, progress)?;
    }
    end_sessions(&mut target.conn, entry)?;
    target.commit()?;
    migrations::run(to)?;
    Ok(BackedUp::of(whole))
}

/// Gives the database, which is empty, the tables that the backup is of.
fn prepare(path: &Path, to: &DatabaseUrl, header: &Header) -> Result<(), TransferError> {
    if to.file().is_none_or(Path::exists) {
        target::require_empty(to, &mut source::connect(to, Access::Reads)?)?;
    }
    migrations::run(to)?;
    loop {
        let applied = migrations::applied(&mut source::connect(to, Access::Reads)?)?;
        if applied == header.migrations {
            return Ok(());
        }
        if let Some(unknown) = header.migrations.iter().find(|version| !applied.contains(version)) {
            let (what, unknown) = (path.display().to_string(), vec![unknown.clone()]);
            return Err(TransferError::Newer { what, unknown });
        }
        // The newest one is not the backup's, and there is nothing in the tables yet.
        migrations::revert(to, false)?;
    }
}

/// Ends every session, as a restore does: for a database that was restored by other means. No server may
/// work with it meanwhile, since it would go on with the signing keys that are left out.
pub fn end_all_sessions(url: &DatabaseUrl, entry: &AuditEntry) -> Result<(), TransferError> {
    let mut conn = source::open(url, Access::Writes)?;
    bulk::begin_filling(&mut conn, &tables::all()).map_err(|error| target::in_use(url, error))?;
    end_sessions(&mut conn, entry)?;
    Ok(bulk::commit(&mut conn)?)
}

/// Makes sure that nothing that was given out before is accepted, and adds to the audit that it was done.
fn end_sessions(conn: &mut DbConnection, entry: &AuditEntry) -> Result<(), TransferError> {
    // An epoch grows by one at a time, so none that was ever given is as great as the time in microseconds.
    diesel::sql_query(
        "UPDATE users SET session_epoch = CASE WHEN session_epoch < $1 THEN $1 ELSE session_epoch + 1 END",
    )
    .bind::<BigInt, _>(entry.at.micros())
    .execute(conn)?;
    // A key that was revoked since then must not come back, and a registration that was finished since then
    // must not be finished again.
    for statement in ["DELETE FROM signing_keys", "DELETE FROM registrations"] {
        diesel::sql_query(statement).execute(conn)?;
    }
    audit::append::<PortError>(conn, entry).map_err(|abort| match abort {
        Abort::Statement(error) => TransferError::from(error).in_table("audit_log"),
        _ => TransferError::NoEndOfAudit,
    })
}
