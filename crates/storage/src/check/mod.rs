//! Looks for what must always hold in the data, whether the database sees to it or not.
//!
//! Nothing is changed, nobody waits for it, and it may run beside a server at work: each statement looks at
//! some rows, as they are at one moment. It blocks, and needs no [`Db`](crate::Db).

mod chain;
mod content;
mod database;
mod pages;
mod rules;

use std::fmt;

use autorisen_domain::clock::Timestamp;
use autorisen_domain::progress::Progress;

use crate::db::{Access, DatabaseUrl};
use crate::tables;
use crate::transfer::TransferError;
use crate::transfer::source;

/// Something that must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule is broken: a word that keeps its meaning.
    pub rule: &'static str,
    /// The table with the row.
    pub table: String,
    /// The key of the row, its columns separated by spaces; empty when it is about the whole table.
    pub id: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, table, id, problem } = self;
        let space = if id.is_empty() { "" } else { " " };
        write!(f, "{table}{space}{id}: {problem} ({rule})")
    }
}

/// What a check has to know.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions {
    /// When it is.
    pub now: Timestamp,
    /// Whether the bytes of files may lie in a folder, where nothing is looked for.
    pub bytes_in_folder: bool,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// How many rows.
    pub rows: u64,
    /// How much of what must hold does not.
    pub violations: u64,
}

/// Checks a database that has the tables of this version, and gives each violation to `found`.
pub fn check(
    url: &DatabaseUrl,
    options: CheckOptions,
    progress: &mut dyn Progress,
    found: &mut dyn FnMut(Violation),
) -> Result<Checked, TransferError> {
    let mut conn = source::open(url, Access::Reads)?;
    let mut checked = Checked::default();
    let mut violations = 0;
    let mut found = |violation| {
        violations += 1;
        found(violation);
    };
    database::check(&mut conn, &mut found)?;
    let rules = rules::rules(options);
    for table in tables::all() {
        let total = source::count(&mut conn, &table)?;
        let mut done = 0;
        let what = format!("checking {}", table.name);
        pages::each(&mut conn, &table, &mut |conn, page| {
            rules::check(conn, &table, &rules, page, &mut found)?;
            content::check(conn, &table, page, &mut found)?;
            done += page.rows;
            progress.at(&what, done, total);
            Ok(())
        })
        .map_err(|error| error.in_table(&table.name))?;
        checked.rows += done;
    }
    rules::check_tables(&mut conn, &mut found)?;
    // It is read as of one moment, on a connection of its own.
    drop(conn);
    chain::check(source::connect(url, Access::Reads)?, progress, &mut found)?;
    checked.violations = violations;
    Ok(checked)
}
