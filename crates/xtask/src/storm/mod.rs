//! `cargo xtask storm`: what a storm of logins does to everything else, and what becomes of the logins.

mod report;
mod round;
mod schedule;

use std::path::Path;
use std::time::Duration;

use self::report::Server;
use self::round::Target;
use crate::failure::Failure;
use crate::rig::{self, Keeper, Machine, Options, Running, Settings, document, own_postgres, say, visitor};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rounds: usize,
    /// In quiet, and in the storm.
    round: Duration,
    /// How long it is looked how much hashing can be done.
    look: Duration,
}

const FULL: Plan = Plan { rounds: 3, round: Duration::from_secs(20), look: Duration::from_secs(5) };
const QUICK: Plan = Plan { rounds: 1, round: Duration::from_secs(8), look: Duration::from_secs(2) };

/// All requests come from one address; everything else is as it comes.
const SETTINGS: Settings<'_> = &[("RATE_LIMIT_PER_MIN", "0")];

/// A server that is stormed.
struct Subject {
    keeper: Keeper,
    running: Running,
    access_token: String,
    measured: Server,
}

/// Measures, prints, and, when all was measured on a binary that was built here, writes it down. Fails
/// when a login is answered otherwise than it may be, or another request not at all.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err(rig::start_over_optimized("storm", &options.arguments()?));
    }
    let plan = if options.quick { &QUICK } else { &FULL };
    let binary = rig::binary(options.binary.as_deref())?;

    // It goes when this does, after the servers that use it.
    let postgres = own_postgres()?;
    let mut subjects = vec![Subject::start("SQLite", &binary, "sqlite://storm.db")?];
    if let Some(postgres) = &postgres {
        subjects.push(Subject::start("PostgreSQL", &binary, postgres.url())?);
    }
    for round in 0..plan.rounds {
        say(&format!("round {} of {}", round + 1, plan.rounds));
        for subject in &mut subjects {
            subject.measure(round, plan)?;
        }
    }

    let servers: Vec<Server> = subjects.into_iter().map(|subject| subject.measured).collect();
    let section = report::section(&Machine::this(), plan, &servers);
    say(&format!("\n{section}"));
    if *options == Options::default() && postgres.is_some() {
        document::write("storm", &section)?;
        say(&format!("Written to {}.", document::PATH));
    }
    Ok(())
}

impl Subject {
    fn start(database: &'static str, binary: &Path, url: &str) -> Result<Self, Failure> {
        let mut keeper = Keeper::open(binary, url)?;
        let running = keeper.start(SETTINGS)?;
        let visitors = visitor::register(keeper.address(), 1)?;
        let access_token = visitors.into_iter().next().map(|visitor| visitor.access_token);
        let access_token = access_token.ok_or_else(|| Failure::new("nobody signed in"))?;
        Ok(Self { keeper, running, access_token, measured: Server { database, rounds: Vec::new() } })
    }

    fn measure(&mut self, round: usize, plan: &Plan) -> Result<(), Failure> {
        let target = Target {
            address: self.keeper.address(),
            pid: self.running.pid,
            access_token: &self.access_token,
            round,
        };
        let measured = round::measure(target, plan)?;
        say(&format!(
            "  {:<10} me p99 {:.2} ms, in the storm {:.2} ms; {:.1} of {:.1} logins/s; refused after {:.1} ms; \
             after abandoned {:.0} ms, else {:.0} ms",
            self.measured.database,
            measured.quiet.p99_ms,
            measured.storm.p99_ms,
            measured.logins.done_per_second,
            measured.capacity,
            measured.logins.refused_p50_ms,
            measured.after_abandoned_ms,
            measured.login_ms,
        ));
        self.measured.rounds.push(measured);
        Ok(())
    }
}
