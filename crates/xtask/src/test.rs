//! `cargo xtask test`: every check there is, cheapest first.

use std::time::{Duration, Instant};

use autorisen_pgtest::{Server, URL_VARIABLE, find_or_start};

use crate::bench;
use crate::boundaries;
use crate::cargo;
use crate::failure::Failure;
use crate::faults;
use crate::fuzz;
use crate::hosted;
use crate::interface;
use crate::models;
use crate::previous;
use crate::releases;
use crate::web;

/// Tells the tests to run the slow suites as well.
const LONG_VARIABLE: &str = "AUTORISEN_TEST_LONG";
/// Tells the tests which Python has the models of the protocol.
const PYTHON_VARIABLE: &str = "AUTORISEN_TEST_CHATKIT_PYTHON";

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    heading: &'static str,
    work: Work,
}

/// What a check does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Runs cargo with these arguments.
    Cargo(&'static [&'static str]),
    /// Finds or starts the PostgreSQL of the steps that follow.
    Postgres,
    /// Compares the dependencies.
    Boundaries,
    /// Compares the types of the protocol.
    Models,
    /// Has the vendor's client speak to the stand-in for hosted sessions.
    Hosted,
    /// Holds the server to the document of its interface.
    Interface,
    /// Lets a fuzzer try every parser for a moment.
    Fuzz,
    /// Checks the front end.
    FrontEnd,
    /// Tries releases, with the binary that was built.
    Releases,
    /// Tries the release before this version on the tables of this one.
    Previous,
    /// Has that binary survive faults.
    Faults,
    /// Looks whether it lost much of its speed.
    Speed,
}

const FORMAT: Step = Step { heading: "format", work: Work::Cargo(&["fmt", "--all", "--check"]) };
// Early, for without it everything that follows would be in vain.
const POSTGRES: Step = Step { heading: "a PostgreSQL for the tests", work: Work::Postgres };
const CLIPPY: Step = Step {
    heading: "clippy",
    work: Work::Cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
};
const RUSTDOC: Step = Step {
    heading: "rustdoc",
    work: Work::Cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]),
};
const BOUNDARIES: Step = Step { heading: "boundaries", work: Work::Boundaries };
const MODELS: Step = Step { heading: "the models of openai-chatkit", work: Work::Models };
const HOSTED: Step =
    Step { heading: "the client of openai against the stand-in for hosted sessions", work: Work::Hosted };
const INTERFACE: Step =
    Step { heading: "the server against the document of its interface", work: Work::Interface };
const FUZZ: Step = Step { heading: "a moment of fuzzing", work: Work::Fuzz };
const FRONT_END: Step = Step { heading: "the front end", work: Work::FrontEnd };
// What the tests below run on is built here, so that releases and faults can be tried with it before.
const BUILD: Step =
    Step { heading: "build", work: Work::Cargo(&["test", "--workspace", "--tests", "--no-run"]) };
const RELEASES: Step = Step { heading: "releases", work: Work::Releases };
const PREVIOUS: Step =
    Step { heading: "the release before on the tables of this version", work: Work::Previous };
const FAULTS: Step = Step { heading: "faults", work: Work::Faults };
const SPEED: Step = Step { heading: "speed", work: Work::Speed };
const EXAMPLES_IN_DOCS: Step = Step {
    heading: "tests: examples in the documentation",
    work: Work::Cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]),
};
const TESTS: Step =
    Step { heading: "tests", work: Work::Cargo(&["test", "--workspace", "--tests", "--no-fail-fast"]) };
const TESTS_WITH_NEXTEST: Step =
    Step { heading: "tests", work: Work::Cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]) };

/// Runs every check and stops at the first that fails. The test runner has the last word.
pub(crate) fn run(long: bool) -> Result<(), Failure> {
    let mut variables = vec![("RUSTDOCFLAGS", "-D warnings")];
    if long {
        variables.push((LONG_VARIABLE, "1"));
    }
    // Kept until all is done: the server goes when this does.
    let mut postgres: Option<Server> = None;
    let mut python: Option<String> = None;
    let mut release_before = None;
    let mut fuzzers: Option<fuzz::AheadOfTime> = None;
    let mut took = Vec::new();
    for step in steps(cargo::has("nextest")) {
        eprintln!("\n== {} ==", step.heading);
        let begin = Instant::now();
        match step.work {
            Work::Postgres => postgres = Some(find_postgres()?),
            Work::Boundaries => boundaries::check()?,
            Work::Models => python = Some(models::check()?),
            Work::Hosted => hosted::check()?,
            Work::Interface => interface::check(interface::SECONDS)?,
            Work::Fuzz => {
                if let Some(build) = fuzzers.take() {
                    build.finish();
                }
                fuzz::run(&fuzz::Options::short())?;
            }
            Work::FrontEnd => {
                // A browser leaves much of the processors.
                fuzzers = Some(fuzz::AheadOfTime::begin()?);
                web::check("")?;
            }
            Work::Releases => releases::check(long, postgres.as_ref().map(Server::url))?,
            Work::Previous => release_before = previous::check(postgres.as_ref().map_or("", Server::url))?,
            Work::Faults => faults::run(&faults::Options::short(release_before.take()))?,
            Work::Speed => bench::run(&bench::Options::Check { write: false })?,
            Work::Cargo(arguments) => {
                let url = postgres.as_ref().map(|server| (URL_VARIABLE, server.url()));
                let python = python.as_deref().map(|path| (PYTHON_VARIABLE, path));
                let variables: Vec<_> = variables.iter().copied().chain(url).chain(python).collect();
                cargo::run(arguments, &variables)?;
            }
        }
        took.push((step.heading, begin.elapsed()));
    }
    eprint!("\n{}", durations(&took));
    Ok(())
}

fn steps(with_nextest: bool) -> [Step; 17] {
    let tests = if with_nextest { TESTS_WITH_NEXTEST } else { TESTS };
    [
        FORMAT,
        POSTGRES,
        CLIPPY,
        RUSTDOC,
        BOUNDARIES,
        MODELS,
        HOSTED,
        FRONT_END,
        INTERFACE,
        FUZZ,
        EXAMPLES_IN_DOCS,
        BUILD,
        RELEASES,
        PREVIOUS,
        FAULTS,
        SPEED,
        tests,
    ]
}

/// Where the time went, so that a step that grows is seen.
fn durations(took: &[(&str, Duration)]) -> String {
    let total = ("all", took.iter().map(|(_, time)| *time).sum());
    let lines = took.iter().chain([&total]).map(|(heading, time)| {
        let seconds = time.as_secs();
        format!("{:>4} min {:02} s  {heading}\n", seconds / 60, seconds % 60)
    });
    lines.collect()
}

fn find_postgres() -> Result<Server, Failure> {
    let server = find_or_start().map_err(|unavailable| Failure::new(unavailable.to_string()))?;
    if server.is_ours() {
        eprintln!("started, at {}", server.url());
    } else {
        // It may hold a password, so it is not printed.
        eprintln!("named by {URL_VARIABLE}");
    }
    Ok(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_check_comes_first_and_the_test_runner_last() {
        for with_nextest in [true, false] {
            let headings = steps(with_nextest).map(|step| step.heading);
            assert_eq!(
                headings,
                [
                    "format",
                    "a PostgreSQL for the tests",
                    "clippy",
                    "rustdoc",
                    "boundaries",
                    "the models of openai-chatkit",
                    "the client of openai against the stand-in for hosted sessions",
                    "the front end",
                    "the server against the document of its interface",
                    "a moment of fuzzing",
                    "tests: examples in the documentation",
                    "build",
                    "releases",
                    "the release before on the tables of this version",
                    "faults",
                    "speed",
                    "tests"
                ]
            );
        }
    }

    #[test]
    fn the_examples_in_the_documentation_are_left_to_a_step_of_their_own() {
        // `cargo test` would run them last otherwise, and nextest does not run them at all.
        let [.., examples, _, _, _, _, _, plain] = steps(false);
        let [.., nextest] = steps(true);
        assert!(has_argument(examples, "--doc"));
        assert!(has_argument(plain, "--tests"));
        assert!(has_argument(nextest, "nextest"));
    }

    #[test]
    fn every_step_of_cargo_covers_the_whole_workspace() {
        for step in steps(true).into_iter().chain(steps(false)) {
            if matches!(step.work, Work::Cargo(_)) {
                assert!(has_argument(step, "--workspace") || has_argument(step, "--all"), "{step:?}");
            }
        }
    }

    #[test]
    fn warnings_are_denied() {
        let [_, _, clippy, ..] = steps(true);
        assert!(has_argument(clippy, "warnings") && has_argument(clippy, "-D"));
    }

    #[test]
    fn the_durations_end_with_their_sum() {
        let took = [("format", Duration::from_secs(5)), ("tests", Duration::from_secs(601))];
        assert_eq!(durations(&took), "   0 min 05 s  format\n  10 min 01 s  tests\n  10 min 06 s  all\n");
    }

    fn has_argument(step: Step, argument: &str) -> bool {
        matches!(step.work, Work::Cargo(arguments) if arguments.contains(&argument))
    }
}
