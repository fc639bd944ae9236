//! The program as `cargo xtask bench` starts it.

use std::process::Command;

/// The answer to wrong use: that it can be started at all, and what it wants.
#[test]
fn it_says_what_it_wants() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_autorisen-floor")).arg("serve").env_clear().output().unwrap();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "autorisen-floor: PORT is not set\n");
}

#[test]
fn it_makes_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut migrate = Command::new(env!("CARGO_BIN_EXE_autorisen-floor"));
    migrate.args(["migrate", "up"]).env("DATABASE_URL", "sqlite://floor.db").current_dir(folder.path());
    assert!(migrate.status().unwrap().success());
    assert!(folder.path().join("floor.db").is_file());
}
