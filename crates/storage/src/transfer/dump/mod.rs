//! A database in a file of text, which either database can be made of again.
//!
//! Every line is JSON. The first one says what the file is: its format, the migrations that the database had,
//! when it was made. For each table there is a line that names its columns, its key and their kinds, a line
//! for each row, in the order of the key, and a line with their number and checksum. The last line has the
//! checksum of all bytes before it. A file that ends early or was changed anywhere is not accepted.

mod read;
mod write;

use autorisen_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tables::{Column, Table};

pub(super) use self::read::{Dump, Whole, verify};
pub(super) use self::write::{WriteError, write};

/// What the first line says the file is.
const MAGIC: &str = "autorisen backup";
/// Which lines there are, and what they mean. Another one is for another version.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// [`MAGIC`].
    pub(super) file: String,
    /// [`FORMAT`].
    pub(super) format: u32,
    /// When the database was as it is here, in microseconds.
    pub(super) made_at: i64,
    /// The numbers of the migrations that it had.
    pub(super) migrations: Vec<String>,
}

impl Header {
    /// Of a database that has these migrations.
    pub(super) fn new(made_at: Timestamp, migrations: Vec<String>) -> Self {
        Self { file: MAGIC.to_owned(), format: FORMAT, made_at: made_at.micros(), migrations }
    }
}

/// The line before the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableHeader {
    table: String,
    key: Vec<String>,
    columns: Vec<Column>,
}

/// The line after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableEnd {
    end: String,
    rows: u64,
    sha256: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEnd {
    tables: usize,
    sha256: String,
}

impl From<&Table> for TableHeader {
    fn from(table: &Table) -> Self {
        Self {
            table: table.name.clone(),
            key: table.key_columns().map(|column| column.name.clone()).collect(),
            columns: table.columns.clone(),
        }
    }
}

impl From<TableHeader> for Table {
    fn from(header: TableHeader) -> Self {
        let key: Vec<&str> = header.key.iter().map(String::as_str).collect();
        Self::new(&header.table, header.columns, &key)
    }
}
