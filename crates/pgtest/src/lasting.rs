//! A PostgreSQL that keeps what it acknowledged, to be stopped and started again.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::discovery::{self, Startable};
use crate::environment::Environment;
use crate::server::{start_binaries, with_binaries};
use crate::startup;
use crate::supervisor::Supervisor;
use crate::unavailable::Unavailable;

/// Recovery may have much to do on a slow machine.
const CONNECTABLE_WITHIN: Duration = Duration::from_secs(30);

/// A PostgreSQL that brings commits to disk before it acknowledges them. It stays where it is when it is
/// stopped and started again; it is gone, with its folder, when this is dropped.
#[derive(Debug)]
pub struct LastingServer {
    supervisor: Supervisor,
    address: SocketAddr,
    binaries: PathBuf,
}

impl LastingServer {
    /// Starts one with installed binaries, whatever the environment names. Installs nothing.
    ///
    /// # Errors
    ///
    /// There are no binaries, or it did not start.
    pub fn start() -> Result<Self, Unavailable> {
        Self::start_in(&Environment::of_this_process())
    }

    /// The same, with its data below this folder, in which its user, who is not root, may make one.
    ///
    /// # Errors
    ///
    /// There are no binaries, or it did not start.
    pub fn start_below(folder: &Path) -> Result<Self, Unavailable> {
        Self::start_in(&Environment { temporary: folder.to_owned(), ..Environment::of_this_process() })
    }

    fn start_in(environment: &Environment) -> Result<Self, Unavailable> {
        let Some(Startable::Binaries(binaries)) = discovery::startable(environment) else {
            return Err(Unavailable::Missing);
        };
        match start_binaries(environment, &binaries, true) {
            Ok((supervisor, address)) => Ok(Self { supervisor, address, binaries }),
            Err(reason) => Err(Unavailable::DidNotStart { with: with_binaries(&binaries), reason }),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its database, for a client that reaches it at this address: its own, or that of a proxy.
    #[must_use]
    pub fn url_at(address: SocketAddr) -> String {
        format!("postgres://postgres@{address}/postgres")
    }

    /// The folder of its programs, in which `psql` is too.
    #[must_use]
    pub fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// Ends it as an operator does, who waits for nobody's work.
    ///
    /// # Errors
    ///
    /// The one that looks after it is gone.
    pub fn stop(&mut self) -> Result<(), Unavailable> {
        self.supervisor.order("stop").map_err(|reason| self.failure(reason))
    }

    /// Ends it at once; its next start is a recovery.
    ///
    /// # Errors
    ///
    /// The one that looks after it is gone.
    pub fn crash(&mut self) -> Result<(), Unavailable> {
        self.supervisor.order("crash").map_err(|reason| self.failure(reason))
    }

    /// Starts it again on its data, and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// It did not start.
    pub fn start_again(&mut self) -> Result<(), Unavailable> {
        let started = self.supervisor.start_again().map_err(|reason| self.failure(reason))?;
        startup::wait_until_connectable(started, CONNECTABLE_WITHIN)
            .map_err(|error| self.failure(error.to_string()))
    }

    /// Waits until it takes connections, and starts it again where it has ended by itself; says whether it
    /// had not.
    ///
    /// # Errors
    ///
    /// It did not start.
    pub fn see_that_it_runs(&mut self) -> Result<bool, Unavailable> {
        let begun = Instant::now();
        loop {
            match startup::connect(self.address) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    return self.start_again().map(|()| false);
                }
                Err(error) if begun.elapsed() >= CONNECTABLE_WITHIN => {
                    return Err(self.failure(error.to_string()));
                }
                // It recovers.
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn failure(&self, reason: String) -> Unavailable {
        Unavailable::DidNotStart { with: with_binaries(&self.binaries), reason }
    }
}
