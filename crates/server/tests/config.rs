//! The settings as the real program reads them.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the program in `folder` with these variables and no others.
fn autorisen(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autorisen"))
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn settings_in_order_end_with_0() {
    let folder = TempDir::new().unwrap();
    let output = autorisen(folder.path(), &[], &["config", "check"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a check writes nothing");
}

#[test]
fn faulty_settings_end_with_3_and_are_all_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("autorisen.toml"), "[server]\nport = 'marked'\n").unwrap();
    let variables = [("APP_ENV", "production"), ("LOG_LEVEL", "marked"), ("AUTORISEN__X__Y", "marked")];
    let output = autorisen(folder.path(), &variables, &["config", "check"]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(3));
    for name in ["SECRET_KEY", "LOG_LEVEL", "AUTORISEN__X__Y", "server.port in"] {
        assert!(told.contains(name), "{name}: {told}");
    }
    assert!(!told.contains("marked"), "{told}");
}

#[test]
fn settings_come_from_file_environment_and_files_of_secrets() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("other.toml"), "[server]\nport = 1\n[log]\nlevel = 'debug'\n").unwrap();
    fs::write(folder.path().join("key"), "marked\n").unwrap();
    let variables = [("PORT", "2"), ("SECRET_KEY_FILE", "key")];
    let output =
        autorisen(folder.path(), &variables, &["--config", "other.toml", "config", "print", "--json"]);
    let printed: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let value = |key: &str| {
        let settings = printed["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((value("server.port"), value("log.level")), ("2".into(), "debug".into()));
    assert_eq!(value("auth.secret_key"), "********");
    assert!(!stdout(&output).contains("marked"));
}

#[test]
fn output_that_nobody_reads_is_no_panic() {
    let folder = TempDir::new().unwrap();
    let command = format!("{} config print --names | head -n 1", env!("CARGO_BIN_EXE_autorisen"));
    let output = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
    assert_eq!(stderr(&output), "");
}
