//! Expand and contract: a migration that takes something away says so, in both dialects.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use support::contraction::{Tree, faults, locks};

/// Up to here nothing had been released, and no table had rows.
const OF_EMPTY_TABLES: &str = "0013_hosted_sessions";

/// What the version before can live with, on tables that it knows.
const HARMLESS: [&str; 24] = [
    "CREATE TABLE new (id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36), n BIGINT NOT NULL UNIQUE);",
    "CREATE TABLE new (id TEXT REFERENCES users (id) ON DELETE CASCADE, b TEXT REFERENCES users (id) ON DELETE SET NULL);",
    "CREATE TABLE new (id TEXT); CREATE TABLE newer (id TEXT REFERENCES new (id));",
    "CREATE TABLE new (id TEXT); CREATE UNIQUE INDEX new_id ON new (id); INSERT INTO new (id) SELECT id FROM users;",
    "CREATE TABLE IF NOT EXISTS new (id TEXT); ALTER TABLE new DROP COLUMN id; ALTER TABLE new ADD b TEXT NOT NULL;",
    "CREATE INDEX users_role ON users (role);",
    "create index concurrently if not exists users_role on users (role);",
    "ALTER TABLE users ADD COLUMN x TEXT;",
    "ALTER TABLE users ADD COLUMN x TEXT NOT NULL DEFAULT 'none';",
    "alter table users add x text not null default '', add y bigint default 0;",
    "ALTER TABLE users ADD COLUMN x TEXT CHECK (length(x) BETWEEN 1 AND 64 OR x IN ('a', 'b'));",
    "ALTER TABLE users ADD COLUMN x NUMERIC(10, 2) DEFAULT 0;",
    "ALTER TABLE users ADD COLUMN x TEXT REFERENCES users (id) ON DELETE CASCADE;",
    "ALTER TABLE users ADD COLUMN x TEXT; UPDATE users SET x = role WHERE x IS NULL;",
    "ALTER TABLE users ALTER COLUMN role SET DEFAULT 'Customer';",
    "ALTER TABLE users ADD COLUMN x BIGINT GENERATED ALWAYS AS (created_at / 2) STORED;",
    "ALTER TABLE users SET (fillfactor = 90);",
    "DROP INDEX users_created_at;",
    "DROP INDEX users_created_at; CREATE INDEX users_created_at ON users (created_at, id);",
    "DROP INDEX CONCURRENTLY IF EXISTS users_created_at;",
    "DROP INDEX roles_kind;",
    "DROP INDEX CONCURRENTLY IF EXISTS users_role; CREATE INDEX CONCURRENTLY users_role ON users (role);",
    "ANALYZE users;",
    "-- DROP TABLE users;\n/* DROP TABLE users; */ CREATE TABLE new (note TEXT DEFAULT 'DROP TABLE users;');",
];

/// What it may not live with.
const HARMFUL: [&str; 39] = [
    "DROP TABLE users;",
    "drop table if exists users;",
    "CREATE TABLE new (id TEXT); DROP TABLE users; ALTER TABLE new RENAME TO users;",
    "ALTER TABLE users DROP COLUMN role;",
    "ALTER TABLE users DROP role;",
    "ALTER TABLE users RENAME COLUMN role TO kind;",
    "ALTER TABLE users RENAME role TO kind;",
    "ALTER TABLE users RENAME TO accounts;",
    "ALTER INDEX users_created_at RENAME TO other;",
    "ALTER TABLE users ALTER COLUMN role TYPE BIGINT USING 0;",
    "ALTER TABLE users ALTER role SET DATA TYPE BYTEA;",
    "ALTER TABLE users ALTER COLUMN last_login_at SET NOT NULL;",
    // The version before reads no NULL where there was none.
    "ALTER TABLE users ALTER COLUMN role DROP NOT NULL;",
    "ALTER TABLE users ALTER COLUMN role DROP DEFAULT;",
    "ALTER TABLE users ADD COLUMN x TEXT NOT NULL;",
    "ALTER TABLE users ADD x TEXT DEFAULT 'y', ADD z TEXT NOT NULL;",
    "ALTER TABLE users ADD COLUMN x TEXT NOT NULL CHECK (x IN ('DEFAULT'));",
    "ALTER TABLE users ADD COLUMN x TEXT UNIQUE;",
    "ALTER TABLE users ADD COLUMN x BIGINT CHECK (x > created_at);",
    "ALTER TABLE users ADD COLUMN x TEXT REFERENCES users (id);",
    "ALTER TABLE users ADD COLUMN x TEXT REFERENCES users (id) ON DELETE RESTRICT;",
    "ALTER TABLE users ADD CHECK (length(first_name) < 10);",
    "ALTER TABLE users ADD CONSTRAINT short CHECK (length(first_name) < 10) NOT VALID;",
    "ALTER TABLE users ADD UNIQUE (first_name);",
    "ALTER TABLE users ADD FOREIGN KEY (role) REFERENCES roles (name);",
    "ALTER TABLE users SET SCHEMA other;",
    "CREATE UNIQUE INDEX users_name ON users (first_name);",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_name ON users (first_name) WHERE is_active;",
    "CREATE TABLE new (id TEXT REFERENCES users (id));",
    "CREATE TABLE new (a TEXT REFERENCES users (id), b TEXT REFERENCES users (id) ON DELETE CASCADE);",
    "DROP INDEX users_login;",
    "DROP INDEX of_nobody_knows_what;",
    "DROP INDEX IF EXISTS of_nobody_knows_what;",
    "DROP INDEX IF EXISTS users_login; CREATE INDEX users_login ON users (login);",
    "DELETE FROM users;",
    "UPDATE users SET role = 'Customer';",
    "ALTER TABLE users ADD COLUMN x TEXT; UPDATE users SET x = '', role = 'Customer';",
    "INSERT INTO users (id) VALUES ('x');",
    "CREATE TRIGGER t BEFORE INSERT ON users BEGIN SELECT 1; END;",
];

/// Both dialects with the tables that the examples change.
fn tree() -> [Tree; 2] {
    let before = "CREATE TABLE users (id TEXT NOT NULL); CREATE TABLE roles (name TEXT NOT NULL); \
         CREATE INDEX roles_kind ON roles (kind);";
    // In migrations of their own, so that the tables are old.
    let indexes = "CREATE INDEX users_created_at ON users (created_at);";
    let unique =
        "-- contract: for the sake of the examples\nCREATE UNIQUE INDEX users_login ON users (login);";
    let mut tree = [Tree::default(), Tree::default()];
    for up in [before, indexes, unique] {
        assert_eq!(faults(&mut tree, [up; 2]), [""; 0]);
    }
    tree
}

#[test]
fn what_takes_nothing_away_needs_no_marker() {
    for up in HARMLESS {
        assert_eq!(faults(&mut tree(), [up; 2]), [""; 0], "{up}");
    }
}

#[test]
fn what_takes_something_away_needs_the_marker_whichever_dialect_does_it() {
    for up in HARMFUL {
        let harmless = "CREATE TABLE other (id TEXT);";
        for dialects in [[up, up], [up, harmless], [harmless, up]] {
            assert!(!faults(&mut tree(), dialects).is_empty(), "{up} passes unmarked");
            let marked = dialects.map(|up| format!("-- contract: nobody needs it since 1.2\n{up}"));
            assert_eq!(faults(&mut tree(), [&marked[0], &marked[1]]), [""; 0], "{up}");
            assert!(!faults(&mut tree(), [&marked[0], dialects[1]]).is_empty(), "{up}, marked once");
        }
    }
}

#[test]
fn what_only_looks_like_the_marker_is_refused() {
    for line in [
        "-- contract",
        "-- contract:",
        "-- contract:why",
        "-- Contract: why",
        "--contract: why",
        "-- contract:  ",
    ] {
        let up = format!("{line}\nCREATE TABLE new (id TEXT);");
        assert!(!faults(&mut tree(), [&up; 2]).is_empty(), "{line}");
    }
    let late = "-- What it is about.\n-- contract: why\nDROP TABLE users;";
    let found = faults(&mut tree(), [late; 2]);
    assert!(found.iter().any(|fault| fault.contains("is the first line")), "{found:?}");
}

#[test]
fn an_index_on_a_table_with_rows_is_made_beside_the_work_of_others() {
    for up in ["CREATE INDEX a ON users (role);", "create unique index if not exists a on users (role);"] {
        assert_eq!(locks(up).len(), 1, "{up}");
    }
    for up in [
        "CREATE INDEX CONCURRENTLY a ON users (role);",
        "CREATE TABLE IF NOT EXISTS new (id TEXT); CREATE INDEX a ON new (id);",
        "DROP INDEX a;",
    ] {
        assert_eq!(locks(up), [""; 0], "{up}");
    }
}

#[test]
fn every_migration_stands_in_both_dialects_and_is_marked_as_it_must_be() {
    let folder =
        |dialect: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(dialect);
    let names = |dialect| -> BTreeSet<String> {
        let entries = fs::read_dir(folder(dialect)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));

    let mut tree = [Tree::default(), Tree::default()];
    for name in names("sqlite") {
        for dialect in ["sqlite", "postgres"] {
            let mut files: Vec<_> = fs::read_dir(folder(dialect).join(&name))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            assert_eq!(files, ["down.sql", "up.sql"], "{dialect}/{name}");
        }
        let text = |dialect| fs::read_to_string(folder(dialect).join(&name).join("up.sql")).unwrap();
        assert_eq!(faults(&mut tree, [&text("sqlite"), &text("postgres")]), [""; 0], "{name}");
        if name.as_str() > OF_EMPTY_TABLES {
            assert_eq!(locks(&text("postgres")), [""; 0], "{name}: make it CONCURRENTLY");
        }
    }
}
