//! The product's server, run by a shell that neither it nor its folder outlives.
//!
//! The shell takes its orders from a pipe. When that ends, because we close it or because we are
//! gone, it ends the server and removes the folder. `kill -9` cannot prevent that: the kernel
//! closes the pipe.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Connection, get};
use super::process;
use crate::failure::Failure;

/// A server that is not ready after so long will never be.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Between two looks whether it is ready.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How much of its log is shown when something is wrong.
const LAST_LINES: usize = 10;

/// A server on a database of its own. It and its folder are gone when dropping has returned.
pub(super) struct Keeper {
    shell: Child,
    /// `None` only while this is dropped.
    orders: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    folder: PathBuf,
    address: SocketAddr,
}

/// A server that runs and is ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) pid: u32,
    /// From the order to start it to its word that it is ready.
    pub(super) started_in: Duration,
}

impl Keeper {
    /// Makes the folder and brings the database up to date.
    pub(super) fn open(binary: &Path, database_url: &str) -> Result<Self, Failure> {
        let address = free_address().map_err(|error| Failure::new(format!("no free port: {error}")))?;
        let mut shell = command(binary, database_url, address)
            .spawn()
            .map_err(|error| Failure::new(format!("the shell `sh` did not start: {error}")))?;
        let orders = shell.stdin.take();
        let replies = shell.stdout.take().ok_or_else(|| Failure::new("the shell has no output"))?;
        let replies = BufReader::new(replies);
        let mut keeper = Self { shell, orders, replies, folder: PathBuf::new(), address };
        keeper.folder = PathBuf::from(keeper.reply()?);
        match keeper.order("migrate")?.as_str() {
            "done" => Ok(keeper),
            _ => Err(keeper.failure("the database cannot be migrated")),
        }
    }

    /// Starts the server and waits until it is ready to serve requests.
    pub(super) fn start(&mut self) -> Result<Running, Failure> {
        let begun = Instant::now();
        let reply = self.order("start")?;
        let pid = reply.parse().map_err(|_| Failure::new(format!("`{reply}` is no process id")))?;
        while !is_ready(self.address) {
            if process::memory(pid).is_none() {
                return Err(self.failure("the server ended"));
            }
            if begun.elapsed() > READY_WITHIN {
                return Err(self.failure("the server does not become ready"));
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(Running { pid, started_in: begun.elapsed() })
    }

    /// Ends the server.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        self.order("stop").map(drop)
    }

    /// Where the server listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    fn order(&mut self, order: &str) -> Result<String, Failure> {
        if let Some(orders) = &mut self.orders {
            let given = writeln!(orders, "{order}");
            given.map_err(|error| Failure::new(format!("the shell is gone: {error}")))?;
        }
        self.reply()
    }

    fn reply(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.replies.read_line(&mut line) {
            Ok(0) => Err(Failure::new("the shell is gone")),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(Failure::new(format!("the shell is gone: {error}"))),
        }
    }

    /// A failure with the last words of the server.
    fn failure(&self, what: &str) -> Failure {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let mut last: Vec<&str> = log.lines().rev().take(LAST_LINES).collect();
        last.reverse();
        Failure::new(format!("{what}; it said:\n{}", last.join("\n")))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        // There is nobody to tell: the shell is gone or it is not.
        let _ = self.shell.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the shell looks for its programs where everybody does")]
fn command(binary: &Path, database_url: &str, address: SocketAddr) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", include_str!("keeper.sh"), "autorisen-bench"])
        .args([&std::env::temp_dir(), binary])
        // Nothing that the surroundings say may change what is measured.
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
        .env("DATABASE_URL", database_url)
        .env("SECRET_KEY", "a secret key that is only for measuring, and long")
        .env("AUTORISEN__SERVER__HOST", address.ip().to_string())
        .env("PORT", address.port().to_string())
        .env("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "1")
        .env("AUTORISEN__AUTH__BCRYPT_COST", "4")
        .env("RATE_LIMIT_PER_MIN", "0")
        .env("LOG_LEVEL", "warn")
        .env("LOG_FORMAT", "json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Not in our group: what a terminal sends to the group must not hit the one that cleans up.
        .process_group(0);
    shell
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> io::Result<bool> {
        let mut connection = Connection::open(address)?;
        connection.send(&get("/api/health/ready", None))?;
        Ok(connection.receive()?.status == 200)
    };
    ask().unwrap_or(false)
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program in place of the server.
    struct Program(PathBuf);

    impl Program {
        fn new(name: &str, script: &str) -> Self {
            let path = std::env::temp_dir().join(format!("autorisen-{name}-{}", std::process::id()));
            // Another process writes it: what this one has open for writing, a child that another
            // test's thread forks has open too, and then it cannot be run.
            let written = Command::new("sh")
                .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod 700 "$1""#, "write"])
                .arg(&path)
                .arg(script)
                .status()
                .unwrap();
            assert!(written.success());
            Self(path)
        }
    }

    impl Drop for Program {
        fn drop(&mut self) {
            fs::remove_file(&self.0).unwrap();
        }
    }

    #[test]
    fn a_server_that_ends_says_why_and_leaves_nothing() {
        let program = Program::new("ends", "[ $1 = serve ] || exit 0; echo 'no such setting' >&2; exit 3");
        let mut keeper = Keeper::open(&program.0, "sqlite://bench.db").unwrap();
        let folder = keeper.folder.clone();
        assert!(folder.is_dir());
        let failure = keeper.start().unwrap_err();
        assert_eq!(failure, Failure::new("the server ended; it said:\nno such setting"));
        drop(keeper);
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_and_what_it_wrote_are_gone_with_its_keeper() {
        let program = Program::new("stays", "[ $1 = serve ] || exit 0; touch data; exec sleep 600");
        let mut keeper = Keeper::open(&program.0, "sqlite://bench.db").unwrap();
        let folder = keeper.folder.clone();
        let pid = keeper.order("start").unwrap().parse().unwrap();
        assert!(process::memory(pid).is_some());
        drop(keeper);
        assert_eq!(process::memory(pid), None);
        assert!(!folder.exists());
    }

    #[test]
    fn a_database_that_cannot_be_migrated_is_a_failure_with_its_reason() {
        let program = Program::new("refuses", "echo \"cannot $1 $2 $DATABASE_URL\"; exit 1");
        let failure = Keeper::open(&program.0, "sqlite://bench.db").err().unwrap();
        let said = "the database cannot be migrated; it said:\ncannot migrate up sqlite://bench.db";
        assert_eq!(failure, Failure::new(said));
    }

    #[test]
    fn a_server_that_was_stopped_can_be_started_again() {
        let program = Program::new("again", "[ $1 = serve ] || exit 0; exec sleep 600");
        let mut keeper = Keeper::open(&program.0, "sqlite://bench.db").unwrap();
        for _ in 0..2 {
            let pid = keeper.order("start").unwrap().parse().unwrap();
            assert!(process::memory(pid).is_some());
            keeper.stop().unwrap();
            assert_eq!(process::memory(pid), None);
        }
    }
}
