//! The faults, one function each.

mod clocks;
mod disk;
mod exhausted;
mod killed;
mod outage;
mod replaced;

use std::path::Path;
use std::time::Duration;

use super::verdict::Verdict;
use crate::failure::Failure;

/// How much of each is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// How often a server is killed.
    pub(super) kills: usize,
    /// How often PostgreSQL is stopped, half of the times without a word, and how long it is away.
    pub(super) stops: usize,
    pub(super) stopped_for: Duration,
    /// How long PostgreSQL is silent.
    pub(super) silent_for: Duration,
    /// How long a disk is full, and how long others hold what is needed.
    pub(super) held_for: Duration,
    /// How long nothing but the load happens.
    pub(super) quiet: Duration,
    /// How often each server is replaced.
    pub(super) replacements: usize,
    /// How much longer than promised anything may take, for the machine that does all of it at once.
    pub(super) tolerance: Duration,
}

/// In every run of the checks.
pub(super) const SHORT: Extent = Extent {
    kills: 20,
    stops: 2,
    stopped_for: Duration::from_secs(5),
    silent_for: Duration::from_secs(10),
    held_for: Duration::from_secs(6),
    quiet: Duration::from_secs(8),
    replacements: 1,
    // Checks run beside others.
    tolerance: Duration::from_secs(3),
};

/// What the table in the documentation tells.
pub(super) const LONG: Extent = Extent {
    kills: 500,
    stops: 6,
    stopped_for: Duration::from_secs(10),
    silent_for: Duration::from_mins(1),
    held_for: Duration::from_secs(20),
    quiet: Duration::from_secs(20),
    replacements: 5,
    tolerance: Duration::from_secs(1),
};

/// What a trial is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) binary: &'a Path,
    /// That of the release before, where there is one.
    pub(super) previous: Option<&'a Path>,
    pub(super) extent: Extent,
}

/// What came of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Came {
    /// It was tried so, and this was seen.
    Tried { how: String, verdict: Verdict },
    /// It cannot be tried here.
    NotHere(String),
}

/// One fault on one database.
pub(super) struct Trial {
    /// What to ask for with `--only`.
    pub(super) name: &'static str,
    pub(super) fault: &'static str,
    pub(super) database: &'static str,
    pub(super) run: fn(Given<'_>) -> Result<Came, Failure>,
}

const SQLITE: &str = "SQLite";
const POSTGRES: &str = "PostgreSQL";

/// The one that wants the release before.
pub(super) const TWO_VERSIONS: &str = "replicas";

/// All of them, in the order of the table.
pub(super) const ALL: [Trial; 11] = [
    Trial { name: "kill-sqlite", fault: "`kill -9` of the server", database: SQLITE, run: killed::sqlite },
    Trial {
        name: "kill-postgres",
        fault: "`kill -9` of a server",
        database: POSTGRES,
        run: killed::postgres,
    },
    Trial { name: "stop", fault: "PostgreSQL stopped and started", database: POSTGRES, run: outage::stopped },
    Trial { name: "silence", fault: "PostgreSQL swallows packets", database: POSTGRES, run: outage::silent },
    Trial { name: "disk-sqlite", fault: "full disk", database: SQLITE, run: disk::sqlite },
    Trial { name: "disk-postgres", fault: "full disk", database: POSTGRES, run: disk::postgres },
    Trial { name: "clocks", fault: "clocks apart by an hour", database: POSTGRES, run: clocks::apart },
    Trial {
        name: "writes",
        fault: "slow queries hold all writes",
        database: POSTGRES,
        run: exhausted::writes,
    },
    Trial {
        name: "pool",
        fault: "slow queries hold the pool",
        database: POSTGRES,
        run: exhausted::everything,
    },
    Trial { name: "file", fault: "another process writes", database: SQLITE, run: exhausted::file },
    Trial {
        name: TWO_VERSIONS,
        fault: "replicas of two versions",
        database: POSTGRES,
        run: replaced::by_turns,
    },
];
