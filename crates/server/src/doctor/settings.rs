//! What is wrong with the settings, and what of them production would refuse.

use std::ffi::OsString;

use super::finding::Findings;
use crate::config::{self, AppEnv, Inputs, Loaded};

/// Looks at the settings themselves.
pub(super) fn check(inputs: &Inputs, loaded: &Loaded, findings: &mut Findings) {
    for fault in loaded.faults.iter() {
        findings.fault("settings", format!("{} {}", fault.name, fault.problem), &fault.remedy);
    }
    if loaded.faults.is_empty() {
        findings.sound("settings", format!("in order, for {}", loaded.environment().as_str()));
    }
    if loaded.environment() != AppEnv::Production {
        foresee(inputs, loaded, findings);
    }
}

/// Says what else production would refuse, so that nobody learns it on the day.
fn foresee(inputs: &Inputs, loaded: &Loaded, findings: &mut Findings) {
    let mut environment = inputs.environment.clone();
    environment.remove(&OsString::from("AUTORISEN__APP__ENV"));
    environment.insert("APP_ENV".into(), "production".into());
    let there = config::load(&Inputs {
        environment,
        folder: inputs.folder.clone(),
        file: inputs.file.clone(),
        ..*inputs
    });
    let known = |fault: &config::Fault| loaded.faults.iter().any(|known| known == fault);
    for fault in there.faults.iter().filter(|fault| !known(fault)) {
        let says = format!("production would refuse: {} {}", fault.name, fault.problem);
        findings.warn("production", says, &fault.remedy);
    }
}
