//! Checks the front end: its types, the client module, and the page in a real Chromium against the
//! built binary. What that takes is installed under `target/`, never beside the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;

/// The sources, in the workspace.
const SOURCES: &str = "crates/http/web";
/// Where the packages are installed; `tests/support/packages.js` knows it as well.
const PACKAGES: &str = "target/web";
/// What npm is told of the packages.
const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];
/// The browser, unless its variable names another.
const CHROMIUM: &str = "chromium";
const CHROMIUM_VARIABLE: &str = "AUTORISEN_CHROMIUM";

/// Runs all of it, or the tests whose path contains the pattern.
pub(crate) fn check(pattern: &str) -> Result<(), Failure> {
    let sources = cargo::workspace().join(SOURCES);
    install(&sources)?;
    let compiler = cargo::workspace().join(PACKAGES).join("node_modules/.bin/tsc");
    run(Command::new(compiler).arg("--project").arg(&sources))?;

    let mut tests = find_tests(&sources.join("tests")).map_err(|error| failed(&sources, &error))?;
    tests.retain(|path| {
        path.strip_prefix(&sources).is_ok_and(|path| path.to_string_lossy().contains(pattern))
    });
    if tests.is_empty() {
        return Err(Failure::new(format!("no test of the front end has {pattern:?} in its path")));
    }
    tests.sort();
    cargo::run(&["build", "--package", "autorisen-server"], &[])?;
    run(Command::new("node").args(["--test", "--test-reporter=spec"]).args(tests))
}

/// Installs what is not there.
fn install(sources: &Path) -> Result<(), Failure> {
    if !runs("node") || !runs("npm") {
        install_for_system(&["nodejs", "npm"])?;
    }
    if !is_named(CHROMIUM_VARIABLE) && !runs(CHROMIUM) {
        install_for_system(&[CHROMIUM])?;
    }
    install_packages(sources)
}

/// Installs the packages, unless those of the lock file are there.
fn install_packages(sources: &Path) -> Result<(), Failure> {
    let place = cargo::workspace().join(PACKAGES);
    let stamp = place.join("installed");
    let read = |name: &str| {
        let path = sources.join(name);
        fs::read(&path).map_err(|error| failed(&path, &error))
    };
    let wanted = MANIFESTS.map(read).into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    if fs::read(&stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(());
    }
    fs::create_dir_all(&place).map_err(|error| failed(&place, &error))?;
    for name in MANIFESTS {
        fs::copy(sources.join(name), place.join(name)).map_err(|error| failed(&place, &error))?;
    }
    // Nothing that a package brings along is run while it is installed.
    run(Command::new("npm")
        .args(["clean-install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&place))?;
    fs::write(&stamp, wanted).map_err(|error| failed(&stamp, &error))
}

fn install_for_system(packages: &[&str]) -> Result<(), Failure> {
    eprintln!("installing {} with apt-get", packages.join(", "));
    let installed = ["update", "install"].into_iter().all(|step| {
        let mut apt = Command::new("apt-get");
        apt.arg(step).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        if step == "install" {
            apt.args(["--yes", "--no-install-recommends"]).args(packages);
        }
        apt.status().is_ok_and(|status| status.success())
    });
    if installed {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the front end is checked with {}: install them, or name a browser in {CHROMIUM_VARIABLE}",
        packages.join(" and ")
    )))
}

#[expect(clippy::disallowed_methods, reason = "where the browser is, is a matter of the machine")]
fn is_named(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
}

fn runs(program: &str) -> bool {
    let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status();
    let status = status.map_err(|error| Failure::new(format!("{program} did not start: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::of_program(status)) }
}

/// The test programs below a folder, by the ends of their names.
fn find_tests(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(find_tests(&path)?);
        } else if path.to_string_lossy().ends_with(".test.js") {
            found.push(path);
        }
    }
    Ok(found)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_versions_and_no_places() {
        let lock = fs::read_to_string(cargo::workspace().join(SOURCES).join("package-lock.json")).unwrap();
        assert!(lock.contains("\"integrity\""));
        assert!(!lock.contains("\"resolved\""), "see `npm install --omit-lockfile-registry-resolved`");
    }

    #[test]
    fn packages_are_installed_where_the_tests_look_for_them() {
        let support = cargo::workspace().join(SOURCES).join("tests/support/packages.js");
        assert!(fs::read_to_string(support).unwrap().contains(&format!("../../../../../{PACKAGES}/")));
    }

    #[test]
    fn tests_are_found_in_every_folder() {
        let found = find_tests(&cargo::workspace().join(SOURCES).join("tests")).unwrap();
        for name in ["module/session.test.js", "app/walk.test.js"] {
            assert!(found.iter().any(|path| path.ends_with(name)), "{name} is not in {found:?}");
        }
        assert!(!found.iter().any(|path| path.ends_with("support/packages.js")));
    }
}
