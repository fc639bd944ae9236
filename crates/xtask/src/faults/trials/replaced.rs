//! Replicas of two versions side by side, while one after the other is replaced.

use std::thread;
use std::time::Instant;

use super::super::crowd::during;
use super::super::servers::{Replicas, SETTINGS};
use super::super::verdict::{Cause, Expected, judge};
use super::{Came, Given};
use crate::failure::Failure;

/// On a busy machine a request may take longer than the second that measurements leave to a server.
const FINISHES_WITHIN: (&str, &str) = ("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "4");

pub(super) fn by_turns(given: Given<'_>) -> Result<Came, Failure> {
    let old = given.previous.unwrap_or(given.binary);
    // The new one brings the tables up to date, and the old ones go on.
    let mut replicas = Replicas::start([given.binary, old, old], |_| {
        vec![(FINISHES_WITHIN.0, FINISHES_WITHIN.1.to_owned())]
    })?;
    let addresses = replicas.addresses();
    let extent = given.extent;
    let keepers = &mut replicas.keepers;
    let (causes, findings) = during(&addresses, |crowd| {
        let mut causes = Vec::new();
        for _ in 0..extent.replacements {
            for keeper in &mut *keepers {
                thread::sleep(extent.quiet / 8);
                let begun = Instant::now();
                keeper.stop()?;
                keeper.start(&[SETTINGS, &[FINISHES_WITHIN]].concat())?;
                causes.push(Cause { begun, ended: Instant::now() });
                crowd.inspect();
            }
        }
        Ok(causes)
    })?;
    let mut verdict = judge(&findings, &causes, Expected::Replaced, given.extent.tolerance);
    replicas.conclude(&mut verdict);
    verdict.connections = None;
    let versions = match given.previous {
        Some(_) => "one of this version, two of the one before",
        None => "all of this version: there is no release before it yet",
    };
    let how = format!("each of three stopped and started again {} times; {versions}", extent.replacements);
    Ok(Came::Tried { how, verdict })
}
