//! Two servers on one kind of database, one empty and one full, that take turns.

use std::path::Path;
use std::thread;
use std::time::Duration;

use autorisen_pgtest::Server;

use super::load::{self, Kind, Person};
use super::{Amounts, Plan};
use crate::failure::Failure;
use crate::rig::filling::{Filler, Rows};
use crate::rig::process;
use crate::rig::statistics::{Spread, count};
use crate::rig::{Keeper, Running, Settings, say, unix_seconds, visitor};

/// Hashing is not what is measured, all requests come from one address and many from one account, a session
/// lasts until the end, and a line for each request would be measured as well.
pub(super) const SETTINGS: Settings<'_> = &[
    ("AUTORISEN__AUTH__BCRYPT_COST", "4"),
    ("RATE_LIMIT_PER_MIN", "0"),
    ("AUTORISEN__CHAT__TOKENS_PER_MIN", "0"),
    // They are counted all the same.
    ("AUTORISEN__CHAT__TOKENS_PER_USER_DAY", "1000000000000"),
    ("AUTORISEN__AUTH__ACCESS_TTL_SEC", "86400"),
    ("LOG_LEVEL", "warn"),
];

/// A server, and the database that it is on.
pub(super) struct Subject {
    pub(super) keeper: Keeper,
    pub(super) url: String,
    pub(super) rows: Rows,
    running: Option<Running>,
    people: Vec<Person>,
    /// It goes after the server that uses it.
    _postgres: Option<Server>,
}

impl Subject {
    /// Fills a database: with the few accounts that have what is asked for, or with all.
    pub(super) fn open(
        binary: &Path,
        filler: &Filler,
        postgres: Option<Server>,
        rows: Rows,
    ) -> Result<Self, Failure> {
        let url = postgres.as_ref().map(|server| server.url().to_owned());
        let mut keeper = Keeper::open(binary, url.as_deref().unwrap_or("sqlite://growth.db"))?;
        let url = url.unwrap_or_else(|| format!("sqlite://{}", keeper.folder().join("growth.db").display()));
        // Whose password everybody has.
        keeper.start(SETTINGS)?;
        visitor::register(keeper.address(), 1)?;
        keeper.stop()?;
        filler.accounts(&url, visitor::EMAIL, rows)?;
        Ok(Self { keeper, url, rows, running: None, people: Vec::new(), _postgres: postgres })
    }

    pub(super) fn start(&mut self, people: u64) -> Result<(), Failure> {
        self.running = Some(self.keeper.start(SETTINGS)?);
        // Strides that share no factor with the number of those who talk visit all of them.
        let numbers = (0..people).map(|index| self.rows.talker(index * 7_919));
        self.people = Person::sign_in(self.keeper.address(), numbers)?;
        Ok(())
    }

    /// The refresh token of somebody who is signed in.
    pub(super) fn refresh_token(&self) -> Result<String, Failure> {
        let person = self.people.first().ok_or_else(|| Failure::new("nobody is signed in"))?;
        Ok(person.refresh_token().to_owned())
    }

    fn measure(&mut self, kind: Kind, length: Duration) -> Result<Sample, Failure> {
        let before = self.cpu_seconds()?;
        let slice = load::run(kind, self.keeper.address(), &mut self.people, length)?;
        let cpu_us = (self.cpu_seconds()? - before) * 1e6 / f64::from(slice.answers);
        Ok(Sample { each_us: slice.each_us, cpu_us })
    }

    fn cpu_seconds(&self) -> Result<f64, Failure> {
        let pid = self.running.map(|running| running.pid);
        pid.and_then(process::cpu_seconds).ok_or_else(|| Failure::new("the server is gone"))
    }
}

/// What one request cost in a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// From sending it to its answer.
    pub(super) each_us: f64,
    /// Of the server's processor time.
    pub(super) cpu_us: f64,
}

/// A kind of request on both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    pub(super) kind: Kind,
    pub(super) empty: Spread,
    pub(super) full: Spread,
    /// Of each round's times, full to empty.
    pub(super) ratio: Spread,
    /// The same of processor times.
    pub(super) cpu_ratio: Spread,
}

impl Compared {
    fn of(kind: Kind, rounds: &[(Sample, Sample)]) -> Option<Self> {
        Some(Self {
            kind,
            empty: Spread::of(rounds.iter().map(|(empty, _)| empty.each_us))?,
            full: Spread::of(rounds.iter().map(|(_, full)| full.each_us))?,
            ratio: Spread::of(rounds.iter().map(|(empty, full)| full.each_us / empty.each_us))?,
            cpu_ratio: Spread::of(rounds.iter().map(|(empty, full)| full.cpu_us / empty.cpu_us))?,
        })
    }
}

/// Measures all kinds in rounds. In a round the two take turns slice by slice, and the one that begins
/// changes, so that what drifts favours neither.
pub(super) fn compare(
    empty: &mut Subject,
    full: &mut Subject,
    plan: &Plan,
) -> Result<Vec<Compared>, Failure> {
    for subject in [&mut *empty, &mut *full] {
        subject.start(plan.people)?;
        for kind in Kind::ALL {
            subject.measure(kind, plan.warm_up)?;
        }
    }
    let mut rounds: Vec<Vec<(Sample, Sample)>> = vec![Vec::new(); Kind::ALL.len()];
    for round in 0..plan.rounds {
        for (kind, samples) in Kind::ALL.into_iter().zip(&mut rounds) {
            let mut slices = Vec::new();
            for slice in 0..plan.slices {
                let pair = if (round + slice).is_multiple_of(2) {
                    let first = empty.measure(kind, plan.slice)?;
                    (first, full.measure(kind, plan.slice)?)
                } else {
                    let first = full.measure(kind, plan.slice)?;
                    (empty.measure(kind, plan.slice)?, first)
                };
                slices.push(pair);
            }
            samples.push((mean(slices.iter().map(|pair| pair.0)), mean(slices.iter().map(|pair| pair.1))));
        }
        say(&format!("  round {} of {}", round + 1, plan.rounds));
    }
    let compared = Kind::ALL.into_iter().zip(&rounds).map(|(kind, rounds)| Compared::of(kind, rounds));
    compared.collect::<Option<_>>().ok_or_else(|| Failure::new("nothing was measured"))
}

fn mean(samples: impl Iterator<Item = Sample>) -> Sample {
    let samples: Vec<Sample> = samples.collect();
    let number = count(samples.len().max(1));
    Sample {
        each_us: samples.iter().map(|sample| sample.each_us).sum::<f64>() / number,
        cpu_us: samples.iter().map(|sample| sample.cpu_us).sum::<f64>() / number,
    }
}

/// What the empty database has, and the full one.
pub(super) fn amounts(accounts: u64) -> Amounts {
    let now = unix_seconds() * 1_000_000;
    let few = Rows {
        first: 0,
        accounts: 64,
        sessions: 320,
        talkers: 64,
        threads: 64 * 20,
        items: 64 * 20 * 20,
        files: 64,
        limits: 0,
        now,
    };
    let talkers = accounts / 80;
    let all = Rows {
        first: 0,
        accounts,
        sessions: accounts * 5,
        talkers,
        threads: talkers * 20,
        items: talkers * 20 * 20,
        files: accounts / 10,
        limits: accounts / 10,
        now,
    };
    Amounts { few, all }
}

/// Lets the databases finish what they do behind: write back what was filled.
pub(super) fn settle(plan: &Plan) {
    thread::sleep(plan.rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_accounts_have_five_million_sessions_and_items() {
        let Amounts { few, all } = amounts(1_000_000);
        assert_eq!((all.accounts, all.sessions, all.items), (1_000_000, 5_000_000, 5_000_000));
        for rows in [few, all] {
            assert_eq!((rows.threads / rows.talkers, rows.items / rows.threads), (20, 20), "{rows:?}");
        }
    }

    #[test]
    fn ratios_are_those_of_a_round() {
        let sample = |each_us: f64| Sample { each_us, cpu_us: each_us / 2.0 };
        // The machine was twice as slow in the second round.
        let rounds = [(sample(100.0), sample(105.0)), (sample(200.0), sample(210.0))];
        let compared = Compared::of(Kind::Me, &rounds).unwrap();
        assert!((compared.ratio.min - 1.05).abs() < 1e-9 && (compared.ratio.max - 1.05).abs() < 1e-9);
        assert!((compared.cpu_ratio.median - 1.05).abs() < 1e-9);
    }
}
