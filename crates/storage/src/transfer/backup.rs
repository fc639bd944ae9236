//! A database into a file, whether somebody works with it or not.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use autorisen_domain::clock::Timestamp;
use autorisen_domain::progress::Progress;

use crate::db::{Access, DatabaseUrl};
use crate::dialect::bulk;
use crate::migrations;
use crate::tables::{self, TableSum};
use crate::transfer::dump::{self, Header, Whole, WriteError};
use crate::transfer::{TransferError, source};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// When the database was as it is in the file.
    pub made_at: Timestamp,
    /// The number of the newest migration that it had.
    pub version: String,
    /// Each table.
    pub tables: Vec<TableSum>,
}

/// Writes everything in the database, as it is at one moment, into a new file that its owner alone may read,
/// and reads that back. Whoever works with the database goes on.
///
/// Until it is whole and safely on disk the file has another name, which ends in `.partial`; if anything
/// fails, it is taken away again.
pub fn backup(
    from: &DatabaseUrl,
    path: &Path,
    now: Timestamp,
    progress: &mut dyn Progress,
) -> Result<BackedUp, TransferError> {
    let mut conn = source::open(from, Access::Reads)?;
    if path.exists() {
        return Err(TransferError::Exists(path.to_owned()));
    }
    let partial = Partial::create(path)?;
    bulk::begin_snapshot(&mut conn)?;
    let migrations = migrations::applied(&mut conn)?;
    let header = Header::new(now, migrations);
    let sums = partial.write(|out| dump::write(&mut conn, &tables::all(), &header, out, progress))?;
    drop(conn);

    let found = verify_backup(&partial.path, progress)?;
    if let Some((sent, arrived)) = sums.iter().zip(&found.tables).find(|(sent, arrived)| sent != arrived) {
        return Err(TransferError::Differs { sent: sent.clone(), arrived: arrived.clone() });
    }
    partial.keep(path)?;
    Ok(found)
}

/// Reads all of a backup, and fails unless it is whole and unchanged.
pub fn verify_backup(path: &Path, progress: &mut dyn Progress) -> Result<BackedUp, TransferError> {
    dump::verify(path, progress).map(BackedUp::of)
}

impl BackedUp {
    pub(super) fn of(whole: Whole) -> Self {
        Self {
            made_at: Timestamp::from_micros(whole.header.made_at),
            version: whole.header.migrations.last().cloned().unwrap_or_default(),
            tables: whole.tables.into_iter().map(|(_, sum)| sum).collect(),
        }
    }
}

/// A file that is not whole yet. It is gone when this is dropped, unless it is kept.
struct Partial {
    path: PathBuf,
    file: Option<File>,
}

impl Partial {
    fn create(whole: &Path) -> Result<Self, TransferError> {
        let mut name = whole.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let path = whole.with_file_name(name);
        let failed = |source| TransferError::File { what: "write", path: path.clone(), source };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TransferError::Exists(path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // What a killed run left behind is begun anew.
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
        file.set_len(0).map_err(failed)?;
        Ok(Self { path, file: Some(file) })
    }

    fn write<T>(
        &self,
        write: impl FnOnce(&mut dyn io::Write) -> Result<T, WriteError>,
    ) -> Result<T, TransferError> {
        let failed = |source| TransferError::File { what: "write", path: self.path.clone(), source };
        let Some(file) = &self.file else { return Err(TransferError::Dropped) };
        let mut out = BufWriter::with_capacity(1024 * 1024, file);
        let written = write(&mut out).map_err(|error| match error {
            WriteError::Read(error) => error,
            WriteError::Write(source) => failed(source),
        })?;
        out.flush().map_err(failed)?;
        drop(out);
        file.sync_all().map_err(failed)?;
        Ok(written)
    }

    /// Gives the file its name, for good.
    fn keep(mut self, whole: &Path) -> Result<(), TransferError> {
        let failed = |source| TransferError::File { what: "name", path: whole.to_owned(), source };
        if whole.exists() {
            return Err(TransferError::Exists(whole.to_owned()));
        }
        fs::rename(&self.path, whole).map_err(failed)?;
        self.file = None;
        let folder = whole.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.file.is_some() {
            drop(fs::remove_file(&self.path));
        }
    }
}
