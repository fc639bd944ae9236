//! Migrations: there and back on both databases, by many at once, and what is said of them.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use autorisen_domain::health::ReadinessCheck;
use autorisen_storage::migrations::{self, MigrateError};
use autorisen_storage::{Db, MigrationsCheck};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use support::Place;
use support::structure::{self, Facts};

const NAMES: [&str; 20] = [
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
    "0015_analytics",
    "0016_onboarding",
    "0017_login_history",
    "0018_legacy_imports",
    "0019_attachment_index",
    "0020_analytics_counts",
    "0021_administrators",
    "0022_analytics_report",
    "0023_session_expiry_hour",
];

const NEWEST: &str = NAMES[NAMES.len() - 1];

/// How many tables they make.
const TABLES: usize = 20;

#[test]
fn every_migration_runs_and_reverts_and_runs_again() {
    for place in Place::both() {
        let url = place.url();
        assert_eq!(migrations::run(&url).unwrap().migrations, NAMES);
        let tables = structure::of(&place);
        assert_eq!(count_of_tables(&place), TABLES);
        assert_eq!(migrations::run(&url).unwrap().migrations, [""; 0], "there is nothing left to do");

        let reverted = migrations::revert(&url, true).unwrap().migrations;
        assert!(reverted.iter().rev().eq(&NAMES), "the newest first: {reverted:?}");
        assert_eq!(structure::of(&place), Facts::new(), "no table is left");
        assert_eq!(migrations::revert(&url, true).unwrap().migrations, [""; 0], "nor anything to revert");

        assert_eq!(migrations::run(&url).unwrap().migrations, NAMES);
        assert_eq!(structure::of(&place), tables, "the same tables as the first time");
    }
}

#[test]
fn migrations_revert_one_by_one_and_each_leaves_what_was_before_it() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        let all = structure::of(&place);
        for (index, name) in NAMES.iter().enumerate().rev() {
            assert_eq!(migrations::revert(&url, false).unwrap().migrations, [*name]);
            let known = migrations::status(&url).unwrap().known;
            let applied: Vec<_> = known.iter().filter(|known| known.is_applied).collect();
            assert!(applied.iter().map(|known| known.name.as_str()).eq(NAMES[..index].iter().copied()));

            let left = structure::of(&place);
            assert_eq!(migrations::run(&url).unwrap().migrations, NAMES[index..]);
            assert_eq!(structure::of(&place), all, "{name} and those after it come back as they were");
            for _ in index..NAMES.len() {
                migrations::revert(&url, false).unwrap();
            }
            assert_eq!(structure::of(&place), left, "and go again");
        }
        assert_eq!(structure::of(&place), Facts::new());
    }
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
    assert_eq!(status.unknown, []);
}

#[test]
fn what_a_newer_version_applied_is_named_and_never_reverted() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        place.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let tables = structure::of(&place);

        let [unknown] = &migrations::status(&url).unwrap().unknown[..] else { panic!("there is one") };
        assert_eq!((unknown.name.as_str(), unknown.contracts), ("9999", None));
        assert_eq!(migrations::run(&url).unwrap().migrations, [""; 0], "it is no obstacle to a run");
        for all in [false, true] {
            let refused = migrations::revert(&url, all);
            assert!(
                matches!(&refused, Err(MigrateError::Unknown(version)) if version == "9999"),
                "{refused:?}"
            );
        }
        assert_eq!(structure::of(&place), tables, "nothing was reverted");
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
        assert_eq!(count_of_tables(&place), TABLES);
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
    assert_eq!(migrations::status(&url).unwrap().missing(), [NEWEST], "nothing was kept");
}

#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Record {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    checksum: String,
    #[diesel(sql_type = Bool)]
    contracts: bool,
}

fn records(place: &Place) -> Vec<Record> {
    place.load("SELECT name, checksum, contracts FROM migration_records ORDER BY version")
}

#[test]
fn a_record_is_kept_of_each_applied_migration_and_goes_with_it() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        let all = records(&place);
        assert!(all.iter().map(|record| record.name.as_str()).eq(NAMES));
        let checksums: BTreeSet<_> = all.iter().map(|record| &record.checksum).collect();
        assert_eq!(checksums.len(), NAMES.len(), "each has its own");
        migrations::revert(&url, false).unwrap();
        assert_eq!(records(&place), all[..NAMES.len() - 1]);
        migrations::revert(&url, true).unwrap();
        assert_eq!(records(&place), []);
        migrations::run(&url).unwrap();
        assert_eq!(records(&place), all);
    }
}

#[test]
fn an_edited_migration_is_refused_with_its_name_before_anything_happens() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        migrations::revert(&url, false).unwrap();
        // As if what was applied had been another text than the one that is embedded.
        let other = "UPDATE migration_records SET checksum = '{}' WHERE version = '0003'";
        place.execute(&other.replace("{}", &"a".repeat(64)));

        let tables = structure::of(&place);
        let refused = migrations::run(&url);
        assert!(
            matches!(&refused, Err(MigrateError::Edited(names)) if names == &["0003_registrations"]),
            "{refused:?}"
        );
        let said = refused.unwrap_err().to_string();
        assert!(
            said.contains("0003_registrations") && said.contains("changed after it was applied"),
            "{said}"
        );
        assert_eq!(structure::of(&place), tables, "what is missing was not applied either");
        let status = migrations::status(&url).unwrap();
        assert_eq!(status.edited(), ["0003_registrations"]);
        assert_eq!(status.missing(), [NEWEST]);
        // The way out of it for who edits what was never released.
        migrations::revert(&url, true).unwrap();
        assert_eq!(migrations::run(&url).unwrap().migrations, NAMES);
        assert_eq!(migrations::status(&url).unwrap().edited(), [""; 0]);
    }
}

#[test]
fn what_was_applied_before_records_were_kept_gets_its_record_with_the_next_run() {
    for place in Place::both() {
        let url = place.url();
        migrations::run(&url).unwrap();
        let all = records(&place);
        migrations::revert(&url, false).unwrap();
        place.execute("DROP TABLE migration_records");
        assert_eq!(migrations::status(&url).unwrap().missing(), [NEWEST]);

        assert_eq!(migrations::run(&url).unwrap().migrations, [NEWEST]);
        assert_eq!(records(&place), all);
        // Also one by one, and where there is nothing else to do.
        place.execute("DELETE FROM migration_records WHERE version > '0009'");
        assert_eq!(migrations::run(&url).unwrap().migrations, [""; 0]);
        assert_eq!(records(&place), all);
        // A version without records could revert one, and apply it again after it was edited.
        place.execute(
            "DELETE FROM __diesel_schema_migrations WHERE version = '0013'; DROP TABLE hosted_sessions; \
             UPDATE migration_records SET checksum = replace(checksum, 'a', 'b') WHERE version = '0013'",
        );
        assert_eq!(migrations::run(&url).unwrap().migrations, ["0013_hosted_sessions"]);
        assert_eq!(records(&place), all);
    }
}

/// A server migrates at every start, and is not to read millions of rows for that.
#[test]
fn with_nothing_to_migrate_no_table_is_read() {
    let place = Place::sqlite();
    migrations::run(&place.url()).unwrap();
    place.execute(
        "PRAGMA foreign_keys = OFF; \
         INSERT INTO user_profiles (user_id, profile, updated_at) VALUES ('nobody', '{}', 0);",
    );
    let report = migrations::run(&place.url()).expect("what was not looked at was not found");
    assert_eq!(report.migrations, [""; 0]);
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
        assert!(fault.contains(NEWEST) && !fault.contains("0018"), "{fault}");

        migrations::run(&url).unwrap();
        place.execute(&newer("9998_more", false));
        assert_eq!(check.fault().await, None, "a newer version was here");
        place.execute(&newer("9999_less", true));
        let fault = check.fault().await.expect("what is needed may be gone");
        assert!(fault.contains("newer version") && fault.contains("9999_less"), "{fault}");
        assert!(!fault.contains("9998_more"), "{fault}");

        place.execute("UPDATE migration_records SET contracts = FALSE WHERE version = '9999'");
        assert_eq!(check.fault().await, None);
        place.execute("DELETE FROM migration_records WHERE version = '9999'");
        let fault = check.fault().await.expect("nobody knows what it did");
        assert!(fault.contains("9999"), "{fault}");
        db.shutdown();
    }
}

/// What a newer version leaves of a migration that this one does not know.
fn newer(name: &str, contracts: bool) -> String {
    let version = &name[..4];
    format!(
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}'); \
         INSERT INTO migration_records VALUES ('{version}', '{name}', '{:064}', {contracts});",
        0
    )
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

/// How many tables there are, but for those of the migrator.
fn count_of_tables(place: &Place) -> usize {
    structure::of(place).keys().filter(|subject| subject.starts_with("columns of ")).count()
}
