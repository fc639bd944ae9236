//! A made-up machine for the unit tests: a file system in a temporary folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::environment::Environment;

/// A machine on which nothing is installed until the test says so.
pub(crate) struct FakeMachine {
    folder: TempDir,
    /// What the code under test gets to see.
    pub(crate) environment: Environment,
}

impl FakeMachine {
    /// A machine whose search path is `/bin`, with the usual temporary folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // As real paths, for what is found through links is reported so.
        let filesystem = fs::canonicalize(folder.path()).unwrap();
        set_mode(&filesystem, 0o755);
        let environment = Environment {
            given_url: None,
            search_path: vec![filesystem.join("bin")],
            temporary: filesystem.join("tmp"),
            filesystem,
            is_root: false,
        };
        let machine = Self { folder, environment };
        machine.folder("bin", 0o755);
        machine.folder("tmp", 0o1777);
        machine
    }

    /// The same, seen by root.
    pub(crate) fn seen_by_root() -> Self {
        let mut machine = Self::new();
        machine.environment.is_root = true;
        machine.file("etc/passwd", "nobody:x:65534:65533::/:/bin/false\n");
        machine
    }

    /// The real path of a path of this machine.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.environment.filesystem.join(path)
    }

    /// Makes a folder with these permissions.
    pub(crate) fn folder(&self, path: &str, mode: u32) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(&path).unwrap();
        set_mode(&path, mode);
        path
    }

    /// Writes a file that cannot be run.
    pub(crate) fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o644);
        path
    }

    /// Writes a shell script that can be run; everyone may pass the folders to it.
    pub(crate) fn program(&self, path: &str, script: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Another process writes it: while this one has a file open for writing, a child that
        // another test's thread forks has it too, and a file open for writing cannot be run.
        let written = Command::new("sh")
            .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$2" >"$1""#, "write"])
            .arg(&path)
            .arg(script)
            .status()
            .unwrap();
        assert!(written.success());
        path.ancestors()
            .take_while(|folder| folder.starts_with(self.folder.path()))
            .for_each(|folder| set_mode(folder, 0o755));
        path
    }

    /// Writes both server programs into a folder, and answers the folder.
    pub(crate) fn binaries(&self, folder: &str) -> PathBuf {
        self.program(&format!("{folder}/initdb"), "");
        self.program(&format!("{folder}/postgres"), "");
        self.path(folder)
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
