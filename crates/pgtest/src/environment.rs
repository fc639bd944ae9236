//! Everything the decision depends on, as plain data, so that a test can make it up.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The environment variable that names a PostgreSQL to use instead of starting one.
pub const URL_VARIABLE: &str = "AUTORISEN_TEST_POSTGRES_URL";

/// The surroundings in which a PostgreSQL is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// The value of [`URL_VARIABLE`]; `None` when unset or empty.
    pub(crate) given_url: Option<String>,
    /// The folders of `PATH`, in order.
    pub(crate) search_path: Vec<PathBuf>,
    /// Where the file system begins: all fixed paths are looked for below.
    pub(crate) filesystem: PathBuf,
    /// Where temporary folders go.
    pub(crate) temporary: PathBuf,
    /// Whether this process is root, which PostgreSQL refuses to run as.
    pub(crate) is_root: bool,
}

/// The user that a server of root's tests runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Environment {
    /// The surroundings of the running process.
    #[expect(
        clippy::disallowed_methods,
        reason = "a developer's crate outside the product, and the one place here that asks"
    )]
    pub(crate) fn of_this_process() -> Self {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            given_url: std::env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty()),
            search_path: std::env::split_paths(&search_path).collect(),
            filesystem: PathBuf::from("/"),
            temporary: std::env::temp_dir(),
            is_root: is_root(),
        }
    }

    /// The first program of that name in the search path.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        self.search_path
            .iter()
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|path| is_executable(path))
    }

    /// A path that is fixed by convention, such as `etc/passwd`.
    pub(crate) fn fixed(&self, path: &str) -> PathBuf {
        self.filesystem.join(path)
    }

    /// Who runs a server for root: `postgres`, else `nobody`; `None` when there is neither.
    pub(crate) fn unprivileged_account(&self) -> Option<Account> {
        let accounts = fs::read_to_string(self.fixed("etc/passwd")).ok()?;
        ["postgres", "nobody"].into_iter().find_map(|name| account(&accounts, name))
    }

    /// Where a server's folder can be made: the usual place, or for root one that an
    /// unprivileged user can write to as well; `None` when there is none.
    pub(crate) fn folder_for_data(&self) -> Option<PathBuf> {
        if !self.is_root {
            return Some(self.temporary.clone());
        }
        [self.temporary.clone(), self.fixed("tmp"), self.fixed("var/tmp")]
            .into_iter()
            .find(|folder| self.is_open_to_all(folder, 0o003))
    }

    /// Whether any user may do to the path what `mode` says (1 is pass, 2 is write), and may
    /// pass every folder above it.
    pub(crate) fn is_open_to_all(&self, path: &Path, mode: u32) -> bool {
        let allows = |path: &Path, mode: u32| {
            fs::metadata(path).is_ok_and(|found| found.permissions().mode() & mode == mode)
        };
        allows(path, mode)
            && path
                .ancestors()
                .skip(1)
                .take_while(|folder| folder.starts_with(&self.filesystem))
                .all(|folder| allows(folder, 0o001))
    }
}

/// Whether the path is a file that somebody may run.
pub(crate) fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").stderr(Stdio::null()).output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn account(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[..] {
            [found, _, uid, gid, ..] if found == name => {
                Some(Account { uid: uid.parse().ok()?, gid: gid.parse().ok()? })
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_machine::FakeMachine;

    const ACCOUNTS: &str = "\
        root:x:0:0:root:/:/bin/sh\n\
        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n\
        postgres:x:101:104:administrator,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn postgres_is_preferred_to_nobody() {
        let machine = FakeMachine::new();
        assert_eq!(machine.environment.unprivileged_account(), None);

        machine.file("etc/passwd", &ACCOUNTS.replace("postgres:", "somebody:"));
        let nobody = Account { uid: 65534, gid: 65533 };
        assert_eq!(machine.environment.unprivileged_account(), Some(nobody));

        machine.file("etc/passwd", ACCOUNTS);
        let postgres = Account { uid: 101, gid: 104 };
        assert_eq!(machine.environment.unprivileged_account(), Some(postgres));
    }

    #[test]
    fn root_avoids_a_temporary_folder_that_others_cannot_use() {
        let mut machine = FakeMachine::seen_by_root();
        let usual = machine.path("tmp");
        machine.environment.temporary = machine.folder("private", 0o700);
        assert_eq!(machine.environment.folder_for_data(), Some(usual.clone()));

        // An open folder behind a closed one is out of reach.
        machine.environment.temporary = machine.folder("private/open", 0o1777);
        assert_eq!(machine.environment.folder_for_data(), Some(usual));

        let open = machine.folder("open", 0o1777);
        machine.environment.temporary.clone_from(&open);
        assert_eq!(machine.environment.folder_for_data(), Some(open));

        machine.environment.temporary = machine.folder("tmp", 0o700);
        assert_eq!(machine.environment.folder_for_data(), None);
    }

    #[test]
    fn everybody_else_uses_the_temporary_folder_as_it_is() {
        let mut machine = FakeMachine::new();
        machine.environment.temporary = machine.folder("private", 0o700);
        let found = machine.environment.folder_for_data();
        assert_eq!(found, Some(machine.path("private")));
    }

    #[test]
    fn programs_are_found_in_the_order_of_the_path() {
        let mut machine = FakeMachine::new();
        machine.environment.search_path =
            ["first", "second", "third"].map(|folder| machine.path(folder)).to_vec();
        // A file that cannot be run is no program.
        machine.file("first/tool", "");
        let second = machine.program("second/tool", "");
        machine.program("third/tool", "");

        assert_eq!(machine.environment.program("tool"), Some(second));
        assert_eq!(machine.environment.program("other"), None);
    }
}
