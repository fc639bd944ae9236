//! What all rows of a table come to: how many there are, and a checksum that is the same on both databases.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

use crate::tables::{Value, write_row};

/// How many rows a table has, and the SHA-256 of its lines of JSON in the order of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSum {
    /// The table.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// The checksum, in hexadecimal digits.
    pub sha256: String,
}

impl fmt::Display for TableSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows with checksum {:.16}", self.rows, self.sha256)
    }
}

/// Adds up the rows of a table.
#[derive(Default)]
pub(crate) struct Tally {
    rows: u64,
    hash: Sha256,
    line: Vec<u8>,
}

impl Tally {
    /// Adds the next row.
    pub(crate) fn add(&mut self, row: &[Value]) -> Result<(), serde_json::Error> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        write_row(&mut line, row)?;
        self.add_line(&line);
        self.line = line;
        Ok(())
    }

    /// Adds the next row, as its line.
    pub(crate) fn add_line(&mut self, line: &[u8]) {
        self.hash.update(line);
        self.rows += 1;
    }

    /// How many rows were added.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// What they come to.
    pub(crate) fn finish(self, table: &str) -> TableSum {
        TableSum { table: table.to_owned(), rows: self.rows, sha256: hex(&self.hash.finalize()) }
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing into a text does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
