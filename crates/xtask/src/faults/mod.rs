//! `cargo xtask faults`: servers under load, a fault, and a checker that remembers all that was told.

mod actor;
mod ask;
mod chance;
mod crowd;
mod ledger;
mod report;
mod servers;
mod trials;
mod verdict;

use std::path::{Path, PathBuf};
use std::time::Instant;

use self::trials::{ALL, Came, Extent, Given, LONG, SHORT, TWO_VERSIONS, Trial};
use crate::cargo;
use crate::failure::Failure;
use crate::previous;
use crate::rig::{Machine, document, say};

/// Where the results go, in the workspace.
const DOCUMENT: &str = "docs/reliability.md";
const BEGINNING: &str = "# Reliability\n";
const SECTION: &str = "faults";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    long: bool,
    /// Only what has this in its name.
    only: Option<String>,
    binary: Option<PathBuf>,
    previous: Option<PathBuf>,
    /// How often servers are killed, instead of what the extent says.
    kills: Option<usize>,
}

impl Options {
    /// Reads `[--long] [--kills N] [--only NAME] [--binary PATH] [--previous PATH]`.
    pub(crate) fn parse(mut arguments: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        loop {
            arguments = match arguments {
                [] => return Some(options),
                ["--long", rest @ ..] => {
                    options.long = true;
                    rest
                }
                ["--only", name, rest @ ..] if ALL.iter().any(|trial| trial.name.contains(name)) => {
                    options.only = Some((*name).to_owned());
                    rest
                }
                ["--kills", number, rest @ ..] => {
                    options.kills = Some(number.parse().ok()?);
                    rest
                }
                ["--binary", path, rest @ ..] => {
                    options.binary = Some(PathBuf::from(path));
                    rest
                }
                ["--previous", path, rest @ ..] => {
                    options.previous = Some(PathBuf::from(path));
                    rest
                }
                _ => return None,
            };
        }
    }

    /// What every run of the checks does, with the binary that was built for them, and that of the release
    /// before.
    pub(crate) fn short(previous: Option<PathBuf>) -> Self {
        Self { binary: Some(debug_binary()), previous, ..Self::default() }
    }

    fn asks_for(&self, trial: &Trial) -> bool {
        self.only.as_deref().is_none_or(|name| trial.name.contains(name))
    }
}

/// The same as [`run`], with the release before built where one is tagged and none was given.
pub(crate) fn run_alone(options: Options) -> Result<(), Failure> {
    let needs_release = ALL.iter().any(|trial| trial.name == TWO_VERSIONS && options.asks_for(trial));
    let previous = match options.previous {
        None if needs_release => previous::build()?,
        given => given,
    };
    run(&Options { previous, ..options })
}

/// Tries, prints, and writes down what a long run found. Fails when anything was not as promised.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let binary = absolute(&match &options.binary {
        Some(path) => path.clone(),
        None => build()?,
    })?;
    let previous = options.previous.as_deref().map(absolute).transpose()?;
    let mut extent: Extent = if options.long { LONG } else { SHORT };
    extent.kills = options.kills.unwrap_or(extent.kills);
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for trial in ALL.iter().filter(|trial| options.asks_for(trial)) {
        say(&format!("{}: {} on {}", trial.name, trial.fault, trial.database));
        let begun = Instant::now();
        let came = (trial.run)(Given { binary: &binary, previous: previous.as_deref(), extent })?;
        faults.extend(tell(trial, &came, begun));
        rows.push(report::row(trial, &came, &Machine::this()));
        // After each, so that a run that is broken off has told what it found.
        if options.long {
            let before = document::section(DOCUMENT, SECTION)?;
            let section = report::section(before.as_deref(), &rows, &Machine::this());
            document::write_to(DOCUMENT, BEGINNING, SECTION, &section)?;
        }
    }
    if options.long {
        say(&format!("Written to {DOCUMENT}."));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::new(faults.join("\n"))) }
}

/// Says what came of a trial, and gives what was not as promised.
fn tell(trial: &Trial, came: &Came, begun: Instant) -> Vec<String> {
    match came {
        Came::NotHere(reason) => {
            say(&format!("  not tried: {reason}"));
            // Where everything is set up for it, nothing may be left out.
            let left_out = is_ci().then(|| format!("{}: {reason}", trial.name));
            left_out.into_iter().collect()
        }
        Came::Tried { how, verdict } => {
            say(&format!(
                "  {how}: {} requests, {} writes and {} ends of sessions told, {} refused with 503, the longest \
                 {:.1} s ({}), well after {}, {} connections/s at most; took {:.0} s",
                verdict.requests,
                verdict.writes,
                verdict.ends,
                verdict.busy,
                verdict.slowest.as_secs_f64(),
                verdict.slowest_route,
                verdict.well_after.map_or("-".to_owned(), |after| format!("{:.1} s", after.as_secs_f64())),
                verdict.connections.map_or("-".to_owned(), |count| count.to_string()),
                begun.elapsed().as_secs_f64(),
            ));
            let faults = verdict.faults.iter();
            faults
                .map(|fault| format!("{}: {fault}", trial.name))
                .inspect(|fault| say(&format!("  FAULT {fault}")))
                .collect()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "whether it runs in CI is said by the environment")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn build() -> Result<PathBuf, Failure> {
    say("building the server");
    cargo::run(&["build", "--package", "autorisen-server"], &[])?;
    Ok(debug_binary())
}

fn debug_binary() -> PathBuf {
    cargo::workspace().join("target/debug/autorisen")
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order() {
        let options = Options::parse(&["--only", "kill", "--long", "--binary", "x"]).unwrap();
        assert!(options.long);
        assert_eq!(ALL.iter().filter(|trial| options.asks_for(trial)).count(), 2);
        assert_eq!(Options::parse(&[]), Some(Options::default()));
        assert_eq!(Options::parse(&["--kills", "7"]).and_then(|options| options.kills), Some(7));
        for arguments in [&["--only", "nothing"][..], &["--only"], &["--short"], &["--kills", "many"]] {
            assert_eq!(Options::parse(arguments), None, "{arguments:?}");
        }
    }
}
