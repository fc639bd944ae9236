//! Why a database was not moved, backed up, restored or checked.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::db::DatabaseUrl;
use crate::migrations::MigrateError;
use crate::tables::TableSum;

/// A database was not moved, backed up, restored or checked. Where something was to be filled, it is empty.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no connection.
    #[error("cannot connect to {url}")]
    Connect {
        /// To what.
        url: DatabaseUrl,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The tables of a database cannot be brought where they must be.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// There is no such file.
    #[error("there is no file {}", .0.display())]
    NoFile(PathBuf),
    /// A file would be written over.
    #[error("{} exists already; name another file, or take it away first", .0.display())]
    Exists(PathBuf),
    /// A pooler stands between, which keeps neither a session nor a long transaction for anybody.
    #[error("{0} is behind a pooler; give the URL of the server itself, without pgbouncer=true")]
    Pooled(DatabaseUrl),
    /// Both are one database.
    #[error("{0} is the database to move from")]
    SameDatabase(DatabaseUrl),
    /// The database lacks migrations.
    #[error("{url} lacks migrations: {}; run `autorisen migrate up` on it first, or use the version that serves it", .missing.join(", "))]
    NotUpToDate {
        /// Which database.
        url: DatabaseUrl,
        /// The names of the migrations.
        missing: Vec<String>,
    },
    /// A newer version was here, and its tables would be left behind.
    #[error("{what} is of a newer version, with migrations that this one does not know: {}", .unknown.join(", "))]
    Newer {
        /// Which database or file.
        what: String,
        /// The numbers of the migrations.
        unknown: Vec<String>,
    },
    /// Somebody else works with the database.
    #[error("{0} is in use; stop the server, and whatever else works with it, first")]
    InUse(DatabaseUrl),
    /// What is to be filled is not empty.
    #[error("{url} is not empty: there are rows in {}; name another database, or empty this one with \
             `autorisen migrate down --all`, which deletes everything in it", .tables.join(", "))]
    NotEmpty {
        /// Which database.
        url: DatabaseUrl,
        /// The tables that have rows.
        tables: Vec<String>,
    },
    /// A table could not be read or written.
    #[error("table {table}")]
    Table {
        /// Its name.
        table: String,
        /// Why.
        source: Box<TransferError>,
    },
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(#[from] diesel::result::Error),
    /// PostgreSQL has no text with this character.
    #[error("row {0} has the character U+0000 in a text, which PostgreSQL cannot hold")]
    NulInText(String),
    /// A row cannot be written down.
    #[error("a row cannot be written down")]
    Line(#[from] serde_json::Error),
    /// Rows refer to rows that are not there.
    #[error("rows of table {0} refer to rows that are missing; `autorisen db check` names them")]
    BrokenReferences(String),
    /// What was read back is not what was sent.
    #[error("what arrived in table {} differs: {sent} were sent, {arrived} arrived", .sent.table)]
    Differs {
        /// What was sent.
        sent: TableSum,
        /// What arrived.
        arrived: TableSum,
    },
    /// A file is not a whole backup.
    #[error("{} is no whole backup: {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// A backup is in a form that this version does not know.
    #[error("{} is a backup in format {format}, which this version does not know", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The number of the form.
        format: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {}", .path.display())]
    File {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The audit cannot go on.
    #[error("the audit does not tell where it ends; `autorisen db check` says more")]
    NoEndOfAudit,
    /// A thread ended early.
    #[error("the work was dropped")]
    Dropped,
}

impl TransferError {
    /// That this happened in a table.
    pub(crate) fn in_table(self, table: &str) -> Self {
        match self {
            named @ (Self::Table { .. } | Self::Differs { .. }) => named,
            source => Self::Table { table: table.to_owned(), source: Box::new(source) },
        }
    }

    /// Whether nothing failed: what was asked for is not to be done as things stand.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NoFile(_)
                | Self::Exists(_)
                | Self::SameDatabase(_)
                | Self::Pooled(_)
                | Self::NotUpToDate { .. }
                | Self::Newer { .. }
                | Self::InUse(_)
                | Self::NotEmpty { .. }
                | Self::Damaged { .. }
                | Self::Format { .. }
        )
    }
}
