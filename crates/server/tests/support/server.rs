//! The real binary, as a child of the test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Client, TestDatabase};

/// Long enough for a slow machine; reached only when something is wrong.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a server, or another command, is to be run.
#[derive(Clone)]
pub struct Setup {
    variables: Vec<(String, String)>,
    args: Vec<String>,
    folder: std::path::PathBuf,
}

impl Setup {
    /// A server for tests on this database: cheap hashes, no limit by address, a free port.
    pub fn on(database: &TestDatabase) -> Self {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("SECRET_KEY", "a secret key that is only for tests, and long"),
            ("PORT", "0"),
            ("LOG_FORMAT", "json"),
            ("RATE_LIMIT_PER_MIN", "0"),
            ("AUTORISEN__AUTH__BCRYPT_COST", "4"),
            ("AUTORISEN__AUTH__PBKDF2_HASHES", "false"),
            ("AUTORISEN__SERVER__WORKERS", "2"),
            ("AUTORISEN__SERVER__HOST", "127.0.0.1"),
            ("AUTORISEN__ADMIN__LISTENER", "off"),
        ];
        Self {
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            args: vec!["serve".to_owned(), "--migrate".to_owned()],
            folder: database.folder().to_owned(),
        }
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn unset(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|&arg| arg.to_owned()).collect();
        self
    }

    /// Runs a command to its end.
    pub fn output(&self) -> Output {
        self.command().stdin(Stdio::null()).output().unwrap()
    }

    /// Begins a command, whose output goes nowhere.
    pub fn spawn(&self) -> Child {
        self.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs a command to its end with this on its standard input.
    pub fn output_with_input(&self, input: &str) -> Output {
        use std::io::Write as _;
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Starts a command, and leaves it to the test.
    pub fn spawn(&self) -> Child {
        self.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Starts a server and waits until it says where it listens.
    pub fn start(&self) -> Running {
        Running::start(self.command())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_autorisen"));
        // Nothing of the machine's own environment may change what a test sees.
        command.env_clear().current_dir(&self.folder).args(&self.args);
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

/// A server that runs until it is dropped.
pub struct Running {
    child: Child,
    address: SocketAddr,
    output: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let (lines, seen) = channel();
        let readers = vec![
            read_lines(child.stdout.take().unwrap(), Arc::clone(&output), Some(lines)),
            read_lines(child.stderr.take().unwrap(), Arc::clone(&output), None),
        ];
        let address = address(&seen).unwrap_or_else(|| {
            let _ = child.kill();
            panic!("the server did not start:\n{}", output.lock().unwrap())
        });
        Self { child, address, output, readers }
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it has written so far.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// The most memory that it has had so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// The memory that it has now, in bytes.
    pub fn resident_memory(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Waits until it has written this.
    #[track_caller]
    pub fn wait_for_output(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.output().contains(text) {
            assert!(Instant::now() < deadline, "{text:?} was never written:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The records that it has written, by the name of their event.
    pub fn events(&self, name: &str) -> Vec<Value> {
        let lines = self.output();
        lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|record| record["event"] == name)
            .collect()
    }

    /// Tells it to stop, as a platform does.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end, and gives its status and everything it wrote.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server does not end:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        };
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        let output = self.output();
        (status, output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(
    from: impl std::io::Read + Send + 'static,
    output: Arc<Mutex<String>>,
    lines: Option<std::sync::mpsc::Sender<String>>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            let mut output = output.lock().unwrap();
            output.push_str(&line);
            output.push('\n');
            drop(output);
            if let Some(lines) = &lines {
                let _ = lines.send(line);
            }
        }
    })
}

/// Waits for the record that says where the server listens; `None` when it ends or takes too long.
fn address(lines: &Receiver<String>) -> Option<SocketAddr> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = match lines.recv_timeout(left) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        };
        // Either form of the log says it: as JSON, or as text for people.
        if line.contains("server.start") {
            let address = line.split("http://").nth(1)?;
            let end = address.find(['"', ',', ' ']).unwrap_or(address.len());
            return address[..end].parse().ok();
        }
    }
}
