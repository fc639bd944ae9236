//! A disk without room, that later has some again: a small file system in memory, which takes root.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use autorisen_pgtest::{LastingServer, Unavailable};

use super::super::crowd::during;
use super::super::servers::{Replicas, SETTINGS, check_data};
use super::super::verdict::{Cause, Expected, judge};
use super::exhausted::reads_go_on;
use super::{Came, Given};
use crate::failure::Failure;
use crate::rig::Keeper;

/// The size of the file system of a SQLite.
const MEGABYTES: usize = 64;
/// That of a PostgreSQL, whose empty data has some forty.
const MEGABYTES_OF_POSTGRES: usize = 256;

pub(super) fn sqlite(given: Given<'_>) -> Result<Came, Failure> {
    let disk = match SmallDisk::mount(MEGABYTES) {
        Ok(disk) => disk,
        Err(reason) => return Ok(Came::NotHere(reason)),
    };
    let file = disk.folder.join("faults.db");
    let mut keeper = Keeper::open(given.binary, &format!("sqlite://{}", file.display()))?;
    keeper.start(SETTINGS)?;
    let extent = given.extent;
    let addresses = [keeper.address()];
    let (cause, findings) = during(&addresses, |_| {
        thread::sleep(extent.quiet / 4);
        let begun = disk.fill()?;
        thread::sleep(extent.held_for);
        disk.make_room()?;
        let cause = Cause { begun, ended: Instant::now() };
        thread::sleep(extent.quiet);
        Ok(cause)
    })?;
    let mut verdict = judge(&findings, &[cause], Expected::Degraded, given.extent.tolerance);
    let reads = reads_go_on(&mut verdict, &findings, cause);
    check_data(&keeper, &mut verdict);
    keeper.stop()?;
    let connection = rusqlite::Connection::open(&file);
    let found = connection.and_then(|connection| {
        connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
    });
    if found.as_deref() != Ok("ok") {
        verdict.fault(format!("integrity_check: {found:?}"));
    }
    let seconds = extent.held_for.as_secs();
    let how = format!("a file system of {MEGABYTES} MB, without room for {seconds} s; {reads}");
    Ok(Came::Tried { how, verdict })
}

/// Where there is room again, a PostgreSQL that has ended is started, as whoever runs it does.
pub(super) fn postgres(given: Given<'_>) -> Result<Came, Failure> {
    let disk = match SmallDisk::mount(MEGABYTES_OF_POSTGRES) {
        Ok(disk) => disk,
        Err(reason) => return Ok(Came::NotHere(reason)),
    };
    let unavailable = |error: Unavailable| Failure::new(error.to_string());
    let postgres = LastingServer::start_below(&disk.folder).map_err(unavailable)?;
    let mut replicas = Replicas::on(postgres, [given.binary; 3], |_| Vec::new())?;
    let addresses = replicas.addresses();
    let extent = given.extent;
    let postgres = &mut replicas.postgres;
    let ((cause, ended), findings) = during(&addresses, |_| {
        thread::sleep(extent.quiet / 4);
        let begun = disk.fill()?;
        thread::sleep(extent.held_for);
        disk.make_room()?;
        let ended = !postgres.see_that_it_runs().map_err(unavailable)?;
        let cause = Cause { begun, ended: Instant::now() };
        thread::sleep(extent.quiet);
        Ok((cause, ended))
    })?;
    let mut verdict = judge(&findings, &[cause], Expected::Degraded, given.extent.tolerance);
    replicas.conclude(&mut verdict);
    let seconds = extent.held_for.as_secs();
    let ended = if ended { "had ended and was started again" } else { "went on by itself" };
    let how = format!(
        "a file system of {MEGABYTES_OF_POSTGRES} MB, without room for {seconds} s; PostgreSQL {ended}"
    );
    Ok(Came::Tried { how, verdict })
}

/// Writes until no more fits.
fn fill(path: &Path) -> std::io::Result<()> {
    let mut ballast = File::create(path)?;
    for size in [1024 * 1024, 1024] {
        let block = vec![0x5a; size];
        loop {
            match ballast.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// A small file system, gone when this is dropped.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    fn mount(megabytes: usize) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("autorisen-disk.{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let disk = Self { folder };
        let options = format!("size={megabytes}m,mode=1777");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&disk.folder).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(disk),
            _ => Err("a small file system can only be mounted by root".to_owned()),
        }
    }

    /// Takes all the room there is, and says since when there is none.
    fn fill(&self) -> Result<Instant, Failure> {
        fill(&self.ballast()).map_err(|error| fail(&error))?;
        Ok(Instant::now())
    }

    fn make_room(&self) -> Result<(), Failure> {
        fs::remove_file(self.ballast()).map_err(|error| fail(&error))
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

fn fail(error: &std::io::Error) -> Failure {
    Failure::new(format!("the small disk: {error}"))
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Where it was not mounted there is nothing to take away.
        let _ = Command::new("umount").arg(&self.folder).output();
        let _ = fs::remove_dir(&self.folder);
    }
}
