//! The binary that is measured, and the database beside it.

use std::path::{Path, PathBuf};

use autorisen_pgtest::{Server, URL_VARIABLE, find_or_start};
use serde_json::Value;

use super::say;
use crate::cargo;
use crate::failure::Failure;

/// Becomes the optimized form of this program, and answers why it cannot. The load takes its part
/// of the same cores, and not optimized that would be the greater part.
pub(crate) fn start_over_optimized(command: &str, options: &[String]) -> Failure {
    let mut arguments = vec!["run", "--release", "--package", "autorisen-xtask", "--", command];
    arguments.extend(options.iter().map(String::as_str));
    cargo::become_cargo(&arguments)
}

/// The binary at this path, or else as it is delivered, which is built first.
pub(crate) fn binary(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let binary = match given {
        Some(path) => path.to_owned(),
        None => release("autorisen-server", "autorisen")?,
    };
    binary.canonicalize().map_err(|error| Failure::new(format!("{}: {error}", binary.display())))
}

/// Builds a program as it is delivered, and answers where it is.
pub(crate) fn release(package: &str, program: &str) -> Result<PathBuf, Failure> {
    say(&format!("building {program}, optimized"));
    cargo::run(&["build", "--release", "--package", package], &[])?;
    Ok(folder()?.join(program))
}

/// Where optimized programs are built.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    let metadata = cargo::output(&["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
    let target = metadata["target_directory"].as_str();
    let target = target.ok_or_else(|| Failure::new("cargo does not say where it builds"))?;
    Ok(Path::new(target).join("release"))
}

/// A PostgreSQL that is nobody else's; `None` when the environment names one.
pub(crate) fn own_postgres() -> Result<Option<Server>, Failure> {
    let server = find_or_start().map_err(|unavailable| Failure::new(unavailable.to_string()))?;
    if !server.is_ours() {
        say(&format!(
            "PostgreSQL is left out, and nothing is written down: {URL_VARIABLE} names one that may be \
             somebody's, and a load needs one of its own"
        ));
    }
    Ok(Some(server).filter(Server::is_ours))
}
