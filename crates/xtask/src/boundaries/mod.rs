//! `cargo xtask boundaries`: which crate depends on what, as agreed.
//!
//! The direct dependencies of every crate are compared with a list that is checked in, and with
//! the rules on who may know whom.

mod list;
mod metadata;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::cargo;
use crate::failure::Failure;

/// The crates of the workspace, and what each depends on directly.
type Workspace = BTreeMap<String, BTreeSet<Dependency>>;

/// A direct dependency of a crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    kind: Kind,
    name: String,
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Normal,
    Build,
    Dev,
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Normal => f.write_str(&self.name),
            Kind::Build => write!(f, "build {}", self.name),
            Kind::Dev => write!(f, "dev {}", self.name),
        }
    }
}

/// The list, from the folder of the workspace.
const LIST: &str = "crates/dependencies.txt";

/// Compares the workspace with the list and the rules, and says what differs.
pub(crate) fn check() -> Result<(), Failure> {
    let found = metadata::read()?;
    let text = fs::read_to_string(list_path())
        .map_err(|error| Failure::new(format!("{LIST} cannot be read: {error}")))?;
    let agreed = list::parse(&text).map_err(|error| Failure::new(format!("{LIST}, {error}")))?;

    let mut faults = list::differences(&agreed, &found);
    if !faults.is_empty() {
        faults.push(format!(
            "{LIST} does not say so; when it is a decision, `cargo xtask boundaries --write` writes it down"
        ));
    }
    faults.extend(rules::violations(&found));
    if faults.is_empty() {
        eprintln!("{} crates depend on what {LIST} says", found.len());
        return Ok(());
    }
    Err(Failure::new(faults.join("\nxtask: ")))
}

/// Rewrites the list from the workspace. What breaks a rule is still a failure.
pub(crate) fn write() -> Result<(), Failure> {
    let found = metadata::read()?;
    fs::write(list_path(), list::render(&found))
        .map_err(|error| Failure::new(format!("{LIST} cannot be written: {error}")))?;
    check()
}

fn list_path() -> PathBuf {
    cargo::workspace().join(LIST)
}

/// A made-up workspace for the unit tests: lines of `crate: dependency, dev dependency, …`.
#[cfg(test)]
fn workspace_of(lines: &[&str]) -> Workspace {
    let dependency = |text: &str| match text.split_once(' ') {
        None => Dependency { kind: Kind::Normal, name: text.to_owned() },
        Some(("build", name)) => Dependency { kind: Kind::Build, name: name.to_owned() },
        Some(("dev", name)) => Dependency { kind: Kind::Dev, name: name.to_owned() },
        Some(_) => panic!("no kind: {text}"),
    };
    lines
        .iter()
        .map(|line| {
            let (name, dependencies) = line.split_once(':').unwrap();
            let dependencies = dependencies.split(',').map(str::trim).filter(|text| !text.is_empty());
            (name.to_owned(), dependencies.map(dependency).collect())
        })
        .collect()
}
