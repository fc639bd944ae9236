//! Tests of reading settings, without a process: what is read from is made up.

mod layers;
mod printing;
mod registry;
mod rules;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Inputs, Loaded, Settings, load};

/// Long and varied enough for production; it is no secret of anything.
const SECRET: &str = "made-up for tests: 0123456789 abcdef";

type Variables<'a> = &'a [(&'a str, &'a str)];

/// What a process in `folder` would see.
fn inputs(folder: &Path, variables: Variables<'_>) -> Inputs {
    Inputs {
        environment: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        folder: folder.to_owned(),
        file: None,
        cores: 3,
        terminal: false,
    }
}

fn loaded(variables: Variables<'_>) -> Loaded {
    load(&inputs(TempDir::new().unwrap().path(), variables))
}

fn settings(variables: Variables<'_>) -> Settings {
    loaded(variables).settings().unwrap()
}

/// Every fault as it is told, in its order.
fn faults(loaded: &Loaded) -> Vec<String> {
    loaded.faults.iter().map(ToString::to_string).collect()
}

/// The names that are at fault.
fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.faults.iter().map(|fault| fault.name.as_str()).collect()
}

/// A folder with this `autorisen.toml`.
fn folder_with(toml: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("autorisen.toml"), toml).unwrap();
    folder
}
