//! Runs cargo on this workspace.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Runs cargo, with more environment variables, and lets it speak for itself.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Failure> {
    run_in(&workspace(), arguments, variables)
}

/// Runs cargo as [`run`] does, in this folder.
pub(crate) fn run_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Failure> {
    let status = command(arguments)
        .current_dir(folder)
        .envs(variables.iter().copied())
        .status()
        .map_err(|error| Failure::new(format!("cargo did not start: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::of_program(status)) }
}

/// Runs cargo in place of this process; returns only when that cannot be done.
pub(crate) fn become_cargo(arguments: &[&str]) -> Failure {
    let error = command(arguments).exec();
    Failure::new(format!("cargo did not start: {error}"))
}

/// Runs cargo, and answers what it printed.
pub(crate) fn output(arguments: &[&str]) -> Result<String, Failure> {
    let output = command(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cargo did not start: {error}")))?;
    if !output.status.success() {
        return Err(Failure::of_program(output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::new("cargo printed something that is no text"))
}

/// Whether cargo has this subcommand, such as `nextest`.
pub(crate) fn has(subcommand: &str) -> bool {
    command(&[subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Cargo with these arguments, to be run.
pub(crate) fn command(arguments: &[&str]) -> Command {
    prepared(Command::new("cargo"), arguments)
}

/// The same, to take what other work leaves of the processors.
pub(crate) fn patient_command(arguments: &[&str]) -> Command {
    let mut nice = Command::new("nice");
    nice.args(["-n", "19", "cargo"]);
    prepared(nice, arguments)
}

fn prepared(mut cargo: Command, arguments: &[&str]) -> Command {
    cargo.args(arguments).current_dir(workspace());
    // `cargo run` tells us about our own package. Passed on, that would look like a change to
    // build scripts that ask for it, and what they build would be built again.
    #[expect(
        clippy::disallowed_methods,
        reason = "what cargo set for xtask is not for the cargo that xtask runs"
    )]
    let variables = std::env::vars_os();
    for (name, _) in variables {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*name);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_told_us_of_our_own_package_is_not_passed_on() {
        let cargo = command(&["--version"]);
        let withheld = |name: &str| cargo.get_envs().any(|(key, value)| key == name && value.is_none());
        assert!(withheld("CARGO_PKG_NAME"));
        assert!(withheld("CARGO_MANIFEST_DIR"));
        assert!(!withheld("PATH"));
    }

    #[test]
    fn the_workspace_is_the_folder_with_the_lock_file() {
        assert!(workspace().join("Cargo.lock").is_file());
    }
}
