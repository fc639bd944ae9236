//! What was measured of one server.

use super::Database;
use super::load::{Counted, Load};
use super::subject::Side;
use crate::failure::Failure;
use crate::rig::process::Memory;
use crate::rig::statistics::Spread;

/// All that was measured of a server on one database.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    pub(super) side: Side,
    pub(super) database: Database,
    /// From the order to start it to its word that it is ready, in milliseconds.
    pub(super) start_ms: Spread,
    /// Memory when it had nothing to do yet, in MB.
    pub(super) idle_mb: Spread,
    /// Memory after all loads.
    pub(super) loaded: Memory,
    /// One for each load.
    pub(super) loads: Vec<LoadFigures>,
}

/// What was measured of a load.
#[derive(Debug, Clone)]
pub(super) struct LoadFigures {
    pub(super) load: Load,
    /// Requests per second, by round.
    pub(super) rounds: Vec<f64>,
    /// Processor time of the server for one request, in microseconds.
    pub(super) cpu_us: Spread,
}

/// One measurement of a load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    load: Load,
    round: usize,
    pub(super) per_second: f64,
    cpu_us: f64,
}

impl Sample {
    /// What was counted in a round, and the seconds of processor time that the server used.
    pub(super) fn new(load: Load, round: usize, counted: Counted, cpu_seconds: f64) -> Self {
        let answers = f64::from(counted.answers);
        let per_second = answers / counted.took.as_secs_f64();
        Self { load, round, per_second, cpu_us: cpu_seconds / answers * 1_000_000.0 }
    }
}

/// Sums up all samples of a server, whose loads are these.
pub(super) fn sum_up(loads: &[Load], samples: &[Sample]) -> Result<Vec<LoadFigures>, Failure> {
    let figures = |&load: &Load| {
        let mut of_load: Vec<&Sample> = samples.iter().filter(|sample| sample.load == load).collect();
        of_load.sort_by_key(|sample| sample.round);
        Some(LoadFigures {
            load,
            rounds: of_load.iter().map(|sample| sample.per_second).collect(),
            cpu_us: Spread::of(of_load.iter().map(|sample| sample.cpu_us))?,
        })
    };
    loads.iter().map(|load| figures(load).ok_or_else(nothing)).collect()
}

/// What was measured of a load on a database.
pub(super) fn of(all: &[Figures], database: Database, load: Load) -> Option<&LoadFigures> {
    let on_database = all.iter().filter(|figures| figures.database == database);
    on_database.flat_map(|figures| &figures.loads).find(|figures| figures.load == load)
}

/// The rate of one load in relation to that of another in the same round.
pub(super) fn ratio(of: &LoadFigures, to: &LoadFigures) -> Option<Spread> {
    Spread::of(of.rounds.iter().zip(&to.rounds).map(|(of, to)| of / to))
}

/// What to say when there are no samples.
pub(super) fn nothing() -> Failure {
    Failure::new("nothing was measured")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sample(load: Load, round: usize, answers: u32) -> Sample {
        Sample::new(load, round, Counted { answers, took: Duration::from_secs(2) }, 1.0)
    }

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        // The machine was twice as fast in the second round, which is told first: the ratios are the same.
        let samples = [
            sample(Load::Bare, 1, 2_000),
            sample(Load::Bare, 0, 1_000),
            sample(Load::Me, 0, 500),
            sample(Load::Me, 1, 1_000),
        ];
        let figures = sum_up(&[Load::Me, Load::Bare], &samples).unwrap();
        let half = Spread { median: 0.5, min: 0.5, max: 0.5 };
        assert_eq!(ratio(&figures[0], &figures[1]), Some(half));
        assert_eq!(figures[1].rounds, [500.0, 1_000.0]);
    }

    #[test]
    fn processor_time_is_shared_out_among_the_answers() {
        let sample = sample(Load::Me, 0, 50_000);
        assert!((sample.cpu_us - 20.0).abs() < 1e-9, "{sample:?}");
        assert!((sample.per_second - 25_000.0).abs() < 1e-9, "{sample:?}");
    }

    #[test]
    fn a_load_that_was_not_measured_is_a_failure() {
        assert_eq!(sum_up(&[Load::Me], &[sample(Load::Bare, 0, 1)]).err(), Some(nothing()));
    }
}
