//! Whether what is stored on this machine stays there, and has room.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statfs};

use super::finding::Findings;
use crate::config::{AppEnv, Settings};

const MIB: u64 = 1024 * 1024;
/// Below it a file system is about to be full.
const LITTLE: u64 = 500 * MIB;
/// Below it nothing more fits.
const NOTHING: u64 = 20 * MIB;

/// Kinds of file systems, by the numbers that `statfs(2)` gives them.
const VANISHING: [(u64, &str); 3] =
    [(0x0102_1994, "tmpfs"), (0x8584_58f6, "ramfs"), (0x794c_7630, "an overlay, as containers have")];
/// SQLite's locks and its shared memory do not work across machines: <https://sqlite.org/wal.html>.
const REMOTE: [(u64, &str); 4] =
    [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB"), (0x0102_1997, "9P")];

/// Looks at every place where the settings put something.
pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let keeps = matches!(settings.app.env, AppEnv::Production | AppEnv::Staging);
    if let Some(file) = settings.database.url.file() {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        place("disk.database", folder, Holds::Database, keeps, findings);
        private("disk.database", file, findings);
    }
    if settings.auth.secret_key.is_none() {
        private("disk.secret_key", &crate::wiring::key_file(settings), findings);
    }
    if let Some(folder) = &settings.chat.attachment_folder {
        place("disk.attachments", folder, Holds::Files, keeps, findings);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Database,
    Files,
}

/// Whether a folder, or the one that it will be made in, can be written, stays and has room.
fn place(check: &str, folder: &Path, holds: Holds, keeps: bool, findings: &mut Findings) {
    let before = findings.troubles();
    let Some(existing) = nearest(folder) else {
        findings.fault(check, format!("{} cannot be made: nothing above it exists", folder.display()), MOVE);
        return;
    };
    if !existing.is_dir() {
        findings.fault(check, format!("{} is no folder", existing.display()), MOVE);
        return;
    }
    if let Err(error) = access(&existing, Access::WRITE_OK | Access::EXEC_OK) {
        let says = format!("{} cannot be written: {}", existing.display(), io::Error::from(error));
        findings.fault(check, says, "give it to the user that runs the server, or name another place");
    }
    match statfs(&existing) {
        Ok(system) => file_system(check, folder, holds, keeps, &system, findings),
        Err(error) => {
            let says = format!("{} cannot be looked at: {}", existing.display(), io::Error::from(error));
            findings.warn(check, says, "look whether its disk is mounted");
        }
    }
    if findings.troubles() == before {
        findings.sound(check, format!("{} can be written, stays and has room", folder.display()));
    }
}

const MOVE: &str = "name a place on a disk that stays";

fn file_system(
    check: &str,
    folder: &Path,
    holds: Holds,
    keeps: bool,
    system: &rustix::fs::StatFs,
    findings: &mut Findings,
) {
    // The numbers are patterns of 32 bits, whatever the type says of their sign.
    let kind = system.f_type.cast_unsigned() & 0xffff_ffff;
    let is = |kinds: &[(u64, &'static str)]| {
        kinds.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
    };
    if let Some(name) = is(&VANISHING) {
        let says = format!("{} is on {name}: what is stored is lost with it", folder.display());
        if keeps { findings.fault(check, says, MOVE) } else { findings.warn(check, says, MOVE) }
    }
    if holds == Holds::Database
        && let Some(name) = is(&REMOTE)
    {
        let says = format!("{} is on {name}, where SQLite may lose data", folder.display());
        findings.fault(check, says, "keep the file on a disk of this machine, or use PostgreSQL");
    }
    let free = u64::try_from(system.f_bsize).unwrap_or(1).saturating_mul(system.f_bavail);
    let says = format!("{} has {} MiB left", folder.display(), free / MIB);
    if free < NOTHING {
        findings.fault(check, says, "make room; what is stored is kept, and nothing new is");
    } else if free < LITTLE {
        findings.warn(check, says, "make room before it is full");
    }
}

/// Whether only its owner can read a file that holds secrets.
fn private(check: &str, file: &Path, findings: &mut Findings) {
    let Ok(found) = fs::metadata(file) else { return };
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let says = format!("{} may be read by others (its mode is {mode:o})", file.display());
        findings.warn(check, says, format!("chmod 600 {}", file.display()));
    }
}

/// The folder itself, or the nearest above it that exists.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(folder).ok()?;
    absolute.ancestors().find(|folder| folder.exists()).map(Path::to_path_buf)
}
