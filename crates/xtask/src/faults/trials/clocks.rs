//! Replicas whose machines tell the time an hour apart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::super::crowd::during;
use super::super::servers::Replicas;
use super::super::verdict::{Expected, judge};
use super::{Came, Given};
use crate::failure::Failure;

const HOUR: i64 = 3_600;
/// How far each replica's machine is ahead, in seconds.
const AHEAD: [i64; 3] = [-HOUR, 0, HOUR];

pub(super) fn apart(given: Given<'_>) -> Result<Came, Failure> {
    let shim = match Shim::build() {
        Ok(shim) => shim,
        Err(reason) => return Ok(Came::NotHere(reason)),
    };
    let library = shim.library.display().to_string();
    let replicas = Replicas::start([given.binary; 3], |place| {
        let ahead = AHEAD.get(place).copied().unwrap_or_default();
        vec![("LD_PRELOAD", library.clone()), ("AUTORISEN_FAULTS_AHEAD_SEC", ahead.to_string())]
    })?;
    let addresses = replicas.addresses();
    let ((), findings) = during(&addresses, |_| {
        thread::sleep(given.extent.quiet);
        Ok(())
    })?;
    let mut verdict = judge(&findings, &[], Expected::Unnoticed, given.extent.tolerance);
    for (keeper, ahead) in replicas.keepers.iter().zip(AHEAD) {
        let log = fs::read_to_string(keeper.log()).unwrap_or_default();
        if log.contains("clock.skew.found") != (ahead != 0) {
            verdict.fault(format!("the server whose machine is {ahead} s ahead did not find that out"));
        }
    }
    replicas.conclude(&mut verdict);
    let how = format!(
        "three replicas, an hour behind, right, and an hour ahead, for {} s",
        given.extent.quiet.as_secs()
    );
    Ok(Came::Tried { how, verdict })
}

/// A library that has a program see another time. It is gone when this is dropped.
struct Shim {
    folder: PathBuf,
    library: PathBuf,
}

impl Shim {
    fn build() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("autorisen-clock.{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let shim = Self { library: folder.join("ahead.so"), folder };
        let source = shim.folder.join("ahead.c");
        fs::write(&source, include_str!("ahead.c")).map_err(|error| error.to_string())?;
        if compile(&source, &shim.library) {
            Ok(shim)
        } else {
            Err("the clock of a program can only be set apart with a C compiler, on Linux".to_owned())
        }
    }
}

fn compile(source: &Path, library: &Path) -> bool {
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(library)
        .arg(source)
        .arg("-ldl")
        .output();
    compiled.is_ok_and(|output| output.status.success())
}

impl Drop for Shim {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
