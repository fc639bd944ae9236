//! Tries releases: images of the program that was built, on a registry and a platform of their own. The
//! tests are in Python, like the script that they test, and install what they need.

use std::process::Command;

use autorisen_pgtest::URL_VARIABLE;

use crate::cargo;
use crate::failure::Failure;

/// Runs the tests of `deploy/`.
pub(crate) fn check(long: bool, postgres: Option<&str>) -> Result<(), Failure> {
    let folder = cargo::workspace();
    let mut tests = Command::new("python3");
    tests.arg(folder.join("deploy/test/run")).arg("--binary").arg(folder.join("target/debug/autorisen"));
    if long {
        tests.arg("--long");
    }
    if let Some(url) = postgres {
        tests.env(URL_VARIABLE, url);
    }
    let status = tests.status().map_err(|error| Failure::new(format!("Python did not start: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::of_program(status)) }
}
