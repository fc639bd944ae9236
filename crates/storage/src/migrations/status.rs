//! How a database compares with this version.

use crate::db::DatabaseKind;
use crate::dialect::Applied;
use crate::migrations::embedded::{Migration, checksum};

/// One migration that this version knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
    /// Whether what was applied is another text than the one that this version knows.
    pub is_edited: bool,
    /// Whether it takes something away that an older version may need.
    pub contracts: bool,
}

/// One migration that the database has and this version does not know: a newer version was here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMigration {
    /// Its name, or its number where no more was left.
    pub name: String,
    /// Whether it takes something away that this version may need; `None` where that was not left.
    pub contracts: Option<bool>,
}

/// How a database compares with this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// What this version knows, in order.
    pub known: Vec<MigrationState>,
    /// What it does not know, in order.
    pub unknown: Vec<UnknownMigration>,
}

impl MigrationStatus {
    /// Compares what is known with what was applied.
    pub(super) fn compare(known: &[Migration], kind: DatabaseKind, applied: &[Applied]) -> Self {
        let unknown = applied
            .iter()
            .filter(|applied| !known.iter().any(|known| known.version() == applied.version))
            .map(UnknownMigration::of)
            .collect();
        let known = known
            .iter()
            .map(|known| {
                let applied = applied.iter().find(|applied| applied.version == known.version());
                let record = applied.and_then(|applied| applied.record.as_ref());
                MigrationState {
                    name: known.name.to_owned(),
                    is_applied: applied.is_some(),
                    is_edited: record.is_some_and(|record| record.checksum != checksum(known.texts(kind).up)),
                    contracts: known.contracts(),
                }
            })
            .collect();
        Self { known, unknown }
    }

    /// The names of those that the database lacks.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.names(|known| !known.is_applied)
    }

    /// The names of those that were edited since they were applied.
    #[must_use]
    pub fn edited(&self) -> Vec<String> {
        self.names(|known| known.is_edited)
    }

    /// The names of those that may have taken away what this version needs.
    #[must_use]
    pub fn beyond(&self) -> Vec<String> {
        let beyond = self.unknown.iter().filter(|unknown| unknown.contracts != Some(false));
        beyond.map(|unknown| unknown.name.clone()).collect()
    }

    fn names(&self, is_meant: impl Fn(&MigrationState) -> bool) -> Vec<String> {
        self.known.iter().filter(|known| is_meant(known)).map(|known| known.name.clone()).collect()
    }
}

impl UnknownMigration {
    fn of(applied: &Applied) -> Self {
        Self {
            name: applied.record.as_ref().map_or(&applied.version, |record| &record.name).clone(),
            contracts: applied.record.as_ref().map(|record| record.contracts),
        }
    }
}
