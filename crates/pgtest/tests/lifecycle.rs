//! A started server answers, and is gone with its owner, however the owner ends.
//!
//! The owner is a process of its own: this program again, told by a variable to play the owner
//! instead of the test.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the functions that serve the tests fail like tests")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use autorisen_pgtest::{LastingServer, Server, URL_VARIABLE, Unavailable, find_or_start};
use tempfile::TempDir;

const PLAY_THE_OWNER: &str = "AUTORISEN_PGTEST_PLAY_THE_OWNER";
/// What the owner prints where another server is named and none can be started here.
const NOTHING_TO_START: &str = "nothing to start";
/// Generous, for a first start may have to install or to download: only a failing test waits
/// for it.
const LIMIT: Duration = Duration::from_mins(10);

#[test]
fn a_dropped_server_is_gone_with_its_folder() {
    if plays_the_owner() {
        return;
    }
    let Some(mut owner) = Owner::start("a_dropped_server_is_gone_with_its_folder") else {
        return;
    };
    assert!(owner.server_answers());

    // The owner drops its server at the end of its input, and then says so.
    drop(owner.process.stdin.take());
    let mut said = String::new();
    owner.output.read_to_string(&mut said).unwrap();
    assert!(said.contains("dropped"), "{said}");
    // Not later: dropping has returned.
    assert!(!owner.server_answers());
    assert_eq!(owner.folders(), 0);
    assert!(owner.process.wait().unwrap().success());
}

#[test]
fn a_server_is_gone_when_its_owner_was_killed() {
    if plays_the_owner() {
        return;
    }
    let Some(mut owner) = Owner::start("a_server_is_gone_when_its_owner_was_killed") else {
        return;
    };
    assert!(owner.server_answers());

    owner.process.kill().unwrap();
    owner.process.wait().unwrap();

    wait_until("the server is gone", || !owner.server_answers());
    wait_until("its folder is gone", || owner.folders() == 0);
}

#[test]
fn a_server_is_gone_when_its_owner_was_killed_while_it_started() {
    if plays_the_owner() {
        return;
    }
    let name = "a_server_is_gone_when_its_owner_was_killed_while_it_started";
    let place = open_folder();
    let mut process = owner_process(name, place.path());
    let output = BufReader::new(process.stdout.take().unwrap());
    let started = thread::spawn(move || url_from(output).is_some());
    // The folder is there long before the server is. A container has none.
    wait_until("the start has begun", || entries(place.path()) == 1 || started.is_finished());

    process.kill().unwrap();
    process.wait().unwrap();

    wait_until("its folder is gone", || entries(place.path()) == 0);
}

struct Owner {
    process: Child,
    output: BufReader<ChildStdout>,
    address: String,
    place: TempDir,
}

impl Owner {
    /// Starts an owner and waits for its server; `None` where there is nothing to start.
    fn start(test: &str) -> Option<Self> {
        let place = open_folder();
        let mut process = owner_process(test, place.path());
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let Some(url) = url_from(&mut output) else {
            assert!(process.wait().unwrap().success(), "the owner failed");
            return None;
        };
        let address = url
            .strip_prefix("postgres://postgres@")
            .and_then(|rest| rest.strip_suffix("/postgres"))
            .unwrap_or_else(|| panic!("not the promised form: {url}"));
        Some(Self { address: address.to_owned(), process, output, place })
    }

    fn server_answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(&self.address) else {
            return false;
        };
        let mut answer = [0; 9];
        let authentication_ok = *b"R\0\0\0\x08\0\0\0\0";
        stream
            .write_all(b"\0\0\0\x17\0\x03\0\0user\0postgres\0\0")
            .and_then(|()| stream.read_exact(&mut answer))
            .is_ok_and(|()| answer == authentication_ok)
    }

    fn folders(&self) -> usize {
        entries(self.place.path())
    }
}

fn owner_process(test: &str, temporary: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(PLAY_THE_OWNER, "1")
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads until the owner has named its server; `None` where there is nothing to start.
fn url_from(mut output: impl BufRead) -> Option<String> {
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).unwrap() == 0 || line.contains(NOTHING_TO_START) {
            return None;
        }
        // The test runner's own words share the line.
        if let Some(at) = line.find("postgres://") {
            return Some(line[at..].trim_end().to_owned());
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test tells its second process by the environment what to be"
)]
fn plays_the_owner() -> bool {
    if std::env::var_os(PLAY_THE_OWNER).is_none() {
        return false;
    }
    let another_is_named = std::env::var_os(URL_VARIABLE).is_some_and(|url| !url.is_empty());
    let server = match Server::start() {
        Err(Unavailable::Missing) if another_is_named => {
            println!("{NOTHING_TO_START}");
            return true;
        }
        Err(Unavailable::Missing) => find_or_start().unwrap(),
        started => started.unwrap(),
    };
    println!("{}", server.url());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    drop(server);
    println!("dropped");
    true
}

/// A temporary folder that root's server, which is somebody else, can use as well.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    folder
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "still waiting: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_lasting_server_comes_back_at_its_address_with_what_it_acknowledged() {
    let mut server = match LastingServer::start() {
        Ok(server) => server,
        Err(Unavailable::Missing) => return,
        Err(other) => panic!("{other}"),
    };
    let address = server.address();
    let psql = |server: &LastingServer, statement: &str| {
        let url = LastingServer::url_at(address);
        let output = Command::new(server.binaries().join("psql")).args([&url, "-Atc", statement]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(psql(&server, "SHOW fsync"), "on");
    psql(&server, "CREATE TABLE kept (id integer)");
    for round in 0..2 {
        psql(&server, &format!("INSERT INTO kept VALUES ({round})"));
        if round == 0 { server.stop() } else { server.crash() }.unwrap();
        assert!(TcpStream::connect(address).is_err(), "it is gone");
        server.start_again().unwrap();
    }
    assert_eq!(psql(&server, "SELECT count(*) FROM kept"), "2");
}
