//! Has the vendor's own Python client, `openai`, speak to the stand-in for hosted sessions.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::cargo;
use crate::failure::Failure;
use crate::python;

/// What the check is made of, in the crate's folder.
const FOLDER: &str = "crates/hosted-stub/tests/sdk";
const SERVE: [&str; 6] = ["run", "--quiet", "--package", "autorisen-hosted-stub", "--example", "serve"];

/// Opens and cancels sessions, and has the stand-in refuse and fail.
pub(crate) fn check() -> Result<(), Failure> {
    let folder = cargo::workspace().join(FOLDER);
    let python = python::environment("hosted-sdk", &folder)?;
    let mut stub = cargo::command(&SERVE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::new(format!("the stand-in did not start: {error}")))?;
    let checked = place(&mut stub).and_then(|place| {
        Command::new(python)
            .arg(folder.join("check.py"))
            .args(place.split_whitespace())
            // It speaks to this machine alone.
            .env("NO_PROXY", "127.0.0.1")
            .status()
            .map_err(|error| Failure::new(format!("Python did not start: {error}")))
    });
    // It ends with its input.
    drop(stub.stdin.take());
    stub.wait().map_err(|error| Failure::new(format!("the stand-in broke off: {error}")))?;
    match checked? {
        status if status.success() => Ok(()),
        status => Err(Failure::of_program(status)),
    }
}

/// Where it serves, its key and a workflow: its first line.
fn place(stub: &mut Child) -> Result<String, Failure> {
    let mut line = String::new();
    let read = stub.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
    match read {
        Some(Ok(length)) if length > 0 => Ok(line),
        _ => Err(Failure::new("the stand-in does not say where it serves")),
    }
}
