//! Installs the server binaries with `apt-get`, where that is allowed.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::discovery::{self, Startable};
use crate::environment::Environment;
use crate::unavailable::Unavailable;

/// Installs PostgreSQL and says so; afterwards something can be started.
pub(crate) fn install(environment: &Environment, apt_get: &Path) -> Result<Startable, Unavailable> {
    let failed = |error: io::Error| Unavailable::NotInstalled { reason: error.to_string() };

    // Test processes run side by side, and two installations at once fail. The program itself
    // is what they lock, so that no lock file is left behind.
    let lock = File::open(apt_get).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if let Some(startable) = discovery::startable(environment) {
        return Ok(startable);
    }

    // A machine is not changed without a word.
    eprintln!("No PostgreSQL is here for the tests: installing it with apt-get.");
    packages(apt_get, "postgresql")?;
    discovery::startable(environment).ok_or_else(|| Unavailable::NotInstalled {
        reason: "the package postgresql brought no server binaries".to_owned(),
    })
}

/// Installs a package. Whoever calls holds the lock.
pub(crate) fn packages(apt_get: &Path, package: &str) -> Result<(), Unavailable> {
    for arguments in [["update"].as_slice(), &["install", "-y", "--no-install-recommends", package]] {
        let status = run(apt_get, arguments)
            .map_err(|error| Unavailable::NotInstalled { reason: error.to_string() })?;
        if !status.success() {
            return Err(Unavailable::NotInstalled {
                reason: format!("`apt-get {}` ended with {status}", arguments[0]),
            });
        }
    }
    Ok(())
}

fn run(apt_get: &Path, arguments: &[&str]) -> io::Result<ExitStatus> {
    Command::new(apt_get)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        // Standard output may belong to a program that reads it.
        .stdout(Stdio::from(io::stderr()))
        .status()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fake_machine::FakeMachine;

    #[test]
    fn the_package_is_installed_without_questions_and_then_found() {
        let machine = FakeMachine::seen_by_root();
        let calls = machine.path("calls");
        let folder = machine.path("usr/lib/postgresql/15/bin");
        let apt_get = machine.program(
            "bin/apt-get",
            &format!(
                r#"echo "$DEBIAN_FRONTEND $*" >>'{calls}'
                [ "$1" = install ] || exit 0
                mkdir -p '{folder}'
                for name in initdb postgres; do
                    echo >'{folder}'/$name
                    chmod 755 '{folder}'/$name
                done"#,
                calls = calls.display(),
                folder = folder.display()
            ),
        );

        let found = install(&machine.environment, &apt_get);

        assert_eq!(found, Ok(Startable::Binaries(folder)));
        assert_eq!(
            fs::read_to_string(calls).unwrap(),
            "noninteractive update\n\
             noninteractive install -y --no-install-recommends postgresql\n"
        );
    }

    #[test]
    fn what_another_process_has_installed_meanwhile_is_used() {
        let machine = FakeMachine::seen_by_root();
        let folder = machine.binaries("usr/lib/postgresql/15/bin");
        let apt_get = machine.program("bin/apt-get", "exit 1");
        let found = install(&machine.environment, &apt_get);
        assert_eq!(found, Ok(Startable::Binaries(folder)));
    }

    #[test]
    fn a_failure_names_the_step_that_failed() {
        let machine = FakeMachine::seen_by_root();
        for step in ["update", "install"] {
            let script = format!(r#"[ "$1" != {step} ]"#);
            let apt_get = machine.program("bin/apt-get", &script);
            match install(&machine.environment, &apt_get) {
                Err(Unavailable::NotInstalled { reason }) => {
                    assert!(reason.contains(&format!("apt-get {step}")), "{reason}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_installation_that_brings_nothing_is_a_failure() {
        let machine = FakeMachine::seen_by_root();
        let apt_get = machine.program("bin/apt-get", "");
        let found = install(&machine.environment, &apt_get);
        assert!(matches!(found, Err(Unavailable::NotInstalled { .. })), "{found:?}");
    }
}
