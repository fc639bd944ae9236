//! `cargo xtask fuzz`: every parser of untrusted bytes under libFuzzer, for a while each. What is found
//! lies under `target/fuzz/found`, and what led to new places is begun with the next time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::cargo;
use crate::failure::Failure;

/// What makes the compiler tell the engine where a run came to; stable Rust has all of it.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// How long each target runs among the checks.
const SECONDS_IN_THE_CHECKS: u32 = 3;
const SECONDS: u32 = 60;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    seconds: u32,
    /// All targets when it is none.
    target: Option<String>,
}

impl Options {
    /// Reads arguments; `None` when they are not understood.
    pub(crate) fn parse(arguments: &[&str]) -> Option<Self> {
        let (seconds, rest) = match arguments {
            ["--seconds", seconds, rest @ ..] => (seconds.parse().ok().filter(|&seconds| seconds > 0)?, rest),
            rest => (SECONDS, rest),
        };
        match rest {
            [] => Some(Self { seconds, target: None }),
            [target] if !target.starts_with('-') => {
                Some(Self { seconds, target: Some((*target).to_owned()) })
            }
            _ => None,
        }
    }

    /// All targets for a moment, among the checks.
    pub(crate) const fn short() -> Self {
        Self { seconds: SECONDS_IN_THE_CHECKS, target: None }
    }
}

/// A build of the targets that takes what other work leaves of the processors. It is ended when it is dropped.
pub(crate) struct AheadOfTime(Child);

impl AheadOfTime {
    /// Begins it. Whether it succeeds is told by [`run`], which builds what is missing then.
    pub(crate) fn begin() -> Result<Self, Failure> {
        let build = cargo::patient_command(&build_for(&host()?))
            .env("RUSTFLAGS", COVERAGE)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        build.map(Self).map_err(|error| Failure::new(format!("nice did not start: {error}")))
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for AheadOfTime {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What cargo is told, on a host of this name.
fn build_for(host: &str) -> [&str; 12] {
    // Named, so that the flags are not for build scripts and macros, and in a folder of its own, so
    // that other builds are not made anew.
    [
        "build",
        "--quiet",
        "--package",
        "autorisen-fuzz",
        "--features",
        "libfuzzer",
        "--profile",
        "fuzz",
        "--target",
        host,
        "--target-dir",
        "target/fuzz",
    ]
}

/// Builds the targets and runs them.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let host = host()?;
    let folder = cargo::workspace().join("target/fuzz");
    cargo::run(&build_for(&host), &[("RUSTFLAGS", COVERAGE)])?;
    let program = folder.join(&host).join("fuzz/autorisen-fuzz");
    let names = targets()?;
    let chosen: Vec<&String> =
        names.iter().filter(|name| options.target.as_ref().is_none_or(|target| target == *name)).collect();
    if chosen.is_empty() {
        return Err(Failure::new(format!("there is no such target; these are: {}", names.join(", "))));
    }
    chosen.into_iter().try_for_each(|name| run_one(&program, &folder, name, options.seconds))
}

/// Runs one target, and says how far it came.
fn run_one(program: &Path, folder: &Path, name: &str, seconds: u32) -> Result<(), Failure> {
    let (corpus, found) = (folder.join("corpus").join(name), folder.join("found"));
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    let output = Command::new(program)
        .env("AUTORISEN_FUZZ_TARGET", name)
        .args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/{name}-", found.display())])
        .args(["-max_len=6000", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"])
        .arg(&corpus)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(program, &error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprint!("{said}");
        return Err(Failure::of_program(output.status));
    }
    let (inputs, places) = (figure(&said, "stat::number_of_executed_units:"), figure(&said, "cov:"));
    eprintln!("{name}: {inputs} inputs, {places} places covered");
    Ok(())
}

/// The last number behind a label of the engine's report.
fn figure<'a>(said: &'a str, label: &str) -> &'a str {
    said.rsplit_once(label).and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("?")
}

/// The targets as their crate lists them.
fn targets() -> Result<Vec<String>, Failure> {
    let path = cargo::workspace().join("crates/fuzz/src/lib.rs");
    let source = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    Ok(names_in(&source))
}

fn names_in(source: &str) -> Vec<String> {
    let names = source.lines().filter_map(|line| line.trim().strip_prefix("Target { name: \""));
    names.filter_map(|line| line.split('"').next()).map(str::to_owned).collect()
}

/// What this machine is called by the compiler.
fn host() -> Result<String, Failure> {
    let output =
        Command::new("rustc").arg("-vV").output().map_err(|error| failed(&PathBuf::from("rustc"), &error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("rustc does not say what this machine is"))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_a_time_and_a_target() {
        let parsed = |arguments: &[&str]| Options::parse(arguments).map(|o| (o.seconds, o.target));
        assert_eq!(parsed(&[]), Some((60, None)));
        assert_eq!(parsed(&["cookie"]), Some((60, Some("cookie".to_owned()))));
        assert_eq!(parsed(&["--seconds", "5", "form"]), Some((5, Some("form".to_owned()))));
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--seconds", "0"], &["--fast"], &["a", "b"]]
        {
            assert_eq!(parsed(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_targets_are_found_where_they_are_listed() {
        let names = targets().unwrap();
        for name in ["access_token", "chat_token", "cookie", "form", "forwarded", "email"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
    }

    #[test]
    fn the_last_figure_of_a_report_counts() {
        let said = "#1 cov: 7 ft: 8\n#2 cov: 12 ft: 9\nstat::number_of_executed_units: 400\n";
        assert_eq!((figure(said, "cov:"), figure(said, "stat::number_of_executed_units:")), ("12", "400"));
        assert_eq!(figure("", "cov:"), "?");
    }
}
