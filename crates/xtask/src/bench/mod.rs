//! `cargo xtask bench`: how fast the release binary is, in relation to the least that it can do.

mod figures;
mod http;
mod keeper;
mod load;
mod process;
mod report;
mod statistics;
mod subject;
mod visitor;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf, absolute};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use autorisen_pgtest::{Server, URL_VARIABLE, find_or_start};
use serde_json::Value;

use self::report::Setting;
use self::subject::Subject;
use crate::cargo;
use crate::failure::Failure;

/// Where the results go, in the workspace.
const DOCUMENT: &str = "docs/benchmarks.md";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// Fewer and shorter rounds.
    quick: bool,
    /// The binary to measure, instead of building one.
    binary: Option<PathBuf>,
}

/// How much is measured.
struct Plan {
    rounds: usize,
    round: Duration,
    warm_up: Duration,
    starts: usize,
    /// After a start, until what it began is done.
    rest: Duration,
}

const FULL: Plan = Plan {
    rounds: 7,
    round: Duration::from_secs(2),
    warm_up: Duration::from_secs(1),
    starts: 7,
    rest: Duration::from_millis(500),
};
const QUICK: Plan = Plan {
    rounds: 2,
    round: Duration::from_millis(500),
    warm_up: Duration::from_millis(200),
    starts: 2,
    rest: Duration::from_millis(100),
};

impl Options {
    /// Reads `[--quick] [--binary PATH]`.
    pub(crate) fn parse(mut arguments: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        loop {
            arguments = match arguments {
                [] => return Some(options),
                ["--quick", rest @ ..] => {
                    options.quick = true;
                    rest
                }
                ["--binary", path, rest @ ..] => {
                    options.binary = Some(PathBuf::from(path));
                    rest
                }
                _ => return None,
            };
        }
    }

    /// The same for a process in another folder.
    fn arguments(&self) -> Result<Vec<String>, Failure> {
        let quick = self.quick.then(|| "--quick".to_owned());
        let mut arguments = Vec::from_iter(quick);
        if let Some(path) = &self.binary {
            let absolute = absolute(path).ok().and_then(|path| path.into_os_string().into_string().ok());
            let path = absolute.ok_or_else(|| Failure::new(format!("no such path: {}", path.display())))?;
            arguments.extend(["--binary".to_owned(), path]);
        }
        Ok(arguments)
    }
}

/// Measures, prints, and, when all was measured on a binary that was built here, writes it down.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err(start_over_optimized(options)?);
    }
    let plan = if options.quick { &QUICK } else { &FULL };
    let binary = match &options.binary {
        Some(path) => path.clone(),
        None => build()?,
    };
    let at = |error| Failure::new(format!("{}: {error}", binary.display()));
    let binary = binary.canonicalize().map_err(at)?;
    let binary_bytes = binary.metadata().map_err(at)?.len();

    // It goes when this does, after the servers that use it.
    let postgres = own_postgres()?;
    let mut subjects = vec![Subject::open("SQLite", &binary, "sqlite://bench.db")?];
    if let Some(postgres) = &postgres {
        subjects.push(Subject::open("PostgreSQL", &binary, postgres.url())?);
    }
    let servers = subject::measure(subjects, plan)?;

    let setting = Setting {
        date: today(),
        cores: thread::available_parallelism().map_or(1, usize::from),
        processor: process::processor(),
        rounds: plan.rounds,
        round_ms: plan.round.as_millis(),
        starts: plan.starts,
        binary_bytes,
    };
    say(&format!("\n{}", report::tables(&setting, &servers)));
    if *options == Options::default() && postgres.is_some() {
        let document = report::document(&setting, &servers);
        fs::write(cargo::workspace().join(DOCUMENT), document)
            .map_err(|error| Failure::new(format!("{DOCUMENT}: {error}")))?;
        say(&format!("Written to {DOCUMENT}."));
    }
    Ok(())
}

/// Becomes the optimized form of this program, and answers why it cannot. The load takes its part
/// of the same cores, and not optimized that would be the greater part.
fn start_over_optimized(options: &Options) -> Result<Failure, Failure> {
    let options = options.arguments()?;
    let mut arguments = vec!["run", "--release", "--package", "autorisen-xtask", "--", "bench"];
    arguments.extend(options.iter().map(String::as_str));
    Ok(cargo::become_cargo(&arguments))
}

/// Builds the binary as it is delivered, and answers where it is.
fn build() -> Result<PathBuf, Failure> {
    say("building the release binary");
    cargo::run(&["build", "--release", "--package", "autorisen-server"], &[])?;
    let metadata = cargo::output(&["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
    let target = metadata["target_directory"].as_str();
    let target = target.ok_or_else(|| Failure::new("cargo does not say where it builds"))?;
    Ok(Path::new(target).join("release/autorisen"))
}

/// A PostgreSQL that is nobody else's; `None` when the environment names one.
fn own_postgres() -> Result<Option<Server>, Failure> {
    let server = find_or_start().map_err(|unavailable| Failure::new(unavailable.to_string()))?;
    if !server.is_ours() {
        say(&format!(
            "PostgreSQL is left out, and nothing is written down: {URL_VARIABLE} names one that may be \
             somebody's, and a load needs one of its own"
        ));
    }
    Ok(Some(server).filter(Server::is_ours))
}

#[expect(clippy::disallowed_methods, reason = "a developer's crate, which has no Clock")]
fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    report::date(since.as_secs())
}

/// Tells how it goes. A reader who has seen enough does not end it.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order() {
        let quick = Options { quick: true, binary: None };
        let both = Options { quick: true, binary: Some(PathBuf::from("x")) };
        for (arguments, options) in [
            (&[][..], Options::default()),
            (&["--quick"], quick),
            (&["--quick", "--binary", "x"], both.clone()),
            (&["--binary", "x", "--quick"], both),
        ] {
            assert_eq!(Options::parse(arguments), Some(options), "{arguments:?}");
        }
    }

    #[test]
    fn options_are_passed_on_with_a_path_that_holds_anywhere() {
        let given = Options { quick: true, binary: Some(PathBuf::from("x")) };
        let arguments = given.arguments().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let read = Options::parse(&arguments).unwrap();
        assert_eq!(read, Options { quick: true, binary: Some(std::env::current_dir().unwrap().join("x")) });
        assert_eq!(Options::default().arguments().unwrap(), [""; 0]);
    }

    #[test]
    fn options_that_are_not_known_are_refused() {
        for arguments in [&["--slow"][..], &["--binary"], &["x"], &["--quick", "now"]] {
            assert_eq!(Options::parse(arguments), None, "{arguments:?}");
        }
    }
}
