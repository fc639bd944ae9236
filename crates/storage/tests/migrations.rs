//! Migrations: there and back on both databases, by many at once, and what is said of them.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use autorisen_domain::health::ReadinessCheck;
use autorisen_storage::migrations::{self, MigrateError};
use autorisen_storage::{DatabaseKind, Db, MigrationsCheck};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use support::Place;

const NAMES: [&str; 11] = [
    "0001_users",
    "0002_sessions",
    "0003_registrations",
    "0004_rate_limits",
    "0005_signing_keys",
    "0006_chat_threads",
    "0009_chat_items",
    "0010_chat_attachments",
    "0011_chat_usage",
    "0012_audit",
    "0013_hosted_sessions",
];

/// How many tables they make.
const TABLES: usize = 14;

#[derive(QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Bool)]
    is_required: bool,
}

#[derive(QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

#[test]
fn every_migration_runs_and_reverts_and_runs_again() {
    for place in Place::both() {
        let url = place.url();
        assert_eq!(migrations::run(&url).unwrap().migrations, NAMES);
        let (tables, indices) = (columns(&place), indices(&place));
        assert_eq!(migrations::run(&url).unwrap().migrations, [""; 0], "there is nothing left to do");

        let reverted = migrations::revert(&url, true).unwrap().migrations;
        assert!(reverted.iter().rev().eq(&NAMES), "the newest first: {reverted:?}");
        assert_eq!(columns(&place), BTreeMap::new(), "no table is left");
        assert_eq!(migrations::revert(&url, true).unwrap().migrations, [""; 0], "nor anything to revert");

        assert_eq!(migrations::run(&url).unwrap().migrations, NAMES);
        assert_eq!(columns(&place), tables, "the same tables as the first time");
        assert_eq!(self::indices(&place), indices, "the same indices as the first time");
    }
}

#[test]
fn migrations_revert_one_by_one_and_each_leaves_what_was_before_it() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        let all = columns(&place);
        for (index, name) in NAMES.iter().enumerate().rev() {
            assert_eq!(migrations::revert(&url, false).unwrap().migrations, [*name]);
            let known = migrations::status(&url).unwrap().known;
            let applied: Vec<_> = known.iter().filter(|known| known.is_applied).collect();
            assert!(applied.iter().map(|known| known.name.as_str()).eq(NAMES[..index].iter().copied()));

            let left = columns(&place);
            assert_eq!(migrations::run(&url).unwrap().migrations, NAMES[index..]);
            assert_eq!(columns(&place), all, "{name} and those after it come back as they were");
            for _ in index..NAMES.len() {
                migrations::revert(&url, false).unwrap();
            }
            assert_eq!(columns(&place), left, "and go again");
        }
        assert_eq!(columns(&place), BTreeMap::new());
    }
}

#[test]
fn both_databases_end_with_the_same_tables_and_indices() {
    let [sqlite, postgres] = Place::both();
    for place in [&sqlite, &postgres] {
        migrations::run(&place.url()).unwrap();
    }
    let tables = columns(&sqlite);
    assert_eq!(tables, columns(&postgres));
    assert_eq!(tables.len(), TABLES, "{:?}", tables.keys());
    assert_eq!(indices(&sqlite), indices(&postgres));
}

#[test]
fn of_ten_migrators_at_once_each_migration_is_run_by_one() {
    for round in 0..4 {
        for place in Place::both() {
            let url = place.url();
            let mut applied = at_once(10, || migrations::run(&url).unwrap().migrations);
            applied.sort();
            assert_eq!(applied, NAMES, "round {round} on {url}");

            let mut reverted = at_once(10, || migrations::revert(&url, true).unwrap().migrations);
            reverted.sort();
            assert_eq!(reverted, NAMES, "round {round} on {url}, back");
        }
    }
}

#[test]
fn the_status_of_a_file_that_is_not_there_says_so_and_makes_none() {
    let place = Place::sqlite();
    let status = migrations::status(&place.url()).unwrap();
    assert!(status.known.iter().map(|known| known.name.as_str()).eq(NAMES));
    assert!(status.known.iter().all(|known| !known.is_applied));
    assert!(!place.url().file().unwrap().exists());
}

#[test]
fn the_status_of_an_empty_schema_changes_nothing_in_it() {
    let place = Place::postgres();
    let status = migrations::status(&place.url()).unwrap();
    assert!(status.known.iter().all(|known| !known.is_applied));
    migrations::run(&place.url()).unwrap();
    let status = migrations::status(&place.url()).unwrap();
    assert!(status.known.iter().all(|known| known.is_applied));
    assert_eq!(status.unknown, [""; 0]);
}

#[test]
fn what_a_newer_version_applied_is_named_and_never_reverted() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        place.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let tables = columns(&place);

        assert_eq!(migrations::status(&url).unwrap().unknown, ["9999"]);
        assert_eq!(migrations::run(&url).unwrap().migrations, [""; 0], "it is no obstacle to a run");
        for all in [false, true] {
            let refused = migrations::revert(&url, all);
            assert!(
                matches!(&refused, Err(MigrateError::Unknown(version)) if version == "9999"),
                "{refused:?}"
            );
        }
        assert_eq!(columns(&place), tables, "nothing was reverted");
    }
}

#[test]
fn a_migration_that_fails_is_named_and_leaves_nothing_of_itself() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        migrations::revert(&url, true).unwrap();
        place.execute("CREATE TABLE rate_limits (unrelated BIGINT)");

        let failed = migrations::run(&url);
        assert!(
            matches!(&failed, Err(MigrateError::Failed { name, .. }) if name == "0004_rate_limits"),
            "{failed:?}"
        );
        place.execute("DROP TABLE rate_limits");
        migrations::run(&url).expect("with the cause gone, the rest runs");
        assert_eq!(columns(&place).len(), TABLES);
    }
}

#[test]
fn rows_that_would_refer_to_missing_rows_are_not_kept_on_sqlite() {
    let place = Place::sqlite();
    let url = place.url();
    migrations::run(&url).unwrap();
    migrations::revert(&url, false).unwrap();
    place.execute(
        "PRAGMA foreign_keys = OFF; \
         INSERT INTO user_profiles (user_id, profile, updated_at) VALUES ('nobody', '{}', 0);",
    );
    let refused = migrations::run(&url);
    assert!(
        matches!(&refused, Err(MigrateError::BrokenReferences(table)) if table == "user_profiles"),
        "{refused:?}"
    );
    assert!(!columns(&place).contains_key("hosted_sessions"), "nothing was kept");
}

#[tokio::test]
async fn readiness_names_what_is_missing_and_a_newer_database_is_no_fault() {
    for place in Place::both() {
        let url = place.url();
        let db = Db::open(place.settings()).unwrap();
        let check = MigrationsCheck::new(db.clone());
        let fault = check.fault().await.expect("a database without tables is not ready");
        assert!(NAMES.iter().all(|name| fault.contains(name)), "{fault}");

        migrations::run(&url).unwrap();
        assert_eq!(check.fault().await, None);
        migrations::revert(&url, false).unwrap();
        let fault = check.fault().await.expect("one is missing");
        assert!(fault.contains("0013_hosted_sessions") && !fault.contains("0012"), "{fault}");

        migrations::run(&url).unwrap();
        place.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        assert_eq!(check.fault().await, None, "a newer version was here");
        db.shutdown();
    }
}

/// What `act` gave in so many threads that begin at the same moment.
fn at_once<T: Send>(count: usize, act: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    act()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// The columns of each table, but for the list of migrations.
fn columns(place: &Place) -> BTreeMap<String, Vec<Column>> {
    let question = match place.url().kind() {
        DatabaseKind::Postgres => {
            "SELECT table_name::text, column_name::text AS name, replace(data_type, 'bytea', 'blob') AS type_name, \
             is_nullable = 'NO' AS is_required \
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        DatabaseKind::Sqlite => {
            "SELECT t.name AS table_name, c.name AS name, lower(c.type) AS type_name, \
             c.\"notnull\" = 1 AS is_required \
             FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
    };
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for column in place.load::<Column>(question) {
        if column.table_name != "__diesel_schema_migrations" {
            tables.entry(column.table_name.clone()).or_default().push(column);
        }
    }
    for columns in tables.values_mut() {
        columns.sort();
    }
    tables
}

/// The names of the indices that migrations name. Those of keys have names of the database's making.
fn indices(place: &Place) -> Vec<Index> {
    let question = match place.url().kind() {
        DatabaseKind::Postgres => {
            "SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = current_schema() \
             AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key' ORDER BY 1"
        }
        DatabaseKind::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1"
        }
    };
    let mut names = place.load::<Index>(question);
    names.sort();
    names
}
