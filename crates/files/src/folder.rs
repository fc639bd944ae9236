//! Where each part lies, and how it is written so that it is whole or not there.
//!
//! ```text
//! <root>/tmp/             what is being written
//! <root>/3f/atc_…3f/0     the parts of a file, in one of 256 folders by the end of its id, which is chance
//! ```
//!
//! A name is made of ids and numbers alone; nothing that a user sends is part of it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use autorisen_domain::chat::AttachmentId;
use autorisen_domain::clock::Timestamp;

/// How many writers of one part there may be at once, in all processes.
const MAX_WRITERS: u32 = 100;
/// How many folders the files are spread over.
const SHARDS: usize = 256;

/// A folder with files of parts.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folder where it is not there, and checks that it can be written.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        let folder = Self { root };
        folder.make(&folder.root)?;
        folder.make(&folder.tmp())?;
        let (probe, _) = folder.begin("probe")?;
        fs::remove_file(probe)?;
        Ok(folder)
    }

    /// Writes a part. When this has returned well, the part survives a loss of power; otherwise what was
    /// there before is there, and nothing else is left behind.
    pub(crate) fn put(&self, id: AttachmentId, part: u32, bytes: &[u8]) -> io::Result<()> {
        let place = self.place(id);
        self.make(&place)?;
        let (path, mut file) = self.begin(&format!("{id}.{part}"))?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let moved = written.and_then(|()| fs::rename(&path, place.join(part.to_string())));
        if moved.is_err() {
            // What cannot be removed now is when it is tidied up.
            let _ = fs::remove_file(&path);
        }
        moved?;
        sync(&place)
    }

    /// Reads a part; `None` when there is none.
    pub(crate) fn get(&self, id: AttachmentId, part: u32) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.place(id).join(part.to_string())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes all parts of a file.
    pub(crate) fn remove(&self, id: AttachmentId) -> io::Result<()> {
        missing_is_fine(fs::remove_dir_all(self.place(id)))
    }

    /// The files after this one, in the order of their places, at most `limit`.
    pub(crate) fn list(&self, after: Option<AttachmentId>, limit: usize) -> io::Result<Vec<AttachmentId>> {
        let first = after.map_or(0, |id| usize::from_str_radix(&shard(id), 16).unwrap_or(0));
        let mut found = Vec::new();
        for number in first..SHARDS {
            let mut ids = self.shard(number)?;
            ids.sort_unstable();
            let is_later = |id: &AttachmentId| number > first || after.is_none_or(|after| *id > after);
            found.extend(ids.into_iter().filter(is_later));
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Removes what was begun before this time and never was whole.
    pub(crate) fn tidy(&self, before: Timestamp) -> io::Result<u64> {
        let before = UNIX_EPOCH + Duration::from_micros(u64::try_from(before.micros()).unwrap_or(0));
        let mut removed = 0;
        for entry in fs::read_dir(self.tmp())? {
            let entry = entry?;
            // Another replica may have been faster.
            let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else { continue };
            if modified < before {
                missing_is_fine(fs::remove_file(entry.path()))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The files of one of the folders. What is not named like one of ours is not ours.
    fn shard(&self, number: usize) -> io::Result<Vec<AttachmentId>> {
        let entries = match fs::read_dir(self.root.join(format!("{number:02x}"))) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let id = AttachmentId::parse(name).ok();
            let is_ours =
                |id: &AttachmentId| *name == id.to_string() && name.ends_with(&format!("{number:02x}"));
            ids.extend(id.filter(is_ours));
        }
        Ok(ids)
    }

    /// A new file that nobody else writes.
    fn begin(&self, name: &str) -> io::Result<(PathBuf, File)> {
        let mut number = 0;
        loop {
            let path = self.tmp().join(format!("{name}.{number}"));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < MAX_WRITERS => number += 1,
                opened => return opened.map(|file| (path, file)),
            }
        }
    }

    /// Makes a folder and, where they are missing, those above it within the root, each so that it lasts.
    fn make(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if path == self.root {
            return DirBuilder::new().recursive(true).mode(0o700).create(path);
        }
        let above = path.parent().unwrap_or(&self.root);
        self.make(above)?;
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => sync(above),
        }
    }

    fn place(&self, id: AttachmentId) -> PathBuf {
        self.root.join(shard(id)).join(id.to_string())
    }

    fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }
}

/// The end of an id, which is chance, while its beginning is time.
fn shard(id: AttachmentId) -> String {
    let text = id.to_string();
    text[text.len() - 2..].to_owned()
}

/// Makes what was done in a folder last.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
