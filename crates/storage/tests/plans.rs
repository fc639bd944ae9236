//! No statement reads a large table whole, on either database: every statement that the contracts of
//! the ports make an adapter run is recorded, and its plan is looked at over tables with many rows.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use autorisen_domain::error::PortError;
use autorisen_domain::health::ReadinessCheck;
use autorisen_storage::testing::{Filling, Over};
use autorisen_storage::{DatabaseCheck, DatabaseKind, MigrationsCheck, SqlLoginHistory};
use autorisen_testkit::contracts::keep_all_of_repositories;
use autorisen_testkit::fixtures::NOW;
use diesel::prelude::*;
use support::plans::{self, Planner, Statements};
use support::{Place, TestDb};

/// What is recorded is recorded of all tests of a process.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What an operation may do all the same: which fault, and why it is none.
const ALLOWED: [(&str, &str, &str); 15] = [
    ("list sessions", "ORDER BY", "it sorts the sessions of one account, which limits of logins bound"),
    ("list sessions", "Sort by", "the same"),
    (
        "ask for the limit of connections",
        "Seq Scan on pg_authid",
        "it is asked at the start, and roles are few",
    ),
    ("ask for the limit of connections", "Seq Scan on pg_database", "the same of databases"),
    ("ask for the limit of connections", "Sort by", "it sorts three rows"),
    (
        "report tracked events",
        "USE TEMP B-TREE",
        "it groups the sums of days, which are few, and not the events",
    ),
    ("report tracked events", "SCAN parts", "these sums, which were found in the index"),
    ("report tracked events", "Sort by", "the same"),
    ("list migrations", "Sort by", "there are as many as there are migrations"),
    (
        "count limits",
        "SCAN rate_limits",
        "it counts the keys, of which there are never too many, now and then",
    ),
    ("count limits", "Seq Scan on rate_limits", "the same"),
    ("count limits", "whole Index", "the same"),
    ("trim limits", "SCAN rate_limits", "the same, once there are too many"),
    ("trim limits", "Seq Scan on rate_limits", "the same"),
    ("trim limits", "whole Index", "the same"),
];

fn many_rows() -> Filling {
    Filling {
        first: 0,
        accounts: 4_000,
        sessions: 20_000,
        talkers: 400,
        threads: 4_000,
        items: 20_000,
        files: 2_000,
        limits: 1_000,
        now: NOW.micros(),
        password_hash: "none".to_owned(),
    }
}

const OVER: Over = Over {
    sessions: 2_000,
    registrations: 4_000,
    limits: 4_000,
    threads: 1_000,
    items: 3,
    files: 1_000,
    parts: 2,
    usage: 4_000,
    hosted: 4_000,
    audit: 10_000,
    events: 4_000,
    logins: 4_000,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_statement_reads_a_large_table_whole() {
    let _alone = ONE_AT_A_TIME.lock().await;
    plans::record();
    let (mut found, mut spared) = (Vec::new(), BTreeSet::new());
    for place in Place::both() {
        let kind = place.url().kind();
        let test = place.migrated();
        plans::recorded();
        run_everything(&test).await;
        let statements = plans::recorded();
        assert_eq!(not_run(&statements, kind), [""; 0], "operations whose statements nobody saw");

        empty(&test.place);
        fill(&test.place);
        // A SQLite file is as a rule never analyzed, but its owner may do it.
        for analyze in [false, true] {
            if analyze {
                test.place.execute("ANALYZE");
            }
            let faults = faults(&test.place, &statements, &mut spared);
            found.extend(faults.into_iter().map(|fault| format!("{}, {fault}", kind.name())));
        }
        test.db.shutdown();
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Which of several bad plans PostgreSQL takes is its own affair.
    for (operation, ..) in ALLOWED {
        assert!(spared.contains(operation), "{operation} needs nothing to be allowed any more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_without_an_index_is_found() {
    let _alone = ONE_AT_A_TIME.lock().await;
    plans::record();
    for place in Place::both() {
        let test = place.migrated();
        fill(&test.place);
        for (seeded, sql) in [
            ("a column without an index", "SELECT id FROM users WHERE first_name = 'Ada'"),
            ("a part of a text", "SELECT id FROM users WHERE email LIKE '%ada%'"),
            ("an expression of a column", "DELETE FROM sessions WHERE expires_at + 1 < 5"),
            ("counting all", "SELECT count(*) AS id FROM sessions"),
            ("sorting all", "SELECT id FROM sessions ORDER BY user_agent LIMIT 10"),
            ("the middle of an index", "SELECT id FROM chat_threads WHERE created_at > 5"),
            (
                "a join to a column without one",
                "SELECT s.id FROM users u JOIN sessions s ON s.client_ip = u.email",
            ),
        ] {
            plans::recorded();
            test.db
                .transact::<_, PortError, _>("seeded", move |conn| Ok(diesel::sql_query(sql).execute(conn)?))
                .await
                .unwrap();
            let statements = plans::recorded();
            assert!(statements.contains_key("seeded"), "{seeded} was recorded");
            assert!(!faults(&test.place, &statements, &mut BTreeSet::new()).is_empty(), "{seeded} was found");
        }
        test.db.shutdown();
    }
}

/// What refers to a row is found by an index when that row goes.
#[test]
fn every_reference_has_an_index_that_begins_with_it() {
    #[derive(QueryableByName)]
    struct Reference {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    for place in Place::both() {
        let kind = place.url().kind();
        let test = place.migrated();
        let without = match kind {
            DatabaseKind::Sqlite => {
                "SELECT t.name || '.' || f.\"from\" AS name \
                 FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table' AND NOT EXISTS \
                 (SELECT 1 FROM pragma_index_list(t.name) l, pragma_index_info(l.name) i \
                  WHERE i.seqno = 0 AND i.name = f.\"from\" \
                  AND (l.partial = 0 OR EXISTS (SELECT 1 FROM sqlite_master m WHERE m.name = l.name \
                   AND m.sql LIKE '%WHERE ' || f.\"from\" || ' IS NOT NULL')))"
            }
            DatabaseKind::Postgres => {
                "SELECT conrelid::regclass::text AS name FROM pg_constraint c \
                 WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND NOT EXISTS \
                 (SELECT 1 FROM pg_index i \
                  WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] \
                  AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) LIKE '%IS NOT NULL%'))"
            }
        };
        let without = test.place.load::<Reference>(without);
        let names: Vec<&str> = without.iter().map(|reference| reference.name.as_str()).collect();
        assert_eq!(names, [""; 0], "{}", kind.name());
        test.db.shutdown();
    }
}

/// Has every promise of every port kept, over tables that are empty each time, and everything done that
/// is no port's.
async fn run_everything(test: &TestDb) {
    let stores = test.stores();
    keep_all_of_repositories(async || {
        empty(&test.place);
        &stores
    })
    .await;
    assert_eq!(DatabaseCheck::new(test.db.clone()).fault().await, None);
    assert_eq!(MigrationsCheck::new(test.db.clone()).fault().await, None);
    SqlLoginHistory::new(test.db.clone()).sweep(NOW, 10).await.unwrap();
    test.db.server_time().await.unwrap();
    test.db.connection_limit().await.unwrap();
}

fn empty(place: &Place) {
    let tables = [
        "analytics_events",
        "login_history",
        "onboarding_checklists",
        "hosted_sessions",
        "chat_usage",
        "chat_attachment_parts",
        "chat_attachments",
        "chat_items",
        "chat_threads",
        "signing_keys",
        "rate_limits",
        "registrations",
        "sessions",
        "user_profiles",
        "users",
        "audit_log",
    ];
    let deletes = tables.map(|table| format!("DELETE FROM {table}; ")).concat();
    let zero = "(SELECT CASE WHEN 1 = 1 THEN first_hash END FROM audit_head)";
    place.execute(&format!(
        "BEGIN; {deletes} UPDATE audit_head SET last_hash = {zero}, last_seq = first_seq; COMMIT;"
    ));
}

fn fill(place: &Place) {
    let url = place.raw_url();
    many_rows().fill(&url, |_, _, _| {}).unwrap();
    OVER.fill(&url, &many_rows(), |_, _, _| {}).unwrap();
}

/// The faults that nothing allows. Operations that were allowed one are added to `spared`.
fn faults(place: &Place, statements: &Statements, spared: &mut BTreeSet<&'static str>) -> Vec<String> {
    let mut planner = Planner::of(place);
    let mut found = Vec::new();
    for (operation, sqls) in statements {
        for sql in sqls {
            for fault in planner.faults(sql) {
                let allowed =
                    ALLOWED.iter().find(|(name, part, _)| name == operation && fault.contains(part));
                match allowed {
                    Some((name, ..)) => drop(spared.insert(*name)),
                    None => found.push(format!("{operation}: {fault}\n    {sql}")),
                }
            }
        }
    }
    found
}

/// The operations that the sources name and that no statement was recorded of.
fn not_run(statements: &Statements, kind: DatabaseKind) -> Vec<String> {
    let mut operations = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    collect_operations(&source, &mut operations);
    assert!(operations.len() > 50, "they are found in the sources: {operations:?}");
    // SQLite has no clock and no connections to be asked for.
    let of_servers = ["ask for the time", "ask for the limit of connections"];
    let silent = |name: &String| kind == DatabaseKind::Sqlite && of_servers.contains(&name.as_str());
    operations.into_iter().filter(|name| !statements.contains_key(name) && !silent(name)).collect()
}

fn collect_operations(folder: &Path, operations: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_operations(&path, operations);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for call in [".read", ".write", ".transact", "GroupReader::new"] {
            for (_, rest) in text.match_indices(call).map(|(at, found)| (at, &text[at + found.len()..])) {
                let rest = match rest.strip_prefix("::<") {
                    Some(types) => types.split_once('>').map_or("", |(_, rest)| rest),
                    None => rest,
                };
                let argument = rest.strip_prefix('(').map(str::trim_start);
                if let Some(name) = argument.and_then(|text| text.strip_prefix('"')) {
                    operations.insert(name.split('"').next().unwrap_or_default().to_owned());
                }
            }
        }
    }
}
