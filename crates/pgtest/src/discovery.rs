//! Decides where the PostgreSQL comes from; starts nothing itself.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::environment::{Environment, is_executable};
use crate::unavailable::Unavailable;

/// Where the PostgreSQL comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// It runs already, at this URL.
    Given(String),
    /// It can be started.
    Startable(Startable),
    /// This `apt-get` has to install it first.
    Installable(PathBuf),
}

/// A PostgreSQL that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Startable {
    /// With the server binaries in this folder.
    Binaries(PathBuf),
    /// With this `docker`, whose engine answers.
    Docker(PathBuf),
}

/// Folders below which versions of PostgreSQL are installed side by side, and how the name of a
/// version's folder begins.
const SIDE_BY_SIDE: &[(&str, &str)] = &[
    ("usr/lib/postgresql", ""),
    ("usr", "pgsql-"),
    ("opt/homebrew/opt", "postgresql"),
    ("usr/local/opt", "postgresql"),
    ("home/linuxbrew/.linuxbrew/opt", "postgresql"),
];

/// Chooses the source: what is named, else what can be started, else what can be installed.
pub(crate) fn choose(environment: &Environment) -> Result<Source, Unavailable> {
    if let Some(url) = &environment.given_url {
        return if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Source::Given(url.clone()))
        } else {
            Err(Unavailable::NotAUrl)
        };
    }
    if let Some(startable) = startable(environment) {
        return Ok(Source::Startable(startable));
    }
    if environment.is_root
        && let Some(apt_get) = environment.program("apt-get")
    {
        return Ok(Source::Installable(apt_get));
    }
    Err(Unavailable::Missing)
}

/// Chooses what to start: installed binaries, else Docker; `None` when there is neither.
pub(crate) fn startable(environment: &Environment) -> Option<Startable> {
    if let Some(folder) = binaries(environment) {
        return Some(Startable::Binaries(folder));
    }
    environment.program("docker").filter(|docker| docker_answers(docker)).map(Startable::Docker)
}

fn binaries(environment: &Environment) -> Option<PathBuf> {
    if environment.is_root && environment.unprivileged_account().is_none() {
        return None;
    }
    in_search_path(environment)
        .into_iter()
        .chain(installed_side_by_side(environment))
        .chain(told_by_pg_config(environment))
        .find(|folder| can_run_a_server(environment, folder))
}

fn in_search_path(environment: &Environment) -> Vec<PathBuf> {
    // A link leads to a folder that holds the rest of the programs as well.
    environment
        .search_path
        .iter()
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|program| program.parent().map(Path::to_path_buf))
        .collect()
}

fn installed_side_by_side(environment: &Environment) -> Vec<PathBuf> {
    SIDE_BY_SIDE
        .iter()
        .flat_map(|&(parent, prefix)| newest_first(&environment.fixed(parent), prefix))
        .map(|version| version.join("bin"))
        .collect()
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut versions: Vec<(Vec<u32>, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches('@');
            let numbers = version.split('.').map_while(|part| part.parse().ok());
            Some((numbers.collect(), entry.path()))
        })
        .collect();
    versions.sort_by_key(|version| Reverse(version.clone()));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn told_by_pg_config(environment: &Environment) -> Option<PathBuf> {
    let answer = Command::new(environment.program("pg_config")?)
        .arg("--bindir")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let folder = String::from_utf8(answer.stdout).ok()?;
    Some(PathBuf::from(folder.trim_end()))
}

fn can_run_a_server(environment: &Environment, folder: &Path) -> bool {
    ["initdb", "postgres"].into_iter().all(|name| {
        let program = folder.join(name);
        // Root runs them as somebody else, who must get there.
        is_executable(&program) && (!environment.is_root || environment.is_open_to_all(&program, 0o001))
    })
}

fn docker_answers(docker: &Path) -> bool {
    Command::new(docker)
        .arg("info")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::fake_machine::FakeMachine;

    const DOCKER_THAT_ANSWERS: &str = r#"[ "$*" = info ]"#;
    const DOCKER_WITHOUT_ENGINE: &str = "echo 'cannot connect'; exit 1";

    #[test]
    fn the_order_is_url_then_binaries_then_docker_then_installation_then_a_sentence() {
        let mut machine = FakeMachine::seen_by_root();
        machine.environment.given_url = Some("postgres://ada@db.example:5433/tests".to_owned());
        let folder = machine.binaries("usr/lib/postgresql/15/bin");
        let docker = machine.program("bin/docker", DOCKER_THAT_ANSWERS);
        let apt_get = machine.program("bin/apt-get", "");

        let given = "postgres://ada@db.example:5433/tests".to_owned();
        assert_eq!(choose(&machine.environment), Ok(Source::Given(given)));

        machine.environment.given_url = None;
        let binaries = Source::Startable(Startable::Binaries(folder.clone()));
        assert_eq!(choose(&machine.environment), Ok(binaries));

        fs::remove_dir_all(folder).unwrap();
        let with_docker = Source::Startable(Startable::Docker(docker.clone()));
        assert_eq!(choose(&machine.environment), Ok(with_docker));

        fs::remove_file(docker).unwrap();
        let installable = Source::Installable(apt_get.clone());
        assert_eq!(choose(&machine.environment), Ok(installable));

        fs::remove_file(apt_get).unwrap();
        assert_eq!(choose(&machine.environment), Err(Unavailable::Missing));
    }

    #[test]
    fn a_given_url_of_another_kind_is_refused_whatever_else_is_there() {
        let mut machine = FakeMachine::new();
        machine.binaries("usr/lib/postgresql/15/bin");
        for url in ["sqlite://file", "localhost:5432", "postgres"] {
            machine.environment.given_url = Some(url.to_owned());
            assert_eq!(choose(&machine.environment), Err(Unavailable::NotAUrl));
        }
        machine.environment.given_url = Some("postgresql://localhost/x".to_owned());
        assert!(matches!(choose(&machine.environment), Ok(Source::Given(_))));
    }

    #[test]
    fn docker_without_an_engine_does_not_count() {
        let machine = FakeMachine::new();
        machine.program("bin/docker", DOCKER_WITHOUT_ENGINE);
        assert_eq!(choose(&machine.environment), Err(Unavailable::Missing));
    }

    #[test]
    fn only_root_installs() {
        let mut machine = FakeMachine::seen_by_root();
        let apt_get = machine.program("bin/apt-get", "");
        let installable = Source::Installable(apt_get);
        assert_eq!(choose(&machine.environment), Ok(installable));

        machine.environment.is_root = false;
        assert_eq!(choose(&machine.environment), Err(Unavailable::Missing));
    }

    #[test]
    fn links_in_the_search_path_lead_to_the_folder_of_all_programs() {
        let machine = FakeMachine::new();
        machine.binaries("usr/lib/postgresql/16/bin");
        let own = machine.binaries("opt/own/bin");
        symlink(own.join("initdb"), machine.path("bin/initdb")).unwrap();

        let found = startable(&machine.environment);
        assert_eq!(found, Some(Startable::Binaries(own)));
    }

    #[test]
    fn half_an_installation_does_not_count() {
        let machine = FakeMachine::new();
        // The client package alone, and a wrapper without its server.
        machine.program("usr/lib/postgresql/17/bin/psql", "");
        machine.program("bin/initdb", "");
        assert_eq!(startable(&machine.environment), None);
    }

    #[test]
    fn the_newest_of_several_versions_wins() {
        for parent in ["usr/lib/postgresql/", "usr/pgsql-", "usr/local/opt/postgresql@"] {
            let machine = FakeMachine::new();
            for version in ["9.6", "14", "9.10"] {
                machine.binaries(&format!("{parent}{version}/bin"));
            }
            let newest = machine.path(&format!("{parent}14/bin"));
            let found = startable(&machine.environment);
            assert_eq!(found, Some(Startable::Binaries(newest)), "{parent}");
        }
    }

    #[test]
    fn pg_config_is_asked_last() {
        let machine = FakeMachine::new();
        let told = machine.binaries("srv/database/bin");
        machine.program("bin/pg_config", &format!(r#"[ "$*" = --bindir ] && echo '{}'"#, told.display()));
        let found = startable(&machine.environment);
        assert_eq!(found, Some(Startable::Binaries(told)));

        let usual = machine.binaries("usr/lib/postgresql/15/bin");
        let found = startable(&machine.environment);
        assert_eq!(found, Some(Startable::Binaries(usual)));
    }

    #[test]
    fn root_needs_somebody_to_run_the_server_as() {
        let machine = FakeMachine::seen_by_root();
        machine.binaries("usr/lib/postgresql/15/bin");
        assert!(startable(&machine.environment).is_some());

        machine.file("etc/passwd", "root:x:0:0:root:/:/bin/sh\n");
        assert_eq!(startable(&machine.environment), None);
    }

    #[test]
    fn root_passes_over_binaries_that_only_root_can_reach() {
        let mut machine = FakeMachine::seen_by_root();
        let folder = machine.binaries("closed/postgresql/bin");
        machine.environment.search_path.push(folder.clone());
        machine.folder("closed", 0o700);
        assert_eq!(startable(&machine.environment), None);

        machine.folder("closed", 0o755);
        let found = startable(&machine.environment);
        assert_eq!(found, Some(Startable::Binaries(folder)));
    }
}
