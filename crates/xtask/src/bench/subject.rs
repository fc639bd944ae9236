//! The servers that are measured, and the order in which they are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;

use super::figures::{self, Figures, Sample};
use super::load::{self, CONNECTIONS, Load};
use super::{Database, Plan, say};
use crate::failure::Failure;
use crate::rig::http::{Connection, get};
use crate::rig::process::{self, Memory};
use crate::rig::statistics::{Spread, grouped};
use crate::rig::visitor::{self, Visitor};
use crate::rig::{Keeper, Running, Settings};

/// Hashing is not what is measured, all requests come from one address, and a line for each would be
/// measured as well.
const SETTINGS: Settings<'_> = &[
    ("AUTORISEN__AUTH__BCRYPT_COST", "4"),
    ("RATE_LIMIT_PER_MIN", "0"),
    ("AUTORISEN__CHAT__TOKENS_PER_MIN", "0"),
    // Counted, and never reached.
    ("AUTORISEN__CHAT__TOKENS_PER_USER_DAY", "1000000000000"),
    ("LOG_LEVEL", "warn"),
];

/// The two programs.
pub(super) struct Binaries {
    pub(super) product: PathBuf,
    pub(super) floor: PathBuf,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The least that a server of these crates does.
    Floor,
    Product,
}

impl Side {
    fn binary(self, binaries: &Binaries) -> &Path {
        match self {
            Self::Floor => &binaries.floor,
            Self::Product => &binaries.product,
        }
    }

    fn loads(self, database: Database) -> &'static [Load] {
        match self {
            Self::Floor => Load::of_floor(database),
            Self::Product => Load::OF_PRODUCT,
        }
    }

    fn visitors(self, address: SocketAddr) -> Result<Vec<Visitor>, Failure> {
        match self {
            Self::Floor => (0..CONNECTIONS).map(|number| guest(address, number)).collect(),
            Self::Product => visitor::register(address, CONNECTIONS),
        }
    }
}

/// A server that is measured.
pub(super) struct Subject {
    side: Side,
    database: Database,
    keeper: Keeper,
    starts: Vec<Running>,
    idle: Vec<Memory>,
    samples: Vec<Sample>,
}

impl Subject {
    /// Brings the database at this URL up to date.
    pub(super) fn open(
        side: Side,
        database: Database,
        binaries: &Binaries,
        url: &str,
    ) -> Result<Self, Failure> {
        let keeper = Keeper::open(side.binary(binaries), url)?;
        let (starts, idle, samples) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { side, database, keeper, starts, idle, samples })
    }

    /// Starts the server, and looks at it when it has nothing more to do.
    fn start(&mut self, plan: &Plan) -> Result<(), Failure> {
        let running = self.keeper.start(SETTINGS)?;
        thread::sleep(plan.rest);
        self.starts.push(running);
        self.idle.push(self.memory()?);
        Ok(())
    }

    fn measure(
        &mut self,
        load: Load,
        round: usize,
        visitors: &mut [Visitor],
        plan: &Plan,
    ) -> Result<(), Failure> {
        let before = self.cpu_seconds()?;
        let counted = load::run(load, self.keeper.address(), visitors, plan.round)?;
        let sample = Sample::new(load, round, counted, self.cpu_seconds()? - before);
        say(&format!("  {:<10} {:<23} {:>7}/s", self.database, load.name(), grouped(sample.per_second)));
        self.samples.push(sample);
        Ok(())
    }

    fn finish(self) -> Result<Figures, Failure> {
        let start_ms = self.starts.iter().map(|running| running.started_in.as_secs_f64() * 1_000.0);
        let idle_mb = self.idle.iter().map(|memory| memory.resident);
        Ok(Figures {
            side: self.side,
            database: self.database,
            start_ms: Spread::of(start_ms).ok_or_else(figures::nothing)?,
            idle_mb: Spread::of(idle_mb).ok_or_else(figures::nothing)?,
            loaded: self.memory()?,
            loads: figures::sum_up(self.side.loads(self.database), &self.samples)?,
        })
    }

    fn memory(&self) -> Result<Memory, Failure> {
        self.pid().and_then(process::memory).ok_or_else(|| self.gone())
    }

    fn cpu_seconds(&self) -> Result<f64, Failure> {
        self.pid().and_then(process::cpu_seconds).ok_or_else(|| self.gone())
    }

    fn pid(&self) -> Option<u32> {
        self.starts.last().map(|running| running.pid)
    }

    fn gone(&self) -> Failure {
        Failure::new(format!("the server on {} is gone", self.database))
    }
}

/// Measures all servers; what is compared takes turns.
pub(super) fn measure(mut subjects: Vec<Subject>, plan: &Plan) -> Result<Vec<Figures>, Failure> {
    for start in 1..=plan.starts {
        say(&format!("start {start} of {}", plan.starts));
        for subject in &mut subjects {
            subject.start(plan)?;
            if start < plan.starts {
                subject.keeper.stop()?;
            }
        }
    }

    say("warm-up");
    let mut visitors = Vec::new();
    for subject in &subjects {
        let address = subject.keeper.address();
        let mut of_subject = subject.side.visitors(address)?;
        for &load in subject.side.loads(subject.database) {
            load::run(load, address, &mut of_subject, plan.warm_up)?;
        }
        visitors.push(of_subject);
    }

    let mut turns: Vec<(usize, Load)> = Vec::new();
    for (place, subject) in subjects.iter().enumerate() {
        turns.extend(subject.side.loads(subject.database).iter().map(|&load| (place, load)));
    }
    for round in 0..plan.rounds {
        say(&format!("round {} of {}", round + 1, plan.rounds));
        // Whatever drifts within a round must not always favour the same.
        for &(place, load) in turns.iter().cycle().skip(round * 5 % turns.len()).take(turns.len()) {
            if let (Some(subject), Some(visitors)) = (subjects.get_mut(place), visitors.get_mut(place)) {
                subject.measure(load, round, visitors, plan)?;
            }
        }
    }
    subjects.into_iter().map(Subject::finish).collect()
}

/// A visitor of the floor, which gives a token to everybody.
fn guest(address: SocketAddr, number: usize) -> Result<Visitor, Failure> {
    let path = format!("/token/{number}");
    let fail = |error: std::io::Error| Failure::new(format!("GET {path}: {error}"));
    let mut connection = Connection::open(address).map_err(fail)?;
    connection.send(&get(&path, None)).map_err(fail)?;
    let answer = connection.receive().map_err(fail)?;
    let answer: Value = serde_json::from_slice(answer.body).map_err(|error| fail(error.into()))?;
    let access_token = visitor::text(&answer, "access_token")?;
    Ok(Visitor { access_token, refresh_token: String::new(), thread_id: String::new() })
}
