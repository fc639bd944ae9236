//! The help of the real program, and how wrong usage ends.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::process::{Command, Output};

fn autorisen(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autorisen")).args(args).env_clear().output().unwrap()
}

#[test]
fn help_shows_examples_and_tells_what_the_exit_status_says() {
    let output = autorisen(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for part in [
        "serve",
        "migrate",
        "config",
        "user",
        "keys",
        "Examples:",
        "Exit status:",
        "3  the settings are faulty",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}

#[test]
fn every_command_has_help() {
    for args in [
        &["serve", "--help"][..],
        &["release", "--help"],
        &["migrate", "down", "--help"],
        &["config", "print", "--help"],
        &["user", "create", "--help"],
        &["user", "set-password", "--help"],
        &["user", "set-role", "--help"],
        &["user", "set-administrator", "--help"],
        &["analytics", "report", "--help"],
        &["db", "move", "--help"],
        &["db", "check", "--help"],
        &["db", "end-sessions", "--help"],
        &["backup", "--help"],
        &["backup", "verify", "--help"],
        &["restore", "--help"],
        &["keys", "rotate", "--help"],
        &["keys", "revoke", "--help"],
    ] {
        let output = autorisen(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn the_version_is_told() {
    let output = autorisen(&["--version"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("autorisen {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_ends_with_2_and_says_why_on_standard_error() {
    for args in
        [&["sevre"][..], &["serve", "--port", "1"], &["user", "disable"], &["config", "check", "--names"]]
    {
        let output = autorisen(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}
