//! Tests that what is printed of settings tells no secret.

use serde_json::Value;

use super::{Variables, folder_with, inputs, loaded};
use crate::cli::{self, ConfigCommand, ExitCode};
use crate::config::{Loaded, SETTINGS, load};

fn run(command: &ConfigCommand, loaded: &Loaded) -> (ExitCode, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::config::run(command, loaded, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const PLANTED: Variables<'_> = &[
    ("SECRET_KEY", "marked 1"),
    ("SECRET_KEY_PREVIOUS", "marked 2"),
    ("CHATKIT_SIGNING_KEY", "marked 3"),
    ("RECAPTCHA_SECRET", "marked 4"),
    ("DATABASE_URL", "postgres://user:marked@db.example.org/app?sslpassword=marked"),
];

#[test]
fn no_secret_is_printed() {
    let folder = folder_with("[auth]\nsecret_key = 'marked 0'\nmarket = 'marked'\n");
    let in_order = loaded(PLANTED);
    let faulty = load(&inputs(folder.path(), &[&[("APP_ENV", "prod")], &PLANTED[1..]].concat()));
    assert!(in_order.faults.is_empty() && !faulty.faults.is_empty());
    for loaded in [&in_order, &faulty] {
        for json in [false, true] {
            for command in [ConfigCommand::Print { names: false, json }, ConfigCommand::Check { json }] {
                let (_, out, err) = run(&command, loaded);
                assert!(!out.contains("marked") && !err.contains("marked"), "{command:?}: {out}{err}");
            }
        }
    }
    let settings = format!("{:?}", in_order.settings().unwrap());
    assert!(!settings.contains("marked"), "{settings}");
}

#[test]
fn print_shows_values_and_where_they_come_from() {
    let variables = [&[("PORT", "81")], PLANTED].concat();
    let (code, out, err) = run(&ConfigCommand::Print { names: false, json: false }, &loaded(&variables));
    assert_eq!((code, err.as_str()), (ExitCode::Success, ""));
    let lines: Vec<String> =
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "server.port = 81 (PORT)",
        "server.public_url = (none) (default)",
        "auth.secret_key = ******** (SECRET_KEY)",
        "database.url = postgres://db.example.org/app (DATABASE_URL)",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}: {out}");
    }
    assert_eq!(lines.len(), SETTINGS.len());
}

#[test]
fn a_program_can_read_what_is_printed() {
    let faulty = loaded(&[("PORT", "http"), ("LOG_LEVEL", "debug")]);
    let (code, out, err) = run(&ConfigCommand::Print { names: false, json: true }, &faulty);
    assert_eq!(code, ExitCode::Settings);
    assert!(err.contains("PORT"), "{err}");
    let printed: Value = serde_json::from_str(&out).unwrap();
    let find =
        |key: &str| printed["settings"].as_array().unwrap().iter().find(|line| line["key"] == key).unwrap();
    assert_eq!(find("server.port")["value"], "(faulty)");
    assert_eq!(find("auth.secret_key")["value"], Value::Null);
    let level = find("log.level");
    assert_eq!(
        (&level["value"], &level["source"], &level["name"]),
        (&"debug".into(), &"environment".into(), &"LOG_LEVEL".into())
    );

    let (code, out, err) = run(&ConfigCommand::Check { json: true }, &faulty);
    assert_eq!((code, err.as_str()), (ExitCode::Settings, ""));
    let checked: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(checked["ok"], false);
    assert_eq!(checked["faults"][0]["name"], "PORT");
}

#[test]
fn the_names_of_all_settings_are_listed_even_where_settings_are_faulty() {
    let faulty = loaded(&[("PORT", "http")]);
    let (code, text, _) = run(&ConfigCommand::Print { names: true, json: false }, &faulty);
    let (_, json, _) = run(&ConfigCommand::Print { names: true, json: true }, &faulty);
    assert_eq!(code, ExitCode::Success);
    let listed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(listed["settings"].as_array().unwrap().len(), SETTINGS.len());
    for setting in SETTINGS {
        for name in [setting.variables(), setting.file_variables()].concat() {
            assert!(text.contains(&name) && json.contains(&name), "{name}");
        }
    }
}
