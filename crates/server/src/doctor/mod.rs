//! `autorisen doctor`: everything that can be found wrong in one look, each with what to do.
//!
//! Each check stands alone and changes nothing. What another check needs and is not there makes it
//! skipped, never the last: a person who sets up a server sees all faults at once.

mod answers;
mod database;
mod disk;
mod finding;
mod keys;
mod network;
mod settings;

use std::io::{self, Write};

use crate::cli::ExitCode;
use crate::config::{self, Inputs};

use self::finding::Findings;

/// Looks at everything, and prints what was found: as text, or as JSON.
pub(crate) fn run(inputs: &Inputs, json: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let findings = examine(inputs);
    if json {
        findings.print_json(out)?;
    } else {
        findings.print(out)?;
    }
    Ok(if findings.is_sound() { ExitCode::Success } else { ExitCode::Refused })
}

fn examine(inputs: &Inputs) -> Findings {
    let loaded = config::load(inputs);
    let mut findings = Findings::default();
    settings::check(inputs, &loaded, &mut findings);
    // What cannot be read as settings at all leaves nothing to look at.
    let Some(settings) = loaded.readable_settings() else {
        findings.skip("everything else", "the settings above are to be put right first");
        return findings;
    };
    network::check(settings, loaded.is_dyno(), &mut findings);
    disk::check(settings, &mut findings);
    database::check(settings, &mut findings);
    answers::check(settings, &mut findings);
    findings
}
