//! What a folder does beside keeping the contract: when something is in its way, and what is left behind.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use autorisen_domain::chat::{AttachmentBytes as _, AttachmentId};
use autorisen_domain::clock::Timestamp;
use autorisen_files::FolderBytes;
use autorisen_testkit::fixtures::fresh_bytes;

fn id() -> AttachmentId {
    AttachmentId::from_bytes(fresh_bytes())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_part_lies_under_its_id_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    let bytes = FolderBytes::open(&root).unwrap();
    let file = id();
    bytes.put(file, 0, b"hello".to_vec()).await.unwrap();
    let name = file.to_string();
    let place = root.join(&name[name.len() - 2..]).join(&name).join("0");
    assert_eq!(files(&root), std::slice::from_ref(&place));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(place.parent().unwrap()), mode(&root)), (0o600, 0o700, 0o700));
}

#[tokio::test]
async fn what_cannot_be_written_leaves_nothing_behind_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = FolderBytes::open(folder.path()).unwrap();
    let (kept, other) = (id(), id());
    bytes.put(kept, 0, b"old".to_vec()).await.unwrap();
    bytes.put(other, 0, b"x".to_vec()).await.unwrap();

    // In the place of a part lies a folder, so that the last step fails.
    let name = other.to_string();
    let place = folder.path().join(&name[name.len() - 2..]).join(&name);
    fs::create_dir(place.join("1")).unwrap();
    fs::write(place.join("1/in-the-way"), "").unwrap();
    assert!(bytes.put(other, 1, b"new".to_vec()).await.is_err());
    assert_eq!(files(&folder.path().join("tmp")), [""; 0].map(PathBuf::from));

    // Nothing can be begun at all.
    fs::remove_dir(folder.path().join("tmp")).unwrap();
    fs::write(folder.path().join("tmp"), "").unwrap();
    assert!(bytes.put(kept, 0, b"new".to_vec()).await.is_err());
    assert_eq!(bytes.get(kept, 0).await.unwrap().as_deref(), Some(&b"old"[..]));
}

#[tokio::test]
async fn what_a_crash_left_behind_is_tidied_up_and_what_is_being_written_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = FolderBytes::open(folder.path()).unwrap();
    let (old, young) = (folder.path().join("tmp/old.0"), folder.path().join("tmp/young.0"));
    for (path, secs) in [(&old, 1_000), (&young, 3_000)] {
        fs::write(path, "half").unwrap();
        let at = UNIX_EPOCH + Duration::from_secs(secs);
        fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    }
    assert_eq!(bytes.tidy(Timestamp::from_secs(2_000)).await.unwrap(), 1);
    assert_eq!(files(folder.path()), [young]);
}

#[tokio::test]
async fn all_files_are_listed_once_page_by_page_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = FolderBytes::open(folder.path()).unwrap();
    let mut ids: Vec<AttachmentId> = (0..40).map(|_| id()).collect();
    // Some in one and the same place.
    ids.extend((0..10_u8).map(|number| {
        AttachmentId::from_bytes([[number].as_slice(), &[7; 15]].concat().try_into().unwrap())
    }));
    for &id in &ids {
        bytes.put(id, 0, vec![1]).await.unwrap();
    }
    for strange in ["lost+found", "07/notes", "07/atc_x", "zz/atc_1"] {
        fs::create_dir_all(folder.path().join(strange)).unwrap();
    }
    for limit in [1, 3, 50, 51] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = bytes.list(after, limit).await.unwrap();
            after = page.last().copied();
            found.extend(page);
            if after.is_none() {
                break;
            }
        }
        found.sort_unstable();
        ids.sort_unstable();
        assert_eq!(found, ids, "by {limit}");
    }
}

#[tokio::test]
async fn writers_of_one_part_do_not_mix_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = id();
    // Two processes that share the folder.
    let stores = [FolderBytes::open(folder.path()).unwrap(), FolderBytes::open(folder.path()).unwrap()];
    let stores = stores.map(std::sync::Arc::new);
    let writers: Vec<_> = (0..16_u8)
        .map(|number| {
            let store = std::sync::Arc::clone(&stores[usize::from(number % 2)]);
            tokio::spawn(async move { store.put(file, 0, vec![number; 100_000]).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let read = stores[0].get(file, 0).await.unwrap().unwrap();
    assert!(read.len() == 100_000 && read.iter().all(|byte| *byte == read[0]), "one of them, whole");
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = FolderBytes::open(&file.join("below")).err().unwrap().to_string();
    assert!(error.contains("cannot keep files in"), "{error}");
}
