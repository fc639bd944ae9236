//! What a developer runs besides cargo: `cargo xtask COMMAND`.

mod bench;
mod boundaries;
mod cargo;
mod failure;
mod faults;
mod fuzz;
mod growth;
mod hosted;
mod interface;
mod models;
mod previous;
mod python;
mod releases;
mod rig;
mod storm;
mod streams;
mod test;
mod test_postgres;
mod timing;
mod web;

use std::process::ExitCode;

use crate::failure::Failure;

const USAGE: &str = "\
What a developer runs besides cargo.

Usage: cargo xtask COMMAND

Commands:
  test [--long]         every check there is, cheapest first: format, clippy, rustdoc,
                        boundaries, the models of openai-chatkit, the client of openai, the front
                        end, the server against its OpenAPI document, a moment of fuzzing, releases
                        on a stand-in of the platform, the release before on the tables of this
                        version, what may happen to servers and databases, whether much speed was
                        lost, then all tests, on SQLite and on a real PostgreSQL; --long also runs
                        the slow suites
  boundaries [--write]  compare the direct dependencies of every crate with
                        crates/dependencies.txt and with the rules; --write rewrites the list
  models                compare the ChatKit types with the models of the Python package
                        openai-chatkit; needs python3, installs the package under target/
  hosted                have the Python package openai speak to the stand-in for hosted
                        sessions; needs the same
  interface [SECONDS]   hold the server to its OpenAPI document: schemathesis asks it whatever
                        the document allows and more, as nobody and as somebody, at the end for
                        20 seconds each by chance unless told otherwise; needs the same
  fuzz [--seconds N] [TARGET]
                        let libFuzzer try every parser of untrusted bytes, or one, for a minute or
                        as long as is said; needs a C++ compiler
  web [PATTERN]         check the front end: types, the client module, the page in Chromium; or only
                        the tests with PATTERN in their path; needs node, npm and Chromium,
                        installs packages under target/
  bench [--quick] [--binary PATH] | --check [--write] | --builds
                        serve the release binary on loopback, with SQLite and with a PostgreSQL of
                        its own, beside the least that a server of the same crates does: requests per
                        second, start and memory; takes some 6 minutes and writes docs/benchmarks.md,
                        --quick and --binary only print; --check compares what the checks have built
                        with what was stored by --write; --builds measures how long building takes;
                        needs Linux
  timing [--quick] [--binary PATH] [--cost N] [--samples N] [--seed N]
                  [--only NAME]
                        serve as bench does, and compare the answers to logins and registrations
                        of addresses with and without an account, by every byte and by the time
                        they take, idle and loaded; takes some 20 minutes on an idle
                        machine and writes docs/security-measured.md; --quick (2 minutes) has a
                        wider bar, and only a full run writes; --only asks what has NAME in its name
  storm [--quick] [--binary PATH]
                        serve as bench does, and send ten times the logins that can be hashed:
                        what becomes of them and of other requests; takes some 6 minutes and
                        writes docs/security-measured.md; --quick (1 minute) only prints
  load [--quick] [--binary PATH]
                        build the release binary and read 500 answers at once, each with 20
                        events a second; a full run writes docs/load.md, --quick reads fewer
                        and shorter ones, and with --binary it only prints; needs Linux
  growth [--short] [--accounts N] [--binary PATH]
                        fill databases with a million accounts, or N, and five times as many sessions
                        and items, and measure requests on them and on empty ones in turns, and writes
                        while millions of rows are swept; takes some 40 minutes and 12 GB of disk, and
                        writes docs/growth.md; --short, --accounts and --binary only print
  previous              build the last tagged release, and run its tests of what users do on
                        databases that this version has migrated: a rolling release and a
                        rollback are safe; says so where no release is tagged
  faults [--long] [--kills N] [--only NAME] [--binary PATH] [--previous PATH]
                        build the server and have it survive what may happen to it and to its
                        database, under load, with a checker; some 3 minutes, and with --long more
                        than half an hour, which writes docs/reliability.md; --only tries what has
                        NAME in its name, --kills has servers killed so often; the release
                        before is built from its tag, where there is one, unless --previous names
                        its binary; needs PostgreSQL's programs, and root to fill
                        a disk
  test-postgres         start a PostgreSQL for tests, print its URL, and stop it when
                        standard input ends or at Ctrl-C
  help                  print this

The tests take the PostgreSQL that AUTORISEN_TEST_POSTGRES_URL names, else one that they start
with installed server binaries or with Docker, else, as root on Debian or Ubuntu, one that they
install.

Exit codes: 0 when all is well, 2 when the command is not known, otherwise that of the step
that failed. `timing` fails when answers can be told apart.
";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Task {
    Test { long: bool },
    Boundaries { write: bool },
    Bench(bench::Options),
    Timing(timing::Options),
    Storm(rig::Options),
    Fuzz(fuzz::Options),
    Growth(growth::Options),
    Load(rig::Options),
    Faults(faults::Options),
    Models,
    Hosted,
    Interface { seconds: u32 },
    Web { pattern: String },
    Previous,
    TestPostgres,
    Help,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(task) = parse(&arguments) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn parse(arguments: &[&str]) -> Option<Task> {
    match arguments {
        ["test"] => Some(Task::Test { long: false }),
        ["test", "--long"] => Some(Task::Test { long: true }),
        ["boundaries"] => Some(Task::Boundaries { write: false }),
        ["boundaries", "--write"] => Some(Task::Boundaries { write: true }),
        ["models"] => Some(Task::Models),
        ["hosted"] => Some(Task::Hosted),
        ["interface"] => Some(Task::Interface { seconds: interface::SECONDS }),
        ["interface", seconds] => seconds.parse().ok().map(|seconds| Task::Interface { seconds }),
        ["web"] => Some(Task::Web { pattern: String::new() }),
        ["web", pattern] if !pattern.starts_with('-') => Some(Task::Web { pattern: (*pattern).to_owned() }),
        ["previous"] => Some(Task::Previous),
        ["test-postgres"] => Some(Task::TestPostgres),
        ["help" | "--help" | "-h"] | [_, "--help" | "-h"] => Some(Task::Help),
        ["fuzz", options @ ..] => fuzz::Options::parse(options).map(Task::Fuzz),
        ["bench", options @ ..] => bench::Options::parse(options).map(Task::Bench),
        ["storm", options @ ..] => rig::Options::parse(options).map(Task::Storm),
        ["timing", options @ ..] => timing::Options::parse(options).map(Task::Timing),
        ["faults", options @ ..] => faults::Options::parse(options).map(Task::Faults),
        ["growth", options @ ..] => growth::Options::parse(options).map(Task::Growth),
        ["load", options @ ..] => rig::Options::parse(options).map(Task::Load),
        _ => None,
    }
}

fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Test { long } => test::run(long),
        Task::Boundaries { write: true } => boundaries::write(),
        Task::Boundaries { write: false } => boundaries::check(),
        Task::Bench(options) => bench::run(&options),
        Task::Timing(options) => timing::run(&options),
        Task::Storm(options) => storm::run(&options),
        Task::Growth(options) => growth::run(&options),
        Task::Load(options) => streams::run(&options),
        Task::Faults(options) => faults::run_alone(options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Models => models::check().map(drop),
        Task::Hosted => hosted::check(),
        Task::Interface { seconds } => interface::check(seconds),
        Task::Web { pattern } => web::check(&pattern),
        Task::Previous => previous::run(),
        Task::TestPostgres => test_postgres::run(),
        Task::Help => {
            print!("{USAGE}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_usage_is_known() {
        for line in USAGE.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let command = line.split_whitespace().next().unwrap();
            assert!(parse(&[command]).is_some(), "{command}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for arguments in [
            &[][..],
            &["tests"],
            &["test", "--short"],
            &["boundaries", "--write", "now"],
            &["web", "app", "module"],
            &["web", "--fast"],
            &["bench", "--slow"],
            &["timing", "--cost", "1"],
            &["growth", "--accounts", "few"],
            &["storm", "--samples", "9"],
        ] {
            assert_eq!(parse(arguments), None, "{arguments:?}");
        }
    }
}
