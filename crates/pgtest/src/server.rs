//! A PostgreSQL for tests: found or started, and stopped when it is dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use crate::discovery::{self, Source, Startable};
use crate::environment::{Account, Environment};
use crate::install;
use crate::startup;
use crate::supervisor::{Supervisor, Task};
use crate::unavailable::Unavailable;

/// A PostgreSQL that tests may use as they like. One that was started here is stopped, and its
/// folder removed, when this is dropped or this process ends, however it ends.
#[derive(Debug)]
pub struct Server {
    url: String,
    /// `None` when the server belongs to somebody else.
    supervisor: Option<Supervisor>,
}

/// The image that Docker runs.
const IMAGE: &str = "postgres:17-alpine";
/// Binaries report that they are ready before they are asked; this is for the last step.
const BINARIES_LIMIT: Duration = Duration::from_secs(10);
/// A container starts its server twice.
const DOCKER_LIMIT: Duration = Duration::from_mins(1);
/// Another process may take the free port that we found; three times in a row it does not.
pub(crate) const ATTEMPTS: u32 = 3;
/// What PostgreSQL says when it did.
const PORT_TAKEN: &str = "Address already in use";

impl Server {
    /// Starts a PostgreSQL with installed binaries, else with Docker, even where the
    /// environment names another one. Installs nothing.
    ///
    /// # Errors
    ///
    /// There is nothing to start, or it did not start.
    pub fn start() -> Result<Self, Unavailable> {
        let environment = Environment::of_this_process();
        let startable = discovery::startable(&environment).ok_or(Unavailable::Missing)?;
        Self::start_with(&environment, &startable)
    }

    /// Where it is, for a client: `postgres://USER@HOST:PORT/DATABASE`, or what the environment
    /// said.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it was started here, and so ends with this value.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.supervisor.is_some()
    }

    pub(crate) fn find_or_start_in(environment: &Environment) -> Result<Self, Unavailable> {
        match discovery::choose(environment)? {
            Source::Given(url) => Ok(Self { url, supervisor: None }),
            Source::Startable(startable) => Self::start_with(environment, &startable),
            Source::Installable(apt_get) => {
                let startable = install::install(environment, &apt_get)?;
                Self::start_with(environment, &startable)
            }
        }
    }

    pub(crate) fn start_with(environment: &Environment, startable: &Startable) -> Result<Self, Unavailable> {
        let (with, started) = match startable {
            Startable::Binaries(folder) => {
                (with_binaries(folder), start_binaries(environment, folder, false))
            }
            Startable::Docker(program) => ("Docker".to_owned(), start_docker(program)),
        };
        match started {
            Ok((supervisor, address)) => Ok(Self {
                url: format!("postgres://postgres@{address}/postgres"),
                supervisor: Some(supervisor),
            }),
            Err(reason) => Err(Unavailable::DidNotStart { with, reason }),
        }
    }
}

/// What is started, in the words of an error.
pub(crate) fn with_binaries(folder: &Path) -> String {
    format!("the server binaries in {}", folder.display())
}

pub(crate) fn start_binaries(
    environment: &Environment,
    folder: &Path,
    lasting: bool,
) -> Result<(Supervisor, SocketAddr), String> {
    let account = account(environment)?;
    let data_in =
        environment.folder_for_data().ok_or("no temporary folder is open to an unprivileged user")?;
    let mut attempt = 1;
    loop {
        let started = Supervisor::start(Task::Binaries {
            folder,
            data_in: data_in.clone(),
            account,
            port: free_port().map_err(|error| format!("no free port: {error}"))?,
            lasting,
        });
        match started {
            Err(reason) if reason.contains(PORT_TAKEN) && attempt < ATTEMPTS => attempt += 1,
            Err(reason) => return Err(reason),
            Ok(started) => return connectable(started, BINARIES_LIMIT),
        }
    }
}

fn start_docker(program: &Path) -> Result<(Supervisor, SocketAddr), String> {
    let started = Supervisor::start(Task::Docker { program, image: IMAGE })?;
    connectable(started, DOCKER_LIMIT)
}

fn connectable(
    (supervisor, address): (Supervisor, SocketAddr),
    limit: Duration,
) -> Result<(Supervisor, SocketAddr), String> {
    match startup::wait_until_connectable(address, limit) {
        Ok(()) => Ok((supervisor, address)),
        Err(error) => Err(format!("no connection to {address}: {error}")),
    }
}

pub(crate) fn account(environment: &Environment) -> Result<Option<Account>, String> {
    if !environment.is_root {
        return Ok(None);
    }
    match environment.unprivileged_account() {
        None => Err("there is neither a user postgres nor a user nobody".to_owned()),
        account => Ok(account),
    }
}

pub(crate) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::thread;

    use super::*;
    use crate::fake_machine::FakeMachine;

    #[test]
    fn a_given_server_is_used_as_it_is() {
        let mut machine = FakeMachine::new();
        let url = "postgres://ada@db.example/tests";
        machine.environment.given_url = Some(url.to_owned());
        let server = Server::find_or_start_in(&machine.environment).unwrap();
        assert_eq!(server.url(), url);
        assert!(!server.is_ours());
    }

    #[test]
    fn a_container_listens_on_loopback_and_goes_with_its_server() {
        let machine = FakeMachine::new();
        let calls = machine.path("calls");
        let address = answer_one_client();
        machine.program(
            "bin/docker",
            &format!(
                r#"echo "$*" >>'{}'
                case $1 in
                    run) echo c0ffee ;;
                    port) echo {address} ;;
                esac"#,
                calls.display()
            ),
        );

        let server = Server::find_or_start_in(&machine.environment).unwrap();
        assert_eq!(server.url(), format!("postgres://postgres@{address}/postgres"));
        assert!(server.is_ours());
        let so_far = fs::read_to_string(&calls).unwrap();
        let lines: Vec<&str> = so_far.lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "info");
        assert!(
            lines[1].starts_with("run --rm -d -p 127.0.0.1::5432 -e POSTGRES_HOST_AUTH_METHOD=trust")
                && lines[1].contains(IMAGE),
            "{}",
            lines[1]
        );
        assert_eq!(lines[2], "port c0ffee 5432/tcp");

        drop(server);
        let last = fs::read_to_string(&calls).unwrap();
        assert_eq!(last.lines().last(), Some("rm --force --volumes c0ffee"));
    }

    #[test]
    fn a_container_that_does_not_start_is_a_failure_of_docker() {
        let machine = FakeMachine::new();
        machine.program("bin/docker", r#"[ "$1" = info ]"#);
        let failure = Server::find_or_start_in(&machine.environment).unwrap_err();
        assert_eq!(
            failure,
            Unavailable::DidNotStart { with: "Docker".to_owned(), reason: "docker run failed".to_owned() }
        );
    }

    #[test]
    fn binaries_that_fail_say_why_and_leave_nothing() {
        let machine = FakeMachine::new();
        let temporary = machine.path("tmp");
        let seen = machine.path("seen");
        machine.program(
            "usr/lib/postgresql/15/bin/initdb",
            &format!(
                "ls '{}' >'{}'; echo 'first line'; echo 'no space left' >&2; exit 1",
                temporary.display(),
                seen.display()
            ),
        );
        machine.program("usr/lib/postgresql/15/bin/postgres", "");
        let failure = Server::find_or_start_in(&machine.environment).unwrap_err();
        match &failure {
            Unavailable::DidNotStart { reason, .. } => {
                assert_eq!(reason, "first line no space left");
            }
            other => panic!("{other:?}"),
        }
        let seen = fs::read_to_string(seen).unwrap();
        assert!(seen.starts_with("autorisen-pgtest."), "{seen}");
        assert_eq!(fs::read_dir(temporary).unwrap().count(), 0);
    }

    #[test]
    fn a_port_that_was_taken_meanwhile_is_replaced_by_another() {
        let machine = FakeMachine::new();
        let attempts = machine.path("attempts");
        machine.program("usr/lib/postgresql/15/bin/initdb", "");
        machine.program(
            "usr/lib/postgresql/15/bin/postgres",
            &format!("echo try >>'{}'; echo 'could not bind: {PORT_TAKEN}'; exit 1", attempts.display()),
        );
        let failure = Server::find_or_start_in(&machine.environment).unwrap_err();
        assert!(failure.to_string().contains(PORT_TAKEN), "{failure}");
        let attempts = fs::read_to_string(attempts).unwrap();
        assert_eq!(attempts.lines().count(), 3);
    }

    /// Plays a PostgreSQL towards one client, and answers where.
    fn answer_one_client() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut asked = [0; 8];
            client.read_exact(&mut asked).unwrap();
            client.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").unwrap();
            // Until the client says goodbye.
            let _ = client.read_to_end(&mut Vec::new());
        });
        address
    }
}
