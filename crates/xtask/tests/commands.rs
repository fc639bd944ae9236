//! The commands as they are typed: what they print, and their exit codes.

#![expect(clippy::unwrap_used, reason = "the functions that serve the tests fail like tests")]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use autorisen_pgtest::URL_VARIABLE;

#[test]
fn help_goes_to_standard_output_and_succeeds() {
    for help in ["help", "--help", "-h"] {
        let output = xtask(&[help]);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        for command in ["test", "boundaries", "bench", "test-postgres"] {
            assert!(text.contains(command), "{text}");
        }
    }
}

#[test]
fn a_command_that_is_not_known_is_answered_with_the_usage_and_exit_code_2() {
    for arguments in [&[][..], &["deploy"], &["test", "--quick"], &["bench", "--slow"]] {
        let output = xtask(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("Usage: cargo xtask COMMAND"), "{text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn test_postgres_prints_a_url_and_ends_with_its_input() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_autorisen-xtask"))
        .arg("test-postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let url = url.trim_end();
    assert!(url.starts_with("postgres"), "{url}");
    assert_eq!(process.try_wait().unwrap(), None, "it waits");

    drop(process.stdin.take());

    assert!(process.wait().unwrap().success());
    // One that it started itself is gone; one that the environment names belongs to others.
    let own = url.strip_prefix("postgres://postgres@").and_then(|rest| rest.strip_suffix("/postgres"));
    if let Some(address) = own.filter(|_| !another_is_named()) {
        assert!(TcpStream::connect(address).is_err(), "{address} still listens");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that behaves like the command it tests")]
fn another_is_named() -> bool {
    std::env::var_os(URL_VARIABLE).is_some_and(|url| !url.is_empty())
}

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autorisen-xtask")).args(arguments).output().unwrap()
}
