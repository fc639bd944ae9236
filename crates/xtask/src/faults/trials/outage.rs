//! A PostgreSQL that is not there: stopped, crashed, or silent.

use std::thread;
use std::time::Instant;

use super::super::crowd::during;
use super::super::servers::Replicas;
use super::super::verdict::{Cause, Expected, judge};
use super::{Came, Given};
use crate::failure::Failure;
use crate::rig::say;

pub(super) fn stopped(given: Given<'_>) -> Result<Came, Failure> {
    let mut replicas = Replicas::alike(given.binary)?;
    let addresses = replicas.addresses();
    let extent = given.extent;
    let postgres = &mut replicas.postgres;
    let (causes, findings) = during(&addresses, |_| {
        let unavailable = |error: autorisen_pgtest::Unavailable| Failure::new(error.to_string());
        let mut causes = Vec::new();
        thread::sleep(extent.quiet / 4);
        for round in 0..extent.stops {
            let begun = Instant::now();
            if round % 2 == 0 { postgres.stop() } else { postgres.crash() }.map_err(unavailable)?;
            thread::sleep(extent.stopped_for);
            postgres.start_again().map_err(unavailable)?;
            causes.push(Cause { begun, ended: Instant::now() });
            thread::sleep(extent.quiet);
        }
        Ok(causes)
    })?;
    let mut verdict = judge(&findings, &causes, Expected::Down, given.extent.tolerance);
    replicas.conclude(&mut verdict);
    let seconds = extent.stopped_for.as_secs();
    let how = format!("{} times for {seconds} s, by turns in order and by a crash", extent.stops);
    Ok(Came::Tried { how, verdict })
}

pub(super) fn silent(given: Given<'_>) -> Result<Came, Failure> {
    let replicas = Replicas::alike(given.binary)?;
    let addresses = replicas.addresses();
    let extent = given.extent;
    let (causes, findings) = during(&addresses, |_| {
        thread::sleep(extent.quiet / 4);
        let begun = Instant::now();
        replicas.proxies.iter().for_each(autorisen_pgtest::Proxy::fall_silent);
        say(&format!("  silent for {} s", extent.silent_for.as_secs()));
        thread::sleep(extent.silent_for);
        replicas.proxies.iter().for_each(autorisen_pgtest::Proxy::speak);
        let ended = Instant::now();
        thread::sleep(extent.quiet);
        Ok(vec![Cause { begun, ended }])
    })?;
    let mut verdict = judge(&findings, &causes, Expected::Down, given.extent.tolerance);
    replicas.conclude(&mut verdict);
    let how = format!(
        "for {} s, on new connections too; those there were never speak again",
        extent.silent_for.as_secs()
    );
    Ok(Came::Tried { how, verdict })
}
