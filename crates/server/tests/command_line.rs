//! The commands an operator uses, as they are typed.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::process::{Command, Output};

use serde_json::{Value, json};

use support::{PASSWORD, Setup, TestDatabase};

const MOVED_PASSWORD: &str = "correct horse battery";
/// Made with bcrypt of Python.
const MOVED_HASH: &str = "$2y$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW";

on_both_databases! {
    migrations_go_up_down_and_up_again,
    a_migration_that_was_edited_is_refused_and_shown,
    what_a_newer_version_applied_is_shown,
    ten_migrators_at_once_apply_each_migration_once,
    a_release_migrates_and_shows_that_the_build_can_serve,
    accounts_are_made_listed_and_changed,
    keys_are_listed_and_not_rotated_too_soon,
    the_secret_key_is_changed_in_two_steps,
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn migrations_go_up_down_and_up_again(database: &TestDatabase) {
    let run = |args: &[&str]| out(&Setup::on(database).args(args).output());
    assert!(run(&["migrate", "status"]).starts_with("missing  0001_users"));
    assert!(run(&["migrate", "up"]).contains("applied 0001_users"));
    assert_eq!(run(&["migrate", "up"]), "Nothing to do.\n");
    assert!(run(&["migrate", "down"]).starts_with("reverted "));
    let status: Value = serde_json::from_str(&run(&["migrate", "status", "--json"])).unwrap();
    let missing =
        status["migrations"].as_array().unwrap().iter().filter(|one| one["applied"] == false).count();
    assert_eq!(missing, 1, "{status}");
    run(&["migrate", "down", "--all"]);
    assert!(run(&["migrate", "up"]).contains("applied 0001_users"));
}

fn a_migration_that_was_edited_is_refused_and_shown(database: &TestDatabase) {
    let setup = Setup::on(database);
    let run = |args: &[&str]| setup.clone().args(args).output();
    out(&run(&["migrate", "up"]));
    database.execute(&format!(
        "UPDATE migration_records SET checksum = '{}' WHERE version = '0002'",
        "0".repeat(64)
    ));
    for args in [&["migrate", "up"][..], &["release"], &["serve", "--migrate"]] {
        let refused = run(args);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        let said = said + &String::from_utf8_lossy(&refused.stdout);
        assert!(said.contains("0002_sessions changed after it was applied"), "{said}");
    }
    let lines = out(&run(&["migrate", "status"]));
    assert!(lines.starts_with("applied  0001_users\nedited   0002_sessions\napplied  0003"), "{lines}");
    let status: Value = serde_json::from_str(&out(&run(&["migrate", "status", "--json"]))).unwrap();
    assert_eq!(
        status["migrations"][1],
        json!({ "name": "0002_sessions", "applied": true, "edited": true, "contracts": false })
    );
}

fn what_a_newer_version_applied_is_shown(database: &TestDatabase) {
    let run = |args: &[&str]| out(&Setup::on(database).args(args).output());
    run(&["migrate", "up"]);
    database.execute(&format!(
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('9998'), ('9999'); \
         INSERT INTO migration_records VALUES ('9998', '9998_less', '{}', TRUE);",
        "0".repeat(64)
    ));
    let lines = run(&["migrate", "status"]);
    assert!(lines.ends_with("unknown  9998_less  (contracts)\nunknown  9999  (contracts)\n"), "{lines}");
    let status: Value = serde_json::from_str(&run(&["migrate", "status", "--json"])).unwrap();
    assert_eq!(
        status["unknown"],
        json!([{ "name": "9998_less", "contracts": true }, { "name": "9999", "contracts": null }])
    );
}

/// As `cargo xtask previous` of a later version calls the tests of this one.
#[test]
#[expect(clippy::disallowed_methods, reason = "this is about the environment of tests")]
fn a_test_gets_its_database_migrated_by_the_program_that_the_environment_names() {
    const VARIABLE: &str = "AUTORISEN_TEST_MIGRATOR";
    if std::env::var_os(VARIABLE).is_none() {
        let this = "a_test_gets_its_database_migrated_by_the_program_that_the_environment_names";
        let tests = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env(VARIABLE, env!("CARGO_BIN_EXE_autorisen"))
            .output()
            .unwrap();
        assert!(out(&tests).contains("1 passed"), "{tests:?}");
        return;
    }
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        assert_eq!(out(&Setup::on(&database).args(&["migrate", "up"]).output()), "Nothing to do.\n");
    }
}

fn ten_migrators_at_once_apply_each_migration_once(database: &TestDatabase) {
    let said: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| out(&Setup::on(database).args(&["migrate", "up"]).output())))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(said.concat().matches("applied 0001_users").count(), 1, "{said:?}");
}

fn a_release_migrates_and_shows_that_the_build_can_serve(database: &TestDatabase) {
    // The port of the server may be taken by the build that is to be replaced.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let setup = Setup::on(database).args(&["release"]).set("PORT", &port).set("RATE_LIMIT_PER_MIN", "2");
    let said = out(&setup.output());
    assert!(said.contains("0001_users") && said.ends_with("This build can serve.\n"), "{said}");
    assert_eq!(said.matches("ok ").count(), 5, "{said}");

    // Within the same minute the next login is one too many, and that is not the answer that is due.
    let refused = setup.output();
    let said = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("migrations applied: 0"), "{said}");
    assert!(said.contains("FAILED  POST /api/auth/login: 401 was due, 429 came"), "{said}");
}

fn accounts_are_made_listed_and_changed(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let run = |args: &[&str]| Setup::on(database).args(args).output();
    let create = [
        "user",
        "create",
        "--email",
        "Ada@example.org",
        "--first-name",
        "Ada",
        "--last-name",
        "Example",
        "--role",
        "customer",
        "--password-stdin",
    ];
    let made = Setup::on(database).args(&create).output_with_input(&format!("{PASSWORD}\n"));
    assert!(out(&made).contains("ada@example.org  Customer  active"), "{made:?}");
    let again = Setup::on(database).args(&create).output_with_input(PASSWORD);
    assert_eq!(again.status.code(), Some(4), "{again:?}");
    let moved: Vec<&str> = create
        .iter()
        .map(|argument| match *argument {
            "Ada@example.org" => "grace@example.org",
            "--password-stdin" => "--hash-stdin",
            argument => argument,
        })
        .collect();
    let unread = Setup::on(database).args(&moved).output_with_input("5f4dcc3b5aa765d61d8327deb882cf99\n");
    assert_eq!(unread.status.code(), Some(2), "{unread:?}");
    out(&Setup::on(database).args(&moved).output_with_input(&format!("{MOVED_HASH}\n")));
    for _ in 0..2 {
        // The first login replaces the hash.
        assert_eq!(server.client().login("grace@example.org", MOVED_PASSWORD).status, 200);
    }
    let weak = Setup::on(database).args(&create).output_with_input("short");
    assert_eq!(weak.status.code(), Some(2), "{weak:?}");

    let tokens = server.client().login("ada@example.org", PASSWORD).json();
    assert_eq!(tokens["email_verified"], true);
    assert!(out(&run(&["user", "set-role", "ada@example.org", "Developer"])).contains("Developer"));
    assert_eq!(server.client().me(&tokens["access_token"]).status, 401, "a new role takes a new session");
    let tokens = server.client().login("ada@example.org", PASSWORD).json();
    out(&run(&["user", "revoke-sessions", "ada@example.org"]));
    assert_eq!(server.client().me(&tokens["access_token"]).status, 401);
    assert!(out(&run(&["user", "disable", "ada@example.org"])).contains("disabled"));
    assert_eq!(server.client().login("ada@example.org", PASSWORD).status, 401);
    assert!(out(&run(&["user", "enable", "ada@example.org"])).contains("active"));
    assert_eq!(server.client().login("ada@example.org", PASSWORD).status, 200);

    let listed: Value = serde_json::from_str(&out(&run(&["user", "list", "--json"]))).unwrap();
    assert_eq!(listed["users"][0]["email"], "ada@example.org");
    assert_eq!(listed["next"], json!(null));
    assert_eq!(run(&["user", "disable", "nobody@example.org"]).status.code(), Some(4));
    assert_eq!(run(&["user", "disable", "no address"]).status.code(), Some(2));
}

fn keys_are_listed_and_not_rotated_too_soon(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let listed = out(&Setup::on(database).args(&["keys", "list", "--json"]).output());
    let keys: Value = serde_json::from_str(&listed).unwrap();
    let states: Vec<&Value> = keys["keys"].as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert_eq!(states, ["current", "next"]);
    let published = server.client().get("/.well-known/jwks.json").send().json();
    assert!(published.to_string().contains(keys["keys"][0]["kid"].as_str().unwrap()));
    let early = Setup::on(database).args(&["keys", "rotate"]).output();
    assert_eq!(early.status.code(), Some(4), "{early:?}");
    let other = Setup::on(database)
        .set("SECRET_KEY", "another secret key, also only for tests")
        .args(&["keys", "list"]);
    assert_eq!(other.output().status.code(), Some(1), "a wrong master key is said, not worked around");
}

fn the_secret_key_is_changed_in_two_steps(database: &TestDatabase) {
    const SECOND: &str = "the second secret key, that is only for tests";
    let setup = Setup::on(database);
    let tokens = setup.start().client().register("ada@example.org");
    let first = "a secret key that is only for tests, and long";
    let changing = setup.clone().set("SECRET_KEY", SECOND).set("SECRET_KEY_PREVIOUS", first);
    assert_eq!(changing.start().client().me(&tokens["access_token"]).status, 200, "nobody is signed out");

    let changed = setup.set("SECRET_KEY", SECOND).start();
    assert_eq!(changed.client().get("/readyz").send().status, 200);
    assert_eq!(changed.client().me(&tokens["access_token"]).status, 200, "the signing keys came along");
    assert_eq!(changed.client().login("ada@example.org", PASSWORD).status, 200);
}

#[test]
fn a_wrong_folder_is_said_and_no_database_is_made_there() {
    let database = TestDatabase::sqlite();
    for args in [&["user", "list"][..], &["user", "disable", "ada@example.org"], &["keys", "list"]] {
        let output = Setup::on(&database).args(args).output();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("there is no database at"), "{output:?}");
    }
    assert!(!database.folder().join("test.db").exists());
}

#[test]
fn a_release_without_a_database_fails() {
    let database = TestDatabase::sqlite();
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable";
    let ended = Setup::on(&database).args(&["release"]).set("DATABASE_URL", nowhere).output();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "");
}
