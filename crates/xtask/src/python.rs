//! Python packages for checks, each set in a virtual environment of its own under `target/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;

/// Where an environment can be used, it says so with the requirements that it was made for.
const STAMP: &str = "requirements.txt";

/// The interpreter of the environment of this name, which has what `requirements.txt` in the folder names.
pub(crate) fn environment(name: &str, folder: &Path) -> Result<PathBuf, Failure> {
    let place = cargo::workspace().join("target").join(name);
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
    run(&mut pip, "they come from the Python package index")?;
    std::fs::write(&stamp, wanted).map_err(|error| failed(&stamp, &error))?;
    Ok(python)
}

fn run(command: &mut Command, hint: &str) -> Result<(), Failure> {
    let status = command.stdin(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Failure::new(format!("Python packages could not be installed: {hint}")))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
