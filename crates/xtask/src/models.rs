//! Compares `autorisen-chatkit` with the models of the Python package `openai-chatkit`, which are the
//! only specification of the protocol.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;
use crate::python;

/// What the check is made of, in the crate's folder.
const FOLDER: &str = "crates/chatkit/tests/models";

/// Compares every kind of value, and gives the Python that has the models.
pub(crate) fn check() -> Result<String, Failure> {
    let folder = cargo::workspace().join(FOLDER);
    let python = python::environment("chatkit-models", &folder)?;
    let corpus = cargo::output(&["run", "--quiet", "--package", "autorisen-chatkit", "--example", "corpus"])?;
    let mut check = Command::new(&python)
        .arg(folder.join("check.py"))
        .arg("corpus")
        .arg(folder.join("requests.jsonl"))
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::new(format!("Python did not start: {error}")))?;
    let written = check.stdin.take().map(|mut input| input.write_all(corpus.as_bytes()));
    let status = check.wait().map_err(|error| Failure::new(format!("Python broke off: {error}")))?;
    match written {
        _ if !status.success() => Err(Failure::of_program(status)),
        Some(Ok(())) => python
            .into_os_string()
            .into_string()
            .map_err(|_| Failure::new("the path of the workspace is no UTF-8")),
        _ => Err(Failure::new("the values could not be passed to Python")),
    }
}
