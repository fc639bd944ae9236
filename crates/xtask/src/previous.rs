//! `cargo xtask previous`: does the release before this version work on the tables of this one?
//!
//! While a release is rolled out, and after a rollback, the build before serves on tables that this version
//! has migrated. So that build is made from its tag, and its own tests of what users do run on databases that
//! were brought up to date by this one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use autorisen_pgtest::{URL_VARIABLE, find_or_start};

use crate::cargo;
use crate::failure::Failure;

/// Tells the tests of a release which program migrates their databases. Releases know this name, so it stays.
const MIGRATOR_VARIABLE: &str = "AUTORISEN_TEST_MIGRATOR";
/// How releases are tagged.
const TAGS: &str = "v[0-9]*";
/// The tests of what users do, by the names of their files.
const FLOWS: &str = "*_flow";
/// Where the release before is checked out and built, below `target/`.
const FOLDER: &str = "previous";
/// Its target folder, below that one.
const BUILD: &str = "build";
/// The program, in a target folder.
const PROGRAM: &str = "debug/autorisen";

/// Builds this version, and tries the release before it on both databases.
pub(crate) fn run() -> Result<(), Failure> {
    let Some(tag) = tag_here()? else { return Ok(()) };
    cargo::run(&["build", "--package", "autorisen-server"], &[])?;
    let postgres = find_or_start().map_err(|unavailable| Failure::new(unavailable.to_string()))?;
    try_release(&tag, postgres.url()).map(drop)
}

/// Tries the release before this version, whose program is built already, and gives the program of that release.
pub(crate) fn check(postgres: &str) -> Result<Option<PathBuf>, Failure> {
    tag_here()?.map(|tag| try_release(&tag, postgres)).transpose()
}

/// Builds the program of the release before this version, where there is one.
pub(crate) fn build() -> Result<Option<PathBuf>, Failure> {
    let Some(tag) = tag_here()? else { return Ok(None) };
    let folder = folder();
    let tree = check_out(&cargo::workspace(), &folder, &tag)?;
    let build = folder.join(BUILD);
    let variables = [("CARGO_TARGET_DIR", &*build.to_string_lossy())];
    cargo::run_in(&tree, &["build", "--package", "autorisen-server"], &variables)?;
    Ok(Some(build.join(PROGRAM)))
}

/// The tag of the release before; where there is none, that is said.
fn tag_here() -> Result<Option<String>, Failure> {
    let workspace = cargo::workspace();
    if !workspace.join(".git").exists() {
        eprintln!("not checked: this is no git repository, so nothing is known of a release before");
        return Ok(None);
    }
    let tag = last_release(&workspace)?;
    match &tag {
        Some(tag) => eprintln!("the release before is {tag}"),
        None if git(&workspace, &["rev-parse", "--is-shallow-repository"])? == "true" => eprintln!(
            "not checked: no release before this version is tagged here, but this clone is shallow and may lack \
             the tag; `git fetch --unshallow --tags` brings it"
        ),
        None => eprintln!("nothing to check: no release before this version is tagged"),
    }
    Ok(tag)
}

/// The newest release that this version comes after, and is not.
fn last_release(repository: &Path) -> Result<Option<String>, Failure> {
    let tags = git(
        repository,
        &[
            // A release comes after its candidates.
            "-c",
            "versionsort.suffix=-",
            "tag",
            "--list",
            TAGS,
            "--merged",
            "HEAD",
            "--no-contains",
            "HEAD",
            "--sort=-version:refname",
        ],
    )?;
    Ok(tags.lines().next().map(str::to_owned))
}

fn folder() -> PathBuf {
    cargo::workspace().join("target").join(FOLDER)
}

fn try_release(tag: &str, postgres: &str) -> Result<PathBuf, Failure> {
    let folder = folder();
    let tree = check_out(&cargo::workspace(), &folder, tag)?;
    let migrator = Migrator::write(&folder, &cargo::workspace().join("target").join(PROGRAM))?;
    let build = folder.join(BUILD);
    cargo::run_in(
        &tree,
        &["test", "--package", "autorisen-server", "--test", FLOWS, "--no-fail-fast"],
        &[
            ("CARGO_TARGET_DIR", &build.to_string_lossy()),
            (MIGRATOR_VARIABLE, &migrator.program.to_string_lossy()),
            (URL_VARIABLE, postgres),
        ],
    )?;
    migrator.was_asked_on_both(tag)?;
    Ok(build.join(PROGRAM))
}

/// The files of a release, in a work tree of its own.
fn check_out(repository: &Path, folder: &Path, tag: &str) -> Result<PathBuf, Failure> {
    let tree = folder.join(tag);
    let commit = git(repository, &["rev-parse", &format!("{tag}^{{commit}}")])?;
    if tree.join(".git").exists() && git(&tree, &["rev-parse", "HEAD"]).is_ok_and(|head| head == commit) {
        return Ok(tree);
    }
    // One that was deleted is still known to git, and one of a tag that moved is in the way.
    let _ = fs::remove_dir_all(&tree);
    git(repository, &["worktree", "prune"])?;
    git(
        repository,
        &["worktree", "add", "--quiet", "--force", "--detach", &tree.to_string_lossy(), &commit],
    )?;
    Ok(tree)
}

/// A program that migrates with the binary of this version, and keeps a list of where it did.
struct Migrator {
    program: PathBuf,
    list: PathBuf,
}

impl Migrator {
    fn write(folder: &Path, binary: &Path) -> Result<Self, Failure> {
        let migrator = Self { program: folder.join("migrator"), list: folder.join("migrated") };
        let script = format!(
            "#!/bin/sh\ncase $DATABASE_URL in sqlite:*) echo sqlite ;; *) echo postgres ;; esac >> '{}'\nexec '{}' \"$@\"\n",
            migrator.list.display(),
            binary.display()
        );
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&migrator.list, ""))
            .and_then(|()| fs::write(&migrator.program, script))
            .and_then(|()| fs::set_permissions(&migrator.program, fs::Permissions::from_mode(0o755)));
        written.map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
        Ok(migrator)
    }

    /// Fails where the tests of the release did not have their databases migrated: then they proved nothing.
    fn was_asked_on_both(&self, tag: &str) -> Result<(), Failure> {
        let list = fs::read_to_string(&self.list).unwrap_or_default();
        let count = |kind: &str| list.lines().filter(|line| *line == kind).count();
        let (sqlite, postgres) = (count("sqlite"), count("postgres"));
        if sqlite == 0 || postgres == 0 {
            return Err(Failure::new(format!(
                "the tests of {tag} did not run on the tables of this version: they do not know {MIGRATOR_VARIABLE}"
            )));
        }
        eprintln!(
            "{tag} works on the tables of this version: {sqlite} tests on SQLite and {postgres} on PostgreSQL"
        );
        Ok(())
    }
}

/// What git prints.
fn git(repository: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(repository)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("git did not start: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("git {}: {}", arguments.join(" "), said.trim())))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A repository whose commits have these tags, one after the other.
    fn repository(tags: &[&[&str]]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        act(&folder, &["init", "--quiet", "--initial-branch=main"]);
        for (number, tags) in tags.iter().enumerate() {
            commit(&folder, &number.to_string());
            for tag in *tags {
                act(&folder, &["tag", tag]);
            }
        }
        folder
    }

    fn commit(folder: &TempDir, message: &str) {
        act(
            folder,
            &[
                "-c",
                "user.name=Somebody",
                "-c",
                "user.email=somebody@example.org",
                "-c",
                "commit.gpgsign=false",
                "commit",
                "--quiet",
                "--allow-empty",
                "--message",
                message,
            ],
        );
    }

    fn act(folder: &TempDir, arguments: &[&str]) -> String {
        git(folder.path(), arguments).unwrap()
    }

    fn release_before(tags: &[&[&str]]) -> Option<String> {
        last_release(repository(tags).path()).unwrap()
    }

    #[test]
    fn without_a_tag_of_a_release_there_is_none() {
        assert_eq!(release_before(&[&[], &[]]), None);
        assert_eq!(release_before(&[&["version", "1.0", "vault"], &[]]), None);
    }

    #[test]
    fn it_is_the_newest_by_its_number() {
        assert_eq!(release_before(&[&["v0.9.0"], &["v0.10.0"], &[]]).as_deref(), Some("v0.10.0"));
        assert_eq!(release_before(&[&["v1.0.0-rc1"], &["v1.0.0"], &[]]).as_deref(), Some("v1.0.0"));
        assert_eq!(release_before(&[&["v1.0.0-rc1"], &["v1.0.0-rc2"], &[]]).as_deref(), Some("v1.0.0-rc2"));
    }

    #[test]
    fn what_is_released_here_is_not_what_was_before() {
        assert_eq!(release_before(&[&["v1.0.0"], &["v1.1.0"]]).as_deref(), Some("v1.0.0"));
        assert_eq!(release_before(&[&["v1.0.0"]]), None);
    }

    #[test]
    fn what_is_no_ancestor_does_not_count_and_the_other_side_of_a_merge_does() {
        let folder = repository(&[&["v1.0.0"], &[]]);
        act(&folder, &["checkout", "--quiet", "-b", "side"]);
        commit(&folder, "on the side");
        act(&folder, &["tag", "v1.5.0"]);
        act(&folder, &["checkout", "--quiet", "main"]);
        assert_eq!(last_release(folder.path()).unwrap().as_deref(), Some("v1.0.0"));
        commit(&folder, "on main");
        let me = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"];
        act(&folder, &[&me[..], &["merge", "--quiet", "--no-edit", "--no-gpg-sign", "side"]].concat());
        assert_eq!(last_release(folder.path()).unwrap().as_deref(), Some("v1.5.0"));
    }

    #[test]
    fn a_release_is_checked_out_once_and_again_when_its_tag_moved() {
        let folder = repository(&[&["v1.0.0"], &[], &[]]);
        let place = tempfile::tempdir().unwrap();
        let tree = check_out(folder.path(), place.path(), "v1.0.0").unwrap();
        let head = |tree: &Path| git(tree, &["rev-parse", "HEAD"]).unwrap();
        assert_eq!(head(&tree), act(&folder, &["rev-parse", "HEAD~2"]));
        fs::write(tree.join("built"), "").unwrap();
        assert_eq!(check_out(folder.path(), place.path(), "v1.0.0").unwrap(), tree);
        assert!(tree.join("built").exists(), "it is left as it is");

        act(&folder, &["tag", "--force", "v1.0.0", "HEAD~1"]);
        check_out(folder.path(), place.path(), "v1.0.0").unwrap();
        assert_eq!(head(&tree), act(&folder, &["rev-parse", "HEAD~1"]));
        // As after a `cargo clean`.
        fs::remove_dir_all(&tree).unwrap();
        check_out(folder.path(), place.path(), "v1.0.0").unwrap();
        assert_eq!(head(&tree), act(&folder, &["rev-parse", "HEAD~1"]));
    }

    #[test]
    fn tests_that_did_not_have_both_databases_migrated_prove_nothing() {
        let place = tempfile::tempdir().unwrap();
        let migrator = Migrator::write(&place.path().join("previous"), Path::new("/bin/echo")).unwrap();
        assert!(migrator.was_asked_on_both("v1.0.0").is_err(), "nobody asked");
        let ask = |url: &str| {
            let output =
                Command::new(&migrator.program).args(["migrate", "up"]).env("DATABASE_URL", url).output();
            assert_eq!(output.unwrap().stdout, b"migrate up\n", "it is handed on");
        };
        ask("sqlite:///tmp/x");
        assert!(migrator.was_asked_on_both("v1.0.0").is_err(), "only SQLite");
        ask("postgres://x");
        assert_eq!(migrator.was_asked_on_both("v1.0.0"), Ok(()));
    }
}
