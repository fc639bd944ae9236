//! What an import says of itself.

use std::collections::BTreeMap;

use autorisen_domain::legacy::{Finding, Outcome};

/// How many rows became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows that were read.
    pub read: u64,
    /// Rows that were not here, and are now.
    pub brought: u64,
    /// Rows that were here as they had been in the source, and are now as they are there.
    pub updated: u64,
    /// Rows that are here, and were not touched.
    pub there: u64,
    /// Rows that are not here; each has a finding.
    pub left_out: u64,
}

impl Counts {
    /// Counts one row.
    pub(super) const fn add(&mut self, outcome: Outcome) {
        self.add_many(outcome, 1);
    }

    /// Counts some rows.
    pub(super) const fn add_many(&mut self, outcome: Outcome, rows: u64) {
        self.read += rows;
        match outcome {
            Outcome::Brought => self.brought += rows,
            Outcome::Updated => self.updated += rows,
            Outcome::There => self.there += rows,
            Outcome::LeftOut => self.left_out += rows,
        }
    }

    /// The sum of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            brought: self.brought + other.brought,
            updated: self.updated + other.updated,
            there: self.there + other.there,
            left_out: self.left_out + other.left_out,
        }
    }

    /// Whether every row that was read became something.
    #[must_use]
    pub const fn add_up(&self) -> bool {
        self.read == self.brought + self.updated + self.there + self.left_out
    }
}

/// A finding, as it is reported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The table of the source.
    pub table: String,
    /// The id of the row there.
    pub row: String,
    /// The column, if it is about one.
    pub field: Option<String>,
    /// What is wrong.
    pub kind: String,
    /// What was done.
    pub fate: String,
    /// The id of another row that it has to do with.
    pub other: Option<String>,
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Self {
        Self {
            table: finding.table.to_owned(),
            row: finding.row.clone(),
            field: finding.field.map(str::to_owned),
            kind: finding.kind.as_str().to_owned(),
            fate: finding.fate.as_str().to_owned(),
            other: finding.other.clone(),
        }
    }
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSummary {
    /// Its name in the source.
    pub table: &'static str,
    /// Whether the source has it.
    pub exists: bool,
    /// What became of its rows.
    pub counts: Counts,
}

/// What became of it all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSummary {
    /// Whether nothing was written.
    pub is_dry: bool,
    /// Whether it went on where an earlier run had been stopped; the counts are those of both.
    pub was_resumed: bool,
    /// The tables, in the order in which they were dealt with.
    pub tables: Vec<TableSummary>,
    /// How many findings there are of each kind and fate.
    pub findings: BTreeMap<(String, String), u64>,
    /// The tables that are not brought: their names, how many rows they have as far as
    /// that can be seen, and why.
    pub not_brought: Vec<(String, Option<u64>, Option<&'static str>)>,
}

impl ImportSummary {
    /// All tables together.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.tables.iter().fold(Counts::default(), |sum, table| sum.and(table.counts))
    }
}
