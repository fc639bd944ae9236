//! The shell that runs a server and outlives us just long enough to remove it.
//!
//! It holds the reading end of a pipe as its standard input. When that ends, because we close it
//! or because we are gone, it stops the server and removes what belongs to it. `kill -9` cannot
//! prevent that: the kernel closes the pipe.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::environment::Account;

/// The kinds of server, and what each needs to know.
#[derive(Debug)]
pub(crate) enum Task<'a> {
    /// Installed binaries.
    Binaries {
        /// The folder that holds them.
        folder: &'a Path,
        /// Where to make the server's own folder.
        data_in: PathBuf,
        /// Whom to run as, when we are root.
        account: Option<Account>,
        /// The port to listen on.
        port: u16,
        /// Whether it keeps what it acknowledged, whatever happens to it.
        lasting: bool,
    },
    /// A PgBouncer.
    Pooler {
        /// The program.
        program: &'a Path,
        /// Where to make its folder.
        data_in: PathBuf,
        /// Whom to run as, when we are root.
        account: Option<Account>,
        /// The port to listen on.
        port: u16,
        /// The server behind it.
        server: SocketAddr,
    },
    /// A container of this docker.
    Docker {
        /// The program.
        program: &'a Path,
        /// The image to run.
        image: &'a str,
    },
}

/// A running server and its supervisor; both are gone when dropping has returned.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shell: Child,
    /// What keeps the server running, and takes orders.
    lifeline: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

/// How many twentieths of a second a server may take to start. Machines of continuous
/// integration can be very slow.
const LOOKS: u32 = 60 * 20;

impl Supervisor {
    /// Starts a server and waits until it says that it is ready; also answers where it listens.
    ///
    /// # Errors
    ///
    /// What the server, or the shell, said instead.
    pub(crate) fn start(task: Task<'_>) -> Result<(Self, SocketAddr), String> {
        let mut shell = command(task)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Not in our group: what a terminal or a test runner sends to the group must not
            // hit the one that cleans up.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("the shell `sh` did not start: {error}"))?;
        let lifeline = shell.stdin.take();
        let said = BufReader::new(shell.stdout.take().ok_or("the shell has no output")?);
        let mut supervisor = Self { shell, lifeline, said };
        let address = supervisor.address()?;
        Ok((supervisor, address))
    }

    /// Gives an order that is answered with the word `done`.
    ///
    /// # Errors
    ///
    /// What was said instead.
    pub(crate) fn order(&mut self, order: &str) -> Result<(), String> {
        self.write(order)?;
        match self.line()?.trim_end() {
            "done" => Ok(()),
            other => Err(other.to_owned()),
        }
    }

    /// Starts the server again, and waits until it says that it is ready.
    ///
    /// # Errors
    ///
    /// What it said instead.
    pub(crate) fn start_again(&mut self) -> Result<SocketAddr, String> {
        self.write("start")?;
        self.address()
    }

    fn write(&mut self, order: &str) -> Result<(), String> {
        match &mut self.lifeline {
            Some(orders) => writeln!(orders, "{order}").map_err(|error| error.to_string()),
            None => Err("it is being dropped".to_owned()),
        }
    }

    fn line(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.said.read_line(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    /// Where the server says that it listens.
    fn address(&mut self) -> Result<SocketAddr, String> {
        let mut text = self.line()?;
        if let Some(address) = text.strip_prefix("ready ") {
            let address = address.trim_end();
            return address.parse().map_err(|_| format!("it listens at `{address}`, which is no address"));
        }
        self.said.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Err(in_one_line(&text))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // There is nobody to tell: the shell is gone or it is not.
        let _ = self.shell.wait();
    }
}

fn command(task: Task<'_>) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c");
    match task {
        Task::Binaries { folder, data_in, account, port, lasting } => {
            shell
                .args([include_str!("with_binaries.sh"), "autorisen-pgtest"])
                .args([&data_in, folder])
                .args([port.to_string(), LOOKS.to_string()])
                .arg(if lasting { "lasting" } else { "" })
                // The folder we are in may be closed to whom it runs as.
                .current_dir(&data_in)
                // A test runner waits for whoever holds its standard error.
                .stderr(Stdio::null());
            run_as(&mut shell, account);
        }
        Task::Pooler { program, data_in, account, port, server } => {
            shell
                .args([include_str!("with_pooler.sh"), "autorisen-pgtest"])
                .arg(&data_in)
                .arg(program)
                .args([port.to_string(), server.ip().to_string(), server.port().to_string()])
                .arg(LOOKS.to_string())
                .current_dir(&data_in)
                .stderr(Stdio::null());
            run_as(&mut shell, account);
        }
        Task::Docker { program, image } => {
            shell.args([include_str!("with_docker.sh"), "autorisen-pgtest"]).arg(program).arg(image);
        }
    }
    shell
}

fn run_as(shell: &mut Command, account: Option<Account>) {
    if let Some(Account { uid, gid }) = account {
        shell.uid(uid).gid(gid);
    }
}

fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    match lines.join(" ").trim() {
        "" => "nothing".to_owned(),
        line => line.to_owned(),
    }
}
