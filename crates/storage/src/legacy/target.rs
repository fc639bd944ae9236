//! The database that an import brings to: written a page at a time, each in one transaction.

use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::{SimpleConnection as _, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sqlite::SqliteConnection;

use super::run::ImportError;
use crate::db::{
    Access, DatabaseUrl, DbConnection, begin_writing, connect_postgres, connect_sqlite,
    connect_sqlite_to_read,
};
use crate::{dialect, migrations};

type Transactions = <DbConnection as diesel::Connection>::TransactionManager;

/// How often a page is tried when somebody else writes what it would.
const TRIES: usize = 5;

/// The database that is brought to.
pub(super) struct Target(pub(super) DbConnection);

/// Why a page was not written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// Somebody else was faster; another try sees what they did.
    Raced,
    /// Another import is at work.
    Concurrent,
    /// A statement failed.
    Statement(Error),
    /// For another reason.
    Other(ImportError),
}

impl From<Error> for NotWritten {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(
                DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::SerializationFailure,
                _,
            ) => Self::Raced,
            error => Self::Statement(error),
        }
    }
}

impl Target {
    /// Connects to a database that has all its tables.
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, ImportError> {
        let connect = |error| ImportError::Connect(url.clone(), error);
        let conn = match url.file() {
            Some(path) => connect_sqlite(path, Access::Writes),
            None => connect_postgres(url, Duration::ZERO),
        };
        let mut conn = conn.map_err(|error| connect(error.into()))?;
        dialect::legacy::expect_many_lookups(&mut conn).map_err(|error| connect(error.into()))?;
        let applied = dialect::applied_migrations(&mut conn).map_err(|error| connect(error.into()))?;
        migrations::require(url.kind(), &applied).map_err(ImportError::Tables)?;
        Ok(Self(conn))
    }

    /// Connects to a database for a dry run, so that nothing can be written. One that is not there yet, or
    /// has no tables, is stood in for by an empty one in memory.
    pub(super) fn open_dry(url: &DatabaseUrl) -> Result<Self, ImportError> {
        let connect = |error| ImportError::Connect(url.clone(), error);
        let there = match url.file() {
            Some(path) if !path.is_file() => None,
            Some(path) => Some(connect_sqlite_to_read(path)),
            None => Some(connect_postgres(url, Duration::ZERO)),
        };
        if let Some(conn) = there {
            let mut conn = conn.map_err(|error| connect(error.into()))?;
            dialect::legacy::expect_many_lookups(&mut conn).map_err(|error| connect(error.into()))?;
            // Through a pooler the next one would get the session with it.
            if let (DbConnection::Postgres(conn), false) = (&mut conn, url.is_pooled()) {
                conn.batch_execute("SET default_transaction_read_only = on")
                    .map_err(|error| connect(error.into()))?;
            }
            let applied = dialect::applied_migrations(&mut conn).map_err(|error| connect(error.into()))?;
            if !applied.is_empty() {
                migrations::require(url.kind(), &applied).map_err(ImportError::Tables)?;
                return Ok(Self(conn));
            }
        }
        let mut conn = SqliteConnection::establish(":memory:").map_err(|error| connect(error.into()))?;
        migrations::make_tables(&mut conn).map_err(|error| connect(error.into()))?;
        Ok(Self(DbConnection::Sqlite(conn)))
    }

    /// Does `work` in one transaction, again when somebody else was faster.
    pub(super) fn transact<T>(
        &mut self,
        mut work: impl FnMut(&mut DbConnection) -> Result<T, NotWritten>,
    ) -> Result<T, ImportError> {
        let conn = &mut self.0;
        for _ in 0..TRIES {
            begin_writing(conn).map_err(ImportError::Write)?;
            match work(conn) {
                Ok(done) => {
                    Transactions::commit_transaction(conn).map_err(ImportError::Write)?;
                    return Ok(done);
                }
                Err(reason) => {
                    Transactions::rollback_transaction(conn).map_err(ImportError::Write)?;
                    match reason {
                        NotWritten::Raced => {}
                        NotWritten::Concurrent => return Err(ImportError::Concurrent),
                        NotWritten::Statement(error) => return Err(ImportError::Write(error)),
                        NotWritten::Other(error) => return Err(error),
                    }
                }
            }
        }
        Err(ImportError::Raced)
    }
}
