//! A PgBouncer in front of a PostgreSQL.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::environment::{Environment, is_executable};
use crate::install;
use crate::server::{ATTEMPTS, account, free_port};
use crate::startup;
use crate::supervisor::{Supervisor, Task};
use crate::unavailable::Unavailable;

const PROGRAM: &str = "pgbouncer";
/// Where it is for root alone to find.
const USUAL: &str = "usr/sbin/pgbouncer";

/// A PgBouncer that hands a connection to another client after each transaction. It and its folder are
/// gone when this is dropped, or this process ends.
#[derive(Debug)]
pub struct Pooler {
    address: SocketAddr,
    /// Held until the end.
    _supervisor: Supervisor,
}

impl Pooler {
    /// Starts one in front of a server that trusts user `postgres`. As root where `apt-get` exists, it is
    /// installed first where it is missing.
    ///
    /// # Errors
    ///
    /// It is not here, or it did not start.
    pub fn in_front_of(server: SocketAddr) -> Result<Self, Unavailable> {
        let environment = Environment::of_this_process();
        let program = match find(&environment) {
            Some(program) => program,
            None => install(&environment)?,
        };
        let failed = |reason| Unavailable::DidNotStart { with: program.display().to_string(), reason };
        let account = account(&environment).map_err(failed)?;
        let data_in = environment
            .folder_for_data()
            .ok_or_else(|| failed("no temporary folder is open to an unprivileged user".to_owned()))?;
        let mut attempt = 1;
        loop {
            let started = Supervisor::start(Task::Pooler {
                program: &program,
                data_in: data_in.clone(),
                account,
                port: free_port().map_err(|error| failed(format!("no free port: {error}")))?,
                server,
            });
            match started {
                Ok((supervisor, address)) => return Ok(Self { address, _supervisor: supervisor }),
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                Err(reason) => return Err(failed(reason)),
            }
        }
    }

    /// A database of the server, through this.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}?pgbouncer=true", self.address)
    }
}

/// The address of a server on this machine that trusts user `postgres`; `None` for any other URL.
#[must_use]
pub fn trusting_server(url: &str) -> Option<SocketAddr> {
    let address: SocketAddr = url.strip_prefix("postgres://postgres@")?.split('/').next()?.parse().ok()?;
    startup::connect(address).is_ok().then_some(address)
}

fn find(environment: &Environment) -> Option<PathBuf> {
    let usual = environment.fixed(USUAL);
    environment.program(PROGRAM).or_else(|| Some(usual).filter(|path| is_executable(path)))
}

fn install(environment: &Environment) -> Result<PathBuf, Unavailable> {
    let failed = |error: io::Error| Unavailable::NotInstalled { reason: error.to_string() };
    let apt_get = environment.program("apt-get").filter(|_| environment.is_root);
    let apt_get = apt_get.ok_or(Unavailable::NoPooler)?;
    let lock = File::open(&apt_get).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if let Some(program) = find(environment) {
        return Ok(program);
    }
    eprintln!("No PgBouncer is here for the tests: installing it with apt-get.");
    install::packages(&apt_get, PROGRAM)?;
    find(environment).ok_or(Unavailable::NoPooler)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_asks_for_nothing_is_trusting() {
        for url in [
            "postgres://ada:secret@127.0.0.1:5432/d",
            "postgres://postgres@db.example:5432/d",
            "postgres://postgres@127.0.0.1:1/postgres",
        ] {
            assert_eq!(trusting_server(url), None, "{url}");
        }
    }
}
