//! Servers that are killed at any moment, and started again.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::super::chance::Chance;
use super::super::crowd::during;
use super::super::servers::{Replicas, SETTINGS, check_data};
use super::super::verdict::{Cause, Expected, Verdict, judge};
use super::{Came, Given};
use crate::failure::Failure;
use crate::rig::{Keeper, say};

/// A server lives for a time between these two under load.
const LIVES: (Duration, Duration) = (Duration::from_millis(60), Duration::from_millis(600));
/// Between two words of how far it has come.
const TELL_EVERY: usize = 50;
/// The file, in the folder of the server.
const FILE: &str = "faults.db";

pub(super) fn sqlite(given: Given<'_>) -> Result<Came, Failure> {
    let mut keeper = Keeper::open(given.binary, &format!("sqlite://{FILE}"))?;
    keeper.start(SETTINGS)?;
    let copy = keeper.folder().join("copy");
    let addresses = [keeper.address()];
    let (killed, findings) = during(&addresses, |crowd| {
        let mut killed = Killed::default();
        for _ in 0..given.extent.kills {
            killed.live();
            let begun = Instant::now();
            keeper.kill()?;
            // As the crash left it; the server finds the same.
            let found = integrity(keeper.folder(), &copy)?;
            if found != "ok" {
                killed.corrupt.push(found);
            }
            killed.start(&mut keeper, begun)?;
            crowd.inspect();
        }
        Ok(killed)
    })?;
    let mut verdict = killed.judge(&findings, given.extent.tolerance);
    for found in killed.corrupt.iter().take(3) {
        verdict.fault(format!("integrity_check: {found}"));
    }
    check_data(&keeper, &mut verdict);
    let how = format!("{} times; `integrity_check` each time; {}", given.extent.kills, killed.started());
    Ok(Came::Tried { how, verdict })
}

pub(super) fn postgres(given: Given<'_>) -> Result<Came, Failure> {
    let mut replicas = Replicas::alike(given.binary)?;
    let addresses = replicas.addresses();
    let (killed, findings) = during(&addresses, |crowd| {
        let mut killed = Killed::default();
        for round in 0..given.extent.kills {
            killed.live();
            let place = round % replicas.keepers.len();
            let Some(keeper) = replicas.keepers.get_mut(place) else { continue };
            let begun = Instant::now();
            keeper.kill()?;
            killed.start(keeper, begun)?;
            crowd.inspect();
        }
        Ok(killed)
    })?;
    let mut verdict = killed.judge(&findings, given.extent.tolerance);
    replicas.conclude(&mut verdict);
    // Every start makes connections of its own, so their number says nothing here.
    verdict.connections = None;
    let how = format!("{} times, three replicas by turns; {}", given.extent.kills, killed.started());
    Ok(Came::Tried { how, verdict })
}

/// What happened to a server.
struct Killed {
    chance: Chance,
    causes: Vec<Cause>,
    starts: Vec<Duration>,
    corrupt: Vec<String>,
}

impl Default for Killed {
    fn default() -> Self {
        Self { chance: Chance::new(), causes: Vec::new(), starts: Vec::new(), corrupt: Vec::new() }
    }
}

impl Killed {
    /// Lets it live for a while.
    fn live(&mut self) {
        if !self.starts.is_empty() && self.starts.len().is_multiple_of(TELL_EVERY) {
            say(&format!("  killed {} times", self.starts.len()));
        }
        thread::sleep(self.chance.between(LIVES.0, LIVES.1));
    }

    /// Starts a server that was killed, which ends the cause.
    fn start(&mut self, keeper: &mut Keeper, begun: Instant) -> Result<(), Failure> {
        let ended = Instant::now();
        let started = keeper.start(SETTINGS)?;
        self.starts.push(started.started_in);
        self.causes.push(Cause { begun, ended });
        Ok(())
    }

    fn judge(&self, findings: &super::super::crowd::Findings, tolerance: Duration) -> Verdict {
        judge(findings, &self.causes, Expected::Killed, tolerance)
    }

    /// How fast servers were there again.
    fn started(&self) -> String {
        let longest = self.starts.iter().max().copied().unwrap_or_default();
        format!("ready again within {:.1} s", longest.as_secs_f64())
    }
}

/// What SQLite says of the file as it lies there: a copy is looked at, so that nothing is mended.
fn integrity(folder: &Path, copy: &Path) -> Result<String, Failure> {
    let fail = |error: &dyn std::fmt::Display| Failure::new(format!("integrity_check: {error}"));
    fs::create_dir_all(copy).map_err(|error| fail(&error))?;
    for ending in ["", "-wal"] {
        let name = format!("{FILE}{ending}");
        let (from, to) = (folder.join(&name), copy.join(&name));
        if from.exists() {
            fs::copy(&from, &to).map_err(|error| fail(&error))?;
        } else {
            let _ = fs::remove_file(&to);
        }
    }
    let _ = fs::remove_file(copy.join(format!("{FILE}-shm")));
    let connection = Connection::open(copy.join(FILE)).map_err(|error| fail(&error))?;
    connection
        .query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
        .map_err(|error| fail(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_found() {
        let folder = std::env::temp_dir().join(format!("autorisen-faults-{}", std::process::id()));
        let copy = folder.join("copy");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(FILE);
        let connection = Connection::open(&file).unwrap();
        let fill = "CREATE TABLE t (x TEXT); CREATE INDEX i ON t (x); INSERT INTO t WITH RECURSIVE c(n) AS \
                    (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT hex(randomblob(20)) FROM c";
        connection.execute_batch(fill).unwrap();
        drop(connection);
        assert_eq!(integrity(&folder, &copy).unwrap(), "ok");
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(0xa5);
        fs::write(&file, bytes).unwrap();
        assert!(
            integrity(&folder, &copy).is_ok_and(|found| found != "ok") || integrity(&folder, &copy).is_err()
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
