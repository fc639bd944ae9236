//! A whole database to another one: from SQLite to PostgreSQL, back, or to another of its kind.

use std::path::Path;
use std::thread;

use autorisen_domain::progress::{Progress, Silent};

use crate::db::{Access, DatabaseUrl, DbConnection};
use crate::dialect::{self, bulk};
use crate::migrations;
use crate::tables::{self, Table, TableSum};
use crate::transfer::target::{self, Target};
use crate::transfer::{TransferError, fill, source};

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Each table, as both databases have it.
    pub tables: Vec<TableSum>,
}

/// Copies everything in `from` into the empty database `to`, which gets its tables first, and reads both sides
/// back before it is kept. Accounts, sessions and keys are the same there: under the same master key
/// everybody stays signed in.
///
/// Nobody writes to `from` meanwhile: a SQLite file that another process has open is refused, and on
/// PostgreSQL whoever wants to write waits, as long as its statements may. `from` is not changed.
pub fn move_database(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    progress: &mut dyn Progress,
) -> Result<Moved, TransferError> {
    if is_same(from, to) {
        return Err(TransferError::SameDatabase(to.clone()));
    }
    let tables = tables::all();
    let mut from_conn = source::open(from, Access::Alone)?;
    prepare(to)?;
    bulk::begin_held_snapshot(&mut from_conn, &tables).map_err(|error| {
        if dialect::is_held_up(&error) { TransferError::InUse(from.clone()) } else { error.into() }
    })?;
    let mut target = Target::begin(to, &tables)?;
    for table in &tables {
        let total = source::count(&mut from_conn, table)?;
        fill::copy(&mut from_conn, &mut target.conn, table, total, progress)?;
    }
    let sums = read_back(&mut from_conn, &mut target.conn, &tables, progress)?;
    target.commit()?;
    Ok(Moved { tables: sums })
}

/// Gives the database the tables of this version, if it is empty.
fn prepare(to: &DatabaseUrl) -> Result<(), TransferError> {
    if to.file().is_none_or(Path::exists) {
        target::require_empty(to, &mut source::connect(to, Access::Reads)?)?;
    }
    migrations::run(to)?;
    source::require_known(to, &migrations::status(to)?)
}

/// Reads every table on both sides, at the same time, and compares.
fn read_back(
    from: &mut DbConnection,
    to: &mut DbConnection,
    tables: &[Table],
    progress: &mut dyn Progress,
) -> Result<Vec<TableSum>, TransferError> {
    let (sent, arrived) = thread::scope(|scope| {
        let sent = scope.spawn(|| sums(from, tables, &mut Silent));
        let arrived = sums(to, tables, progress);
        (sent.join().unwrap_or(Err(TransferError::Dropped)), arrived)
    });
    let (sent, arrived) = (sent?, arrived?);
    match sent.iter().zip(arrived).find(|(sent, arrived)| *sent != arrived) {
        Some((sent, arrived)) => Err(TransferError::Differs { sent: sent.clone(), arrived }),
        None => Ok(sent),
    }
}

fn sums(
    conn: &mut DbConnection,
    tables: &[Table],
    progress: &mut dyn Progress,
) -> Result<Vec<TableSum>, TransferError> {
    tables
        .iter()
        .map(|table| {
            let total = source::count(conn, table)?;
            let what = format!("reading back {}", table.name);
            source::sum(conn, table, &mut |done| progress.at(&what, done, total))
        })
        .collect()
}

/// Whether both are one, as far as can be seen: one file, or one address.
fn is_same(from: &DatabaseUrl, to: &DatabaseUrl) -> bool {
    let canonical = |url: &DatabaseUrl| url.file().and_then(|path| path.canonicalize().ok());
    from == to || canonical(from).is_some_and(|from| canonical(to) == Some(from))
}
