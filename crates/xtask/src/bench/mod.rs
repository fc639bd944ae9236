//! `cargo xtask bench`: how fast the release binary is, in relation to the least that it can do.

mod bars;
mod builds;
mod check;
mod figures;
mod load;
mod options;
mod report;
mod subject;

use std::fmt;
use std::time::Duration;

use autorisen_pgtest::LastingServer;

use self::figures::Figures;
pub(crate) use self::options::Options;
use self::report::Setting;
use self::subject::{Binaries, Side, Subject};
use crate::failure::Failure;
use crate::rig::{self, Machine, document, say};

/// Where the results go, in the workspace.
const DOCUMENT: &str = "docs/benchmarks.md";
/// How that begins where it is not there yet.
const BEGINNING: &str = "# Benchmarks\n";

/// What a server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// How much is measured.
struct Plan {
    rounds: usize,
    round: Duration,
    warm_up: Duration,
    starts: usize,
    /// After a start, until what it began is done.
    rest: Duration,
}

const FULL: Plan = Plan {
    rounds: 7,
    round: Duration::from_secs(2),
    warm_up: Duration::from_secs(1),
    starts: 7,
    rest: Duration::from_millis(500),
};
const QUICK: Plan = Plan {
    rounds: 3,
    round: Duration::from_millis(400),
    warm_up: Duration::from_millis(200),
    starts: 2,
    rest: Duration::from_millis(100),
};

/// Does what is asked for.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    match options {
        Options::Servers(options) => servers(options),
        Options::Check { write } => check::run(*write),
        Options::Builds => builds::run(),
    }
}

/// Measures, prints, and writes down what a full run found.
fn servers(options: &rig::Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err(rig::start_over_optimized("bench", &options.arguments()?));
    }
    let plan = if options.quick { &QUICK } else { &FULL };
    let binaries = Binaries {
        product: rig::binary(options.binary.as_deref())?,
        floor: rig::release("autorisen-floor", "autorisen-floor")?,
    };
    let at = |error| Failure::new(format!("{}: {error}", binaries.product.display()));
    let binary_bytes = binaries.product.metadata().map_err(at)?.len();
    let all = measure(&binaries, plan)?;

    let setting = Setting {
        machine: Machine::this(),
        rounds: plan.rounds,
        round_ms: plan.round.as_millis(),
        starts: plan.starts,
        binary_bytes,
    };
    let section = report::section(&setting, &all);
    say(&format!("\n{section}"));
    if *options == rig::Options::default() {
        document::write_to(DOCUMENT, BEGINNING, "servers", &section)?;
        say(&format!("Written to {DOCUMENT}."));
    }
    Ok(())
}

/// Measures all servers on both databases. Each PostgreSQL brings its commits to disk, as SQLite does.
fn measure(binaries: &Binaries, plan: &Plan) -> Result<Vec<Figures>, Failure> {
    // They are nobody else's, and go when this does, after the servers that use them.
    let mut postgres = Vec::new();
    let mut subjects = Vec::new();
    for database in Database::ALL {
        for side in [Side::Floor, Side::Product] {
            let url = match database {
                Database::Sqlite => "sqlite://bench.db".to_owned(),
                Database::Postgres => {
                    let server = LastingServer::start().map_err(|error| Failure::new(error.to_string()))?;
                    let url = LastingServer::url_at(server.address());
                    postgres.push(server);
                    url
                }
            };
            subjects.push(Subject::open(side, database, binaries, &url)?);
        }
    }
    subject::measure(subjects, plan)
}
