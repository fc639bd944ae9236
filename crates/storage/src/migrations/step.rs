//! One migration on its way into the database or out of it, together with its record.

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{self, MigrationMetadata, MigrationName, MigrationVersion};

use crate::db::DatabaseKind;
use crate::migrations::embedded::{Migration, Texts, checksum};

/// A migration in the dialect of one database. Diesel runs it in a transaction, in which the record is
/// written too, unless a text asks for none.
pub(super) struct Step {
    name: Name,
    texts: Texts,
    record: Record,
    metadata: Metadata,
}

/// What is kept of an applied migration.
pub(super) struct Record {
    version: &'static str,
    name: &'static str,
    checksum: String,
    contracts: bool,
}

impl Record {
    pub(super) fn of(migration: &Migration, kind: DatabaseKind) -> Self {
        Self {
            version: migration.version(),
            name: migration.name,
            checksum: checksum(migration.texts(kind).up),
            contracts: migration.contracts(),
        }
    }

    /// The statement that keeps it, on either database. What it is made of needs no quoting: it comes from
    /// the names of our own files.
    pub(super) fn kept(&self) -> String {
        let Self { version, name, checksum, contracts } = self;
        format!(
            "INSERT INTO migration_records (version, name, checksum, contracts) \
             VALUES ('{version}', '{name}', '{checksum}', {contracts}) \
             ON CONFLICT (version) DO UPDATE \
             SET name = excluded.name, checksum = excluded.checksum, contracts = excluded.contracts"
        )
    }

    fn forgotten(&self) -> String {
        format!("DELETE FROM migration_records WHERE version = '{}'", self.version)
    }
}

impl Step {
    pub(super) fn of(migration: &Migration, kind: DatabaseKind) -> Self {
        Self {
            name: Name { whole: migration.name, version: migration.version() },
            texts: migration.texts(kind),
            record: Record::of(migration, kind),
            metadata: Metadata { in_transaction: migration.texts(kind).ask_for_a_transaction() },
        }
    }

    /// Runs a text. Several statements that are sent at once would be a transaction again.
    fn execute<DB: Backend>(
        &self,
        text: &str,
        conn: &mut dyn BoxableConnection<DB>,
    ) -> migration::Result<()> {
        if self.metadata.in_transaction {
            return Ok(conn.batch_execute(text)?);
        }
        for statement in
            text.replace("\r\n", "\n").split(";\n").filter(|statement| !statement.trim().is_empty())
        {
            conn.batch_execute(statement)?;
        }
        Ok(())
    }
}

impl<DB: Backend> migration::Migration<DB> for Step {
    fn run(&self, conn: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.execute(self.texts.up, conn)?;
        Ok(conn.batch_execute(&self.record.kept())?)
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.execute(self.texts.down, conn)?;
        Ok(conn.batch_execute(&self.record.forgotten())?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.metadata
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

struct Metadata {
    in_transaction: bool,
}

impl MigrationMetadata for Metadata {
    fn run_in_transaction(&self) -> bool {
        self.in_transaction
    }
}

struct Name {
    whole: &'static str,
    version: &'static str,
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        self.version.into()
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.whole)
    }
}
