//! What was measured of one server.

use super::load::{Counted, Load};
use crate::failure::Failure;
use crate::rig::process::Memory;
use crate::rig::statistics::Spread;

/// All that was measured of a server on one database.
pub(super) struct Figures {
    /// Which database.
    pub(super) database: &'static str,
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
pub(super) struct LoadFigures {
    pub(super) load: Load,
    pub(super) per_second: Spread,
    /// Requests per second in relation to the floor's of the same round.
    pub(super) ratio: Spread,
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

/// Sums up all samples of a server.
pub(super) fn sum_up(samples: &[Sample]) -> Result<Vec<LoadFigures>, Failure> {
    let figures = |load: Load| {
        let of_load = || samples.iter().filter(move |sample| sample.load == load);
        let ratios = of_load().filter_map(|sample| {
            let floor =
                samples.iter().find(|floor| floor.load == Load::Floor && floor.round == sample.round)?;
            Some(sample.per_second / floor.per_second)
        });
        Some(LoadFigures {
            load,
            per_second: Spread::of(of_load().map(|sample| sample.per_second))?,
            ratio: Spread::of(ratios)?,
            cpu_us: Spread::of(of_load().map(|sample| sample.cpu_us))?,
        })
    };
    Load::ALL.into_iter().map(|load| figures(load).ok_or_else(nothing)).collect()
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
    fn a_ratio_is_that_to_the_floor_of_the_same_round() {
        // The machine was twice as fast in the second round: the ratios are the same in both.
        let mut samples = vec![sample(Load::Floor, 0, 1_000), sample(Load::Floor, 1, 2_000)];
        for (load, part) in [(Load::Me, 2), (Load::ChatToken, 4), (Load::Refresh, 8)] {
            samples.extend([sample(load, 0, 1_000 / part), sample(load, 1, 2_000 / part)]);
        }
        let figures = sum_up(&samples).unwrap();
        let ratios: Vec<Spread> = figures.iter().map(|figures| figures.ratio).collect();
        let same = |ratio| Spread { median: ratio, min: ratio, max: ratio };
        assert_eq!(ratios, [same(1.0), same(0.5), same(0.25), same(0.125)]);
        assert_eq!(figures[1].per_second, Spread { median: 375.0, min: 250.0, max: 500.0 });
    }

    #[test]
    fn processor_time_is_shared_out_among_the_answers() {
        let sample = sample(Load::Me, 0, 50_000);
        assert!((sample.cpu_us - 20.0).abs() < 1e-9, "{sample:?}");
        assert!((sample.per_second - 25_000.0).abs() < 1e-9, "{sample:?}");
    }

    #[test]
    fn a_load_that_was_not_measured_is_a_failure() {
        assert_eq!(sum_up(&[sample(Load::Floor, 0, 1)]).err(), Some(nothing()));
    }
}
