//! What `cargo xtask timing` is asked for.

use crate::failure::Failure;
use crate::rig;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// What every measurement may be asked for.
    pub(super) common: rig::Options,
    /// Another cost of bcrypt than the lowest.
    pub(super) cost: Option<u32>,
    /// Another number of requests for each class on an idle server.
    pub(super) samples: Option<usize>,
    /// The seed of the order.
    pub(super) seed: Option<u64>,
    /// Only questions with this in their name.
    pub(super) only: Option<String>,
}

impl Options {
    /// Reads `[--quick] [--binary PATH] [--cost N] [--samples N] [--seed N] [--only NAME]`.
    pub(crate) fn parse(arguments: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        let mut common = Vec::new();
        let mut rest = arguments.iter();
        while let Some(&argument) = rest.next() {
            match argument {
                "--cost" => {
                    let cost = rest.next()?.parse().ok();
                    options.cost = Some(cost.filter(|cost| (4..=16).contains(cost))?);
                }
                "--samples" => {
                    let samples = rest.next()?.parse().ok();
                    options.samples = Some(samples.filter(|samples| (10..=1_000_000).contains(samples))?);
                }
                "--seed" => options.seed = Some(rest.next()?.parse().ok()?),
                "--only" => options.only = Some((*rest.next()?).to_owned()),
                _ => common.push(argument),
            }
        }
        options.common = rig::Options::parse(&common)?;
        Some(options)
    }

    /// The same for a process in another folder.
    pub(super) fn arguments(&self) -> Result<Vec<String>, Failure> {
        let mut arguments = self.common.arguments()?;
        let numbers = [
            ("--cost", self.cost.map(|cost| cost.to_string())),
            ("--samples", self.samples.map(|samples| samples.to_string())),
            ("--seed", self.seed.map(|seed| seed.to_string())),
            ("--only", self.only.clone()),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                arguments.extend([name.to_owned(), number]);
            }
        }
        Ok(arguments)
    }

    /// Whether all is measured that the document tells.
    pub(super) fn is_full(&self) -> bool {
        self.common == rig::Options::default() && (self.cost, self.samples, &self.only) == (None, None, &None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_beside_the_rest_and_passed_on() {
        let arguments = ["--cost", "6", "--quick", "--samples", "100", "--only", "a b", "--seed", "7"];
        let options = Options::parse(&arguments).unwrap();
        assert_eq!((options.cost, options.samples, options.seed), (Some(6), Some(100), Some(7)));
        assert!(options.common.quick && !options.is_full());
        let passed_on = options.arguments().unwrap();
        let passed_on: Vec<&str> = passed_on.iter().map(String::as_str).collect();
        assert_eq!(Options::parse(&passed_on), Some(options));
    }

    #[test]
    fn only_without_changes_it_is_full() {
        assert!(Options::parse(&["--seed", "1"]).unwrap().is_full());
        for less in [["--samples", "20000"], ["--cost", "4"], ["--only", "login"], ["--binary", "x"]] {
            assert!(!Options::parse(&less).unwrap().is_full(), "{less:?}");
        }
    }

    #[test]
    fn what_is_no_number_or_out_of_bounds_is_refused() {
        for arguments in [
            &["--cost"][..],
            &["--cost", "3"],
            &["--cost", "17"],
            &["--samples", "many"],
            &["--samples", "1"],
            &["--seed", "-1"],
            &["now"],
        ] {
            assert_eq!(Options::parse(arguments), None, "{arguments:?}");
        }
    }
}
