//! The servers that are measured, and the order in which they are.

use std::path::Path;
use std::thread;

use super::figures::{self, Figures, Sample, sum_up};
use super::load::{self, CONNECTIONS, Load};
use super::{Plan, say};
use crate::failure::Failure;
use crate::rig::process::{self, Memory};
use crate::rig::statistics::{Spread, grouped};
use crate::rig::visitor::{self, Visitor};
use crate::rig::{Keeper, Running, Settings};

/// Hashing is not what is measured, all requests come from one address, and a line for each would be
/// measured as well.
const SETTINGS: Settings<'_> =
    &[("AUTORISEN__AUTH__BCRYPT_COST", "4"), ("RATE_LIMIT_PER_MIN", "0"), ("LOG_LEVEL", "warn")];

/// A server that is measured.
pub(super) struct Subject {
    database: &'static str,
    keeper: Keeper,
    starts: Vec<Running>,
    idle: Vec<Memory>,
    samples: Vec<Sample>,
}

impl Subject {
    /// Brings the database at this URL up to date.
    pub(super) fn open(database: &'static str, binary: &Path, url: &str) -> Result<Self, Failure> {
        let keeper = Keeper::open(binary, url)?;
        Ok(Self { database, keeper, starts: Vec::new(), idle: Vec::new(), samples: Vec::new() })
    }

    /// Starts the server, and looks at it when it has nothing more to do.
    fn start(&mut self, plan: &Plan) -> Result<(), Failure> {
        let running = self.keeper.start(SETTINGS)?;
        thread::sleep(plan.rest);
        say(&format!("{}: ready after {} ms", self.database, running.started_in.as_millis()));
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
            database: self.database,
            start_ms: Spread::of(start_ms).ok_or_else(figures::nothing)?,
            idle_mb: Spread::of(idle_mb).ok_or_else(figures::nothing)?,
            loaded: self.memory()?,
            loads: sum_up(&self.samples)?,
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
        let mut of_subject = visitor::sign_in(address, CONNECTIONS)?;
        for load in Load::ALL {
            load::run(load, address, &mut of_subject, plan.warm_up)?;
        }
        visitors.push(of_subject);
    }

    for round in 0..plan.rounds {
        say(&format!("round {} of {}", round + 1, plan.rounds));
        // Whatever drifts within a round must not always favour the same.
        let mut loads = Load::ALL;
        loads.rotate_left(round % Load::ALL.len());
        for load in loads {
            for (subject, visitors) in subjects.iter_mut().zip(&mut visitors) {
                subject.measure(load, round, visitors, plan)?;
            }
        }
    }
    subjects.into_iter().map(Subject::finish).collect()
}
