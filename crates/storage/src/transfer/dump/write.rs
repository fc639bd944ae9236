//! Writing a dump.

use std::io::{self, Write};

use autorisen_domain::progress::Progress;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{FileEnd, Header, TableEnd, TableHeader};
use crate::db::DbConnection;
use crate::tables::{Table, TableSum, Tally, hex, write_row};
use crate::transfer::TransferError;
use crate::transfer::source::{self, Source as _};

/// Writes all rows of these tables, which must be of one moment, and gives what they come to.
pub(in crate::transfer) fn write(
    conn: &mut DbConnection,
    tables: &[Table],
    header: &Header,
    out: &mut dyn Write,
    progress: &mut dyn Progress,
) -> Result<Vec<TableSum>, WriteError> {
    let mut out = Hashed { out, hash: Sha256::new() };
    out.line(header)?;
    let mut sums = Vec::new();
    for table in tables {
        out.line(&TableHeader::from(table))?;
        let total = source::count(conn, table)?;
        let sum = rows(conn, table, &mut out, &mut |done| progress.at(&table.name, done, total))?;
        out.line(&TableEnd { end: sum.table.clone(), rows: sum.rows, sha256: sum.sha256.clone() })?;
        sums.push(sum);
    }
    let sha256 = hex(&out.hash.clone().finalize());
    out.line(&FileEnd { tables: tables.len(), sha256 })?;
    Ok(sums)
}

/// Why a dump was not written.
#[derive(Debug, thiserror::Error)]
pub(in crate::transfer) enum WriteError {
    /// The database could not be read.
    #[error(transparent)]
    Read(#[from] TransferError),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

fn rows(
    conn: &mut DbConnection,
    table: &Table,
    out: &mut Hashed<'_>,
    told: &mut dyn FnMut(u64),
) -> Result<TableSum, WriteError> {
    let (mut tally, mut line) = (Tally::default(), Vec::new());
    let mut failed = None;
    let read = conn.each(table, &mut |row| {
        line.clear();
        write_row(&mut line, &row)?;
        tally.add_line(&line);
        if tally.rows().is_multiple_of(1_000) {
            told(tally.rows());
        }
        out.bytes(&line).map_err(|error| {
            failed = Some(error);
            TransferError::Dropped
        })
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    read?;
    Ok(tally.finish(&table.name))
}

/// Hashes what goes through.
struct Hashed<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Hashed<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.bytes(&bytes)
    }
}
