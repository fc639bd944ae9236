//! Compares `autorisen-chatkit` with the models of the Python package `openai-chatkit`, which are the
//! only specification of the protocol. The package lives in a virtual environment under `target/`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;

/// What the check is made of, in the crate's folder.
const FOLDER: &str = "crates/chatkit/tests/models";
/// Where it can be used, it says so with the requirements that it was made for.
const STAMP: &str = "requirements.txt";

/// Compares every kind of value, and gives the Python that has the models.
pub(crate) fn check() -> Result<String, Failure> {
    let folder = cargo::workspace().join(FOLDER);
    let python = environment(&folder)?;
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

/// The interpreter of an environment that has what the requirements name.
fn environment(folder: &Path) -> Result<PathBuf, Failure> {
    let place = cargo::workspace().join("target/chatkit-models");
    let (python, stamp) = (place.join("bin/python"), place.join(STAMP));
    let requirements = folder.join("requirements.txt");
    let wanted = std::fs::read(&requirements).map_err(|error| failed(&requirements, &error))?;
    if std::fs::read(&stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(python);
    }
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(|error| failed(&place, &error))?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&place), "is python3 with its venv there?")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements);
    run(&mut pip, "the package comes from the Python package index")?;
    std::fs::write(&stamp, wanted).map_err(|error| failed(&stamp, &error))?;
    Ok(python)
}

fn run(command: &mut Command, hint: &str) -> Result<(), Failure> {
    let status = command.stdin(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Failure::new(format!("the models of openai-chatkit could not be installed: {hint}")))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
