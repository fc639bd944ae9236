//! Has the Python tool `schemathesis` hold a running server to the document of its interface.

use std::process::Command;

use crate::cargo;
use crate::failure::Failure;
use crate::python;

/// What the check is made of, in the crate's folder.
const FOLDER: &str = "crates/http/tests/schemathesis";

/// How long it is asked by chance as nobody, and as long as somebody, unless something else is said.
pub(crate) const SECONDS: u32 = 20;

/// Asks the server as nobody and as somebody who is signed in: each route, and then by chance for so many
/// seconds each.
pub(crate) fn check(seconds: u32) -> Result<(), Failure> {
    let folder = cargo::workspace().join(FOLDER);
    let python = python::environment("schemathesis", &folder)?;
    cargo::run(&["build", "--package", "autorisen-server"], &[])?;
    let status = Command::new(python)
        .arg(folder.join("check.py"))
        .arg(cargo::workspace().join("target/debug/autorisen"))
        .arg(seconds.to_string())
        .status()
        .map_err(|error| Failure::new(format!("Python did not start: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::of_program(status)) }
}
