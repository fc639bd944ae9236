//! Filling a database with as many rows as a large deployment has. What they are is known to `storage`,
//! whose example program `fill` makes them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{build, say};
use crate::cargo;
use crate::failure::Failure;

/// Between two words on how far it has come.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The program that fills.
#[derive(Debug, Clone)]
pub(crate) struct Filler(PathBuf);

/// How many rows of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rows {
    /// The number of the first account; account 7 is `account-7@example.org`.
    pub(crate) first: u64,
    pub(crate) accounts: u64,
    pub(crate) sessions: u64,
    /// How many of the accounts have threads.
    pub(crate) talkers: u64,
    pub(crate) threads: u64,
    pub(crate) items: u64,
    pub(crate) files: u64,
    /// Limits that are counted under.
    pub(crate) limits: u64,
    /// When that is, in microseconds since 1970: ids are made of it.
    pub(crate) now: u64,
}

impl Rows {
    /// The number of the account that is the `index`-th with threads.
    pub(crate) fn talker(&self, index: u64) -> u64 {
        let stride = (self.accounts / self.talkers.max(1)).max(1);
        self.first + index % self.talkers.max(1) * stride
    }
}

impl Filler {
    /// Builds it.
    pub(crate) fn build() -> Result<Self, Failure> {
        say("building the program that fills databases");
        let package = ["--package", "autorisen-storage", "--features", "testing", "--example", "fill"];
        cargo::run(&[&["build", "--release"], &package[..]].concat(), &[])?;
        Ok(Self(build::folder()?.join("examples/fill")))
    }

    /// Adds accounts, with what belongs to them, to the database at this URL. Their password is that of
    /// the account with the address `like`.
    pub(crate) fn accounts(&self, url: &str, like: &str, rows: Rows) -> Result<(), Failure> {
        self.run(&["accounts", url, like], rows, 0)
    }

    /// Adds rows that are over: so many sessions, and of everything else a part of that. The accounts that
    /// they belong to were added as `rows`.
    pub(crate) fn over(&self, url: &str, like: &str, rows: Rows, over: u64) -> Result<(), Failure> {
        self.run(&["over", url, like], rows, over)
    }

    fn run(&self, what: &[&str], rows: Rows, over: u64) -> Result<(), Failure> {
        let Rows { first, accounts, sessions, talkers, threads, items, files, limits, now } = rows;
        let mut child = Command::new(&self.0)
            .args(what)
            .args([
                format!("first={first}"),
                format!("accounts={accounts}"),
                format!("sessions={sessions}"),
                format!("talkers={talkers}"),
                format!("threads={threads}"),
                format!("items={items}"),
                format!("files={files}"),
                format!("limits={limits}"),
                format!("now={now}"),
                format!("over={over}"),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("{}: {error}", self.0.display())))?;
        let mut told = Instant::now();
        for line in BufReader::new(child.stdout.take().ok_or_else(|| Failure::new("no output"))?).lines() {
            let line = line.map_err(|error| Failure::new(error.to_string()))?;
            if told.elapsed() > TELL_EVERY {
                told = Instant::now();
                say(&format!("  {line}"));
            }
        }
        let status = child.wait().map_err(|error| Failure::new(error.to_string()))?;
        if status.success() { Ok(()) } else { Err(Failure::of_program(status)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_talk_are_spread_over_all_accounts() {
        let rows = Rows { first: 1_000, accounts: 100, talkers: 10, ..Rows::default() };
        assert_eq!([0, 1, 9, 10].map(|index| rows.talker(index)), [1_000, 1_010, 1_090, 1_000]);
    }
}
