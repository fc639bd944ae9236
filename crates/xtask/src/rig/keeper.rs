//! The product's server, run by a shell that neither it nor its folder outlives.
//!
//! The shell takes its orders from a pipe. When that ends, because we close it or because we are
//! gone, it ends the server and removes the folder. `kill -9` cannot prevent that: the kernel
//! closes the pipe.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::iter;
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
pub(crate) struct Keeper {
    shell: Child,
    /// `None` only while this is dropped.
    orders: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    folder: PathBuf,
    address: SocketAddr,
    binary: PathBuf,
    database_url: String,
}

/// Settings of the server, by their names in its environment. No value has a space in it.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// A server that runs and is ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) pid: u32,
    /// From the order to start it to its word that it is ready.
    pub(crate) started_in: Duration,
}

impl Keeper {
    /// Makes the folder and brings the database up to date.
    pub(crate) fn open(binary: &Path, database_url: &str) -> Result<Self, Failure> {
        let address = free_address().map_err(|error| Failure::new(format!("no free port: {error}")))?;
        let mut shell = command(binary, database_url, address)
            .spawn()
            .map_err(|error| Failure::new(format!("the shell `sh` did not start: {error}")))?;
        let orders = shell.stdin.take();
        let replies = shell.stdout.take().ok_or_else(|| Failure::new("the shell has no output"))?;
        let replies = BufReader::new(replies);
        let (binary, database_url) = (binary.to_owned(), database_url.to_owned());
        let folder = PathBuf::new();
        let mut keeper = Self { shell, orders, replies, folder, address, binary, database_url };
        keeper.folder = PathBuf::from(keeper.reply()?);
        match keeper.order("migrate")?.as_str() {
            "done" => Ok(keeper),
            _ => Err(keeper.failure("the database cannot be migrated")),
        }
    }

    /// Starts the server with these settings and waits until it is ready to serve requests.
    pub(crate) fn start(&mut self, settings: Settings<'_>) -> Result<Running, Failure> {
        let begun = Instant::now();
        let words = settings.iter().map(|(name, value)| format!("{name}={value}"));
        let order = iter::once("start".to_owned()).chain(words).collect::<Vec<_>>().join(" ");
        let reply = self.order(&order)?;
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
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        self.order("stop").map(drop)
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The program beside the server: the same database, and these settings.
    pub(crate) fn command(&self, settings: Settings<'_>) -> Command {
        let mut command = Command::new(&self.binary);
        surround(&mut command, &self.database_url, self.address);
        command.envs(settings.iter().copied()).current_dir(&self.folder);
        command
    }

    /// Where the server's folder is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the server that was started last writes its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
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
        let log = fs::read_to_string(self.log()).unwrap_or_default();
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

fn command(binary: &Path, database_url: &str, address: SocketAddr) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", include_str!("keeper.sh"), "autorisen-bench"])
        .args([&std::env::temp_dir(), binary])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Not in our group: what a terminal sends to the group must not hit the one that cleans up.
        .process_group(0);
    surround(&mut shell, database_url, address);
    shell
}

/// Nothing that the surroundings say may change what is measured.
#[expect(clippy::disallowed_methods, reason = "programs are looked for where everybody does")]
fn surround(command: &mut Command, database_url: &str, address: SocketAddr) {
    command
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
        .env("DATABASE_URL", database_url)
        .env("SECRET_KEY", "a secret key that is only for measuring, and long")
        .env("AUTORISEN__SERVER__HOST", address.ip().to_string())
        .env("PORT", address.port().to_string())
        .env("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "1")
        .env("LOG_FORMAT", "json");
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
        let failure = keeper.start(&[]).unwrap_err();
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
    fn settings_reach_the_server_and_the_program_beside_it() {
        let program = Program::new("told", r#"[ "$1" = migrate ] || echo "$1 $LOG_LEVEL $DATABASE_URL""#);
        let mut keeper = Keeper::open(&program.0, "sqlite://bench.db").unwrap();
        let failure = keeper.start(&[("LOG_LEVEL", "warn"), ("X", "y")]).unwrap_err();
        assert_eq!(failure, Failure::new("the server ended; it said:\nserve warn sqlite://bench.db"));
        let output = keeper.command(&[("LOG_LEVEL", "info")]).arg("user").output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "user info sqlite://bench.db\n");
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
