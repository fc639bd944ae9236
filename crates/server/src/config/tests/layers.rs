//! Tests of where values come from.

use std::ffi::OsString;
use std::fs;
use std::net::IpAddr;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use autorisen_domain::rate_limit::LimitPolicy;
use autorisen_http::Origin;
use autorisen_storage::DatabaseKind;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::{faults, folder_with, inputs, loaded, names, settings};
use crate::config::{AppEnv, LogFormat, Source, load};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn nothing_needs_to_be_set_for_development() {
    let settings = settings(&[]);

    let server = settings.server;
    assert_eq!((server.host, server.port, server.public_url), (ip("127.0.0.1"), 8000, None));
    assert_eq!((server.trusted_proxy_hops, server.workers, server.max_connections), (0, 3, 16_000));
    assert_eq!((server.shutdown_timeout, server.request_timeout), (secs(20), secs(15)));
    let origins: Vec<&str> = server.cors_origins.iter().map(Origin::as_str).collect();
    let expected =
        ["http://localhost:3000", "http://127.0.0.1:3000", "http://localhost:5173", "http://127.0.0.1:5173"];
    assert_eq!(origins, expected);

    assert_eq!(settings.app.env, AppEnv::Development);
    assert_eq!(settings.app.version, env!("CARGO_PKG_VERSION"));

    let database = settings.database;
    assert!(database.url.file().is_some_and(|path| path.ends_with("data/autorisen.db")));
    assert_eq!((database.pool_size, database.queue, database.migrate), (8, 1_024, true));
    assert_eq!((database.wait, database.statement_timeout), (secs(2), secs(2)));

    let auth = settings.auth;
    assert!(auth.secret_key.is_none() && auth.secret_key_previous.is_none());
    assert_eq!((auth.bcrypt_cost, auth.hash_threads, auth.hash_queue), (12, 3, 64));
    assert!(auth.pbkdf2_hashes);
    assert_eq!(
        (auth.hash_wait, auth.registration.pending_ttl, auth.csrf_ttl),
        (secs(5), secs(900), secs(86_400))
    );
    assert_eq!((auth.session.access_ttl, auth.session.refresh_grace), (secs(900), secs(20)));
    assert_eq!((auth.session.idle, auth.session.absolute), (secs(604_800), secs(2_592_000)));
    let login = LimitPolicy { attempts: 5, window: secs(300), block: secs(300) };
    assert_eq!((auth.limits.login, auth.limits.per_minute), (login, Some(60)));
    assert_eq!((auth.key_rotate_after, auth.issuer.as_str()), (secs(90 * 86_400), "autorisen"));

    let chat = settings.chat;
    assert!(chat.signing_key.is_none());
    assert_eq!(chat.token_ttl, secs(300));
    assert_eq!((chat.issuer.as_str(), chat.audience.as_str()), ("autorisen-chatkit", "chatkit"));
    assert_eq!(chat.placements.default_name().as_str(), "support");

    assert_eq!((settings.log.format, settings.log.level), (LogFormat::Json, slog::Level::Info));
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn the_environment_stands_over_the_file_and_the_file_over_defaults() {
    let folder = folder_with("[server]\nport = 1000\nworkers = 7\n[log]\nlevel = 'debug'\n");
    let loaded = load(&inputs(folder.path(), &[("AUTORISEN__SERVER__PORT", "2000")]));

    assert_eq!(
        *loaded.values.source("server.port"),
        Source::Environment("AUTORISEN__SERVER__PORT".to_owned())
    );
    assert!(matches!(loaded.values.source("server.workers"), Source::File { .. }));
    assert_eq!(*loaded.values.source("server.host"), Source::Default);
    let settings = loaded.settings().unwrap();
    assert_eq!((settings.server.port, settings.server.workers), (2_000, 7));
    assert_eq!(settings.log.level, slog::Level::Debug);
}

#[test]
fn a_file_is_named_by_argument_or_variable_or_lies_in_the_folder() {
    let folder = folder_with("[server]\nport = 1\n");
    fs::write(folder.path().join("two.toml"), "[server]\nport = 2\n").unwrap();
    fs::write(folder.path().join("three.toml"), "[server]\nport = 3\n").unwrap();
    let port = |inputs| load(&inputs).settings().unwrap().server.port;

    let named = || inputs(folder.path(), &[("AUTORISEN_CONFIG", "two.toml")]);
    assert_eq!(port(inputs(folder.path(), &[])), 1);
    assert_eq!(port(named()), 2);
    let mut both = named();
    both.file = Some(PathBuf::from("three.toml"));
    assert_eq!(port(both), 3);
}

#[test]
fn a_file_that_is_named_must_be_there_and_be_toml() {
    let folder = folder_with("[auth]\nsecret_key = 'marked\n");
    let broken = load(&inputs(folder.path(), &[]));
    assert_eq!(faults(&broken).len(), 1);
    let told = &faults(&broken)[0];
    assert!(told.contains("autorisen.toml is not valid TOML at line 2"), "{told}");
    assert!(!told.contains("marked"), "{told}");

    let missing = load(&inputs(folder.path(), &[("AUTORISEN_CONFIG", "none.toml")]));
    assert!(faults(&missing)[0].starts_with("AUTORISEN_CONFIG names a file that cannot be read"));
}

#[test]
fn a_file_may_hold_lists_numbers_and_flags() {
    let folder = folder_with(
        "[server]\ncors_origins = ['https://a.example.org', 'https://b.example.org']\n\
         [chat]\nplacements = ['support=a,b', 'admin']\n[database]\nmigrate = false\n",
    );
    let settings = load(&inputs(folder.path(), &[])).settings().unwrap();
    assert_eq!(settings.server.cors_origins.len(), 2);
    assert_eq!(settings.chat.placements.default_name().as_str(), "support");
    assert!(!settings.database.migrate);

    let none = folder_with("[server]\ncors_origins = []\n");
    assert_eq!(load(&inputs(none.path(), &[])).settings().unwrap().server.cors_origins, []);
}

#[test]
fn what_a_file_holds_besides_settings_is_named() {
    let folder = folder_with(
        "port = 1\nserver = 'marked'\n[auth]\nbcrypt = 'marked'\nbcrypt_cost = 'marked'\nissuer = 1.5\n\
         [log]\nlevel = ''\nlevel_file = 'marked'\n[oauth]\nkey = 'marked'\n",
    );
    let loaded = load(&inputs(folder.path(), &[]));
    let names: Vec<&str> = names(&loaded).iter().map(|name| name.split(' ').next().unwrap()).collect();
    let expected = [
        "auth.bcrypt",
        "auth.issuer",
        "log.level",
        "log.level_file",
        "oauth.key",
        "port",
        "server",
        "auth.bcrypt_cost",
    ];
    assert_eq!(names, expected);
    assert!(
        faults(&loaded).iter().all(|fault| fault.contains("autorisen.toml") && !fault.contains("marked"))
    );
}

#[test]
fn unknown_variables_are_named_and_those_of_others_left_alone() {
    let loaded = loaded(&[
        ("AUTORISEN__SERVER__PROT", "marked"),
        ("AUTORISEN__SERVER__PORT_FILE", "marked"),
        ("autorisen__server__port", "marked"),
        ("AUTORISEN_SERVICE_HOST", "10.0.0.1"),
        ("AUTORISEN_TEST_POSTGRES_URL", "elsewhere"),
        ("SECRET", "of somebody else"),
    ]);
    let expected = ["AUTORISEN__SERVER__PORT_FILE", "AUTORISEN__SERVER__PROT", "autorisen__server__port"];
    assert_eq!(names(&loaded), expected);
    assert!(faults(&loaded).iter().all(|fault| fault.contains("is no setting") && !fault.contains("marked")));
}

#[test]
fn both_names_of_a_setting_work_and_must_agree() {
    assert_eq!(settings(&[("PORT", "81")]).server.port, 81);
    assert_eq!(settings(&[("AUTORISEN__SERVER__PORT", "81")]).server.port, 81);
    assert_eq!(settings(&[("PORT", "81"), ("AUTORISEN__SERVER__PORT", "81")]).server.port, 81);

    let differ = loaded(&[("PORT", "81"), ("AUTORISEN__SERVER__PORT", "82")]);
    assert_eq!(names(&differ), ["PORT and AUTORISEN__SERVER__PORT"]);
}

#[test]
fn a_variable_that_is_empty_counts_as_not_set() {
    let settings = settings(&[("PORT", ""), ("SECRET_KEY", ""), ("DYNO", "")]);
    assert_eq!((settings.server.port, settings.app.env), (8000, AppEnv::Development));
    assert!(settings.auth.secret_key.is_none());
}

#[test]
fn a_variable_that_is_no_text_is_named() {
    let folder = TempDir::new().unwrap();
    let mut inputs = inputs(folder.path(), &[]);
    inputs.environment.insert("LOG_LEVEL".into(), OsString::from_vec(vec![0xff]));
    inputs.environment.insert("OTHER".into(), OsString::from_vec(vec![0xff]));
    assert_eq!(names(&load(&inputs)), ["LOG_LEVEL"]);
}

#[test]
fn a_secret_may_be_kept_in_a_file() {
    let folder = folder_with("[chat]\nsigning_key_file = 'chat'\n");
    fs::write(folder.path().join("key"), "  kept as it is \n").unwrap();
    fs::write(folder.path().join("previous"), "old\r\n").unwrap();
    fs::write(folder.path().join("chat"), "chat").unwrap();
    fs::write(folder.path().join("database"), "postgres://u:w@localhost/app\n").unwrap();
    let variables = [
        ("SECRET_KEY_FILE", "key"),
        ("AUTORISEN__AUTH__SECRET_KEY_PREVIOUS_FILE", "previous"),
        ("DATABASE_URL_FILE", "database"),
    ];
    let loaded = load(&inputs(folder.path(), &variables));
    assert_eq!(*loaded.values.source("auth.secret_key"), Source::Environment("SECRET_KEY_FILE".to_owned()));
    let settings = loaded.settings().unwrap();
    assert_eq!(settings.auth.secret_key.unwrap().expose_secret(), "  kept as it is ");
    assert_eq!(settings.auth.secret_key_previous.unwrap().expose_secret(), "old");
    assert_eq!(settings.chat.signing_key.unwrap().expose_secret(), "chat");
    assert_eq!(settings.database.url.kind(), DatabaseKind::Postgres);
    assert!(!settings.database.migrate);
}

#[test]
fn a_file_that_holds_no_secret_is_named_with_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    fs::write(path.join("empty"), "\n").unwrap();
    fs::write(path.join("binary"), [0xff]).unwrap();
    fs::write(path.join("long"), "x".repeat(65 * 1024)).unwrap();
    fs::write(path.join("lines"), "marked\nmarked\n").unwrap();
    for (file, problem) in [
        ("missing", "cannot be read"),
        (".", "cannot be read"),
        ("empty", "is empty"),
        ("binary", "is not text"),
        ("long", "is too long"),
        ("lines", "is not valid"),
    ] {
        let loaded = load(&inputs(path, &[("SECRET_KEY_FILE", file)]));
        let faults = faults(&loaded);
        assert_eq!(names(&loaded), ["SECRET_KEY_FILE"], "{file}");
        assert!(faults[0].contains(problem) && !faults[0].contains("marked"), "{}", faults[0]);
    }
}

#[test]
fn a_secret_and_its_file_must_agree() {
    let folder = folder_with("[auth]\nsecret_key = 'one'\nsecret_key_file = 'two'\n");
    fs::write(folder.path().join("two"), "two").unwrap();
    let in_file = load(&inputs(folder.path(), &[]));
    assert!(names(&in_file)[0].starts_with("auth.secret_key and auth.secret_key_file in "));
    let in_environment = load(&inputs(folder.path(), &[("SECRET_KEY", "one"), ("SECRET_KEY_FILE", "two")]));
    assert!(names(&in_environment).contains(&"SECRET_KEY and SECRET_KEY_FILE"));
}
