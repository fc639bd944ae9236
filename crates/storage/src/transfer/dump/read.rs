//! Reading a dump, and finding out whether it is whole.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use autorisen_domain::progress::Progress;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{FORMAT, FileEnd, Header, MAGIC, TableEnd, TableHeader};
use crate::tables::{Row, Table, TableSum, Tally, hex, parse_row};
use crate::transfer::TransferError;
use crate::transfer::source::Source;

/// No line is longer: a row has at most a part of a file, in base64.
const MAX_LINE: u64 = 256 * 1024 * 1024;

/// A dump that was found to be whole.
pub(in crate::transfer) struct Whole {
    pub(in crate::transfer) header: Header,
    pub(in crate::transfer) tables: Vec<(Table, TableSum)>,
}

/// A dump as it is read, from its beginning to its end.
pub(in crate::transfer) struct Dump {
    path: PathBuf,
    lines: BufReader<File>,
    line: Vec<u8>,
    hash: Sha256,
}

/// Reads all of a dump, and fails unless it is exactly what was written once.
pub(in crate::transfer) fn verify(path: &Path, progress: &mut dyn Progress) -> Result<Whole, TransferError> {
    let mut dump = Dump::open(path)?;
    let header = dump.header()?;
    let mut tables = Vec::new();
    loop {
        let before = dump.hash.clone();
        dump.next_line()?;
        if let Some(end) = dump.parsed::<FileEnd>() {
            let expected = FileEnd { tables: tables.len(), sha256: hex(&before.finalize()) };
            if end != expected || !dump.is_line_of(&expected) || dump.has_more()? {
                return Err(dump.damaged("its end does not fit what comes before it"));
            }
            return Ok(Whole { header, tables });
        }
        let Some(named) = dump.parsed::<TableHeader>() else {
            return Err(dump.damaged("a line where a table should begin is something else"));
        };
        let table = Table::from(named);
        let what = format!("checking {}", table.name);
        let mut done = 0;
        let sum = dump.rows(&table, &mut |_| {
            done += 1;
            if done % 1_000 == 0 {
                progress.at(&what, done, 0);
            }
            Ok(())
        })?;
        tables.push((table, sum));
    }
}

impl Dump {
    /// Begins to read at the first line.
    pub(in crate::transfer) fn open(path: &Path) -> Result<Self, TransferError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => TransferError::NoFile(path.to_owned()),
            _ => TransferError::File { what: "open", path: path.to_owned(), source },
        })?;
        let lines = BufReader::with_capacity(1024 * 1024, file);
        Ok(Self { path: path.to_owned(), lines, line: Vec::new(), hash: Sha256::new() })
    }

    /// Reads the first line.
    pub(in crate::transfer) fn header(&mut self) -> Result<Header, TransferError> {
        self.next_line()?;
        let is_ours = |file: &serde_json::Value| file["file"] == MAGIC;
        let Some(first) = self.parsed::<serde_json::Value>().filter(is_ours) else {
            return Err(self.damaged("it does not begin as a backup does"));
        };
        if first["format"] != FORMAT {
            return Err(TransferError::Format {
                path: self.path.clone(),
                format: first["format"].to_string(),
            });
        }
        self.parsed().ok_or_else(|| self.damaged("its first line cannot be read"))
    }

    /// Gives the rows of the table whose line was read last, and reads the line after them.
    fn rows(
        &mut self,
        table: &Table,
        take: &mut dyn FnMut(Row) -> Result<(), TransferError>,
    ) -> Result<TableSum, TransferError> {
        let mut tally = Tally::default();
        loop {
            self.next_line()?;
            if self.line.first() == Some(&b'[') {
                let Some(row) = parse_row(&self.line, &table.columns) else {
                    return Err(self.damaged(&format!("a row of {} cannot be read", table.name)));
                };
                tally.add_line(&self.line);
                take(row)?;
                continue;
            }
            let sum = tally.finish(&table.name);
            let expected = TableEnd { end: sum.table.clone(), rows: sum.rows, sha256: sum.sha256.clone() };
            if self.is_line_of(&expected) {
                return Ok(sum);
            }
            return Err(self.damaged(&format!("the rows of {} are not those that were written", table.name)));
        }
    }

    fn next_line(&mut self) -> Result<(), TransferError> {
        self.line.clear();
        let read = (&mut self.lines).take(MAX_LINE).read_until(b'\n', &mut self.line);
        read.map_err(|source| TransferError::File { what: "read", path: self.path.clone(), source })?;
        if self.line.last() != Some(&b'\n') {
            return Err(self.damaged("it ends early"));
        }
        self.hash.update(&self.line);
        Ok(())
    }

    fn has_more(&mut self) -> Result<bool, TransferError> {
        let rest = self.lines.fill_buf().map(|rest| !rest.is_empty());
        rest.map_err(|source| TransferError::File { what: "read", path: self.path.clone(), source })
    }

    fn parsed<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(&self.line).ok()
    }

    /// Whether the line that was read last is this, byte for byte.
    fn is_line_of(&self, value: &impl Serialize) -> bool {
        let Ok(mut line) = serde_json::to_vec(value) else { return false };
        line.push(b'\n');
        self.line == line
    }

    fn damaged(&self, why: &str) -> TransferError {
        TransferError::Damaged { path: self.path.clone(), why: why.to_owned() }
    }
}

impl Source for Dump {
    /// The tables come in the order in which they stand in the file.
    fn each(
        &mut self,
        table: &Table,
        take: &mut dyn FnMut(Row) -> Result<(), TransferError>,
    ) -> Result<(), TransferError> {
        self.next_line()?;
        if self.parsed::<TableHeader>() != Some(TableHeader::from(table)) {
            return Err(self.damaged(&format!("{} is not where it was", table.name)));
        }
        self.rows(table, take).map(drop)
    }
}
