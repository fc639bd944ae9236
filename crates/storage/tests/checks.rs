//! What must always hold: each rule finds what breaks it, on both databases, and nothing else.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use autorisen_domain::progress::{Progress, Silent};
use autorisen_storage::check::{CheckOptions, Checked, Violation, check};
use autorisen_storage::transfer::TransferError;
use autorisen_testkit::fixtures::NOW;
use support::Place;
use support::filled::id;

const IN_FOLDER: CheckOptions = CheckOptions { now: NOW, bytes_in_folder: true };

fn checked(place: &Place, options: CheckOptions) -> (Checked, Vec<Violation>) {
    let mut found = Vec::new();
    let checked = check(&place.url(), options, &mut Silent, &mut |violation| found.push(violation)).unwrap();
    assert_eq!(checked.violations, found.len() as u64);
    (checked, found)
}

/// What breaks a rule, and the row that is named then.
struct Seed {
    rule: &'static str,
    table: &'static str,
    id: String,
    statements: String,
}

fn seed(
    rule: &'static str,
    table: &'static str,
    id: impl Into<String>,
    statements: impl Into<String>,
) -> Seed {
    Seed { rule, table, id: id.into(), statements: statements.into() }
}

/// A copy of the first session that differs in some columns.
fn session(new: &str, differences: &[(&str, &str)]) -> String {
    let columns = [
        "id",
        "user_id",
        "epoch",
        "created_at",
        "last_used_at",
        "expires_at",
        "absolute_expires_at",
        "revoked_at",
        "end_reason",
        "refresh_digest",
        "previous_digest",
        "replaced_at",
        "sealed_successor",
        "cookie_digest",
        "client_ip",
        "user_agent",
    ];
    let values = columns.map(|column| match differences.iter().find(|(differs, _)| *differs == column) {
        Some((_, value)) => format!("'{value}'"),
        None if column == "id" => format!("'{new}'"),
        None => column.to_owned(),
    });
    format!("INSERT INTO sessions SELECT {} FROM sessions WHERE id = '{}'", values.join(", "), id(1))
}

fn orphans() -> Vec<Seed> {
    let (ada, nobody, nothing) = (id(1), id(8), id(9));
    vec![
        seed(
            "orphan",
            "user_profiles",
            &nobody,
            format!("INSERT INTO user_profiles VALUES ('{nobody}', '{{}}', 0)"),
        ),
        seed("orphan", "sessions", &nothing, session(&nothing, &[("user_id", &nobody)])),
        seed(
            "orphan",
            "chat_threads",
            &nothing,
            format!(
                "INSERT INTO chat_threads (id, user_id, placement, started_at, created_at, updated_at) \
                 VALUES ('{nothing}', '{nobody}', 'support', 0, 0, 0)"
            ),
        ),
        seed(
            "orphan",
            "chat_items",
            format!("{nobody} 1"),
            format!("INSERT INTO chat_items VALUES ('{nobody}', 1, 'item', FALSE, '{{}}', NULL)"),
        ),
        seed(
            "orphan",
            "chat_attachments",
            &nothing,
            format!(
                "INSERT INTO chat_attachments VALUES ('{nothing}', '{nobody}', NULL, 'a', 'text/plain', 1, FALSE, 0)"
            ),
        ),
        seed(
            "orphan",
            "chat_attachments",
            id(10),
            format!(
                "INSERT INTO chat_attachments VALUES ('{}', '{ada}', '{nobody}', 'a', 'text/plain', 1, FALSE, 0)",
                id(10)
            ),
        ),
        seed(
            "orphan",
            "chat_attachment_parts",
            format!("{nobody} 0"),
            format!(
                "INSERT INTO chat_attachment_parts SELECT '{nobody}', part, bytes FROM chat_attachment_parts WHERE part = 0"
            ),
        ),
        seed(
            "orphan",
            "onboarding_checklists",
            &nobody,
            format!("INSERT INTO onboarding_checklists VALUES ('{nobody}', NULL, '{{}}', 0)"),
        ),
        seed(
            "orphan",
            "chat_usage",
            format!("{nobody} turns "),
            format!("INSERT INTO chat_usage VALUES ('{nobody}', 'turns', '', 1)"),
        ),
    ]
}

fn others() -> Vec<Seed> {
    let (ada, bob, three) = (id(1), id(2), id(3));
    let hour = (NOW.micros() + 3_600_000_000).to_string();
    let late = (NOW.micros() + 7_200_000_000).to_string();
    let key = |state: &str| format!("UPDATE signing_keys SET state = 'retired' WHERE state = '{state}'");
    let thread = |change: &str, id: &str| format!("UPDATE chat_threads SET {change} WHERE id = '{id}'");
    vec![
        seed(
            "session.live_of_inactive",
            "sessions",
            id(11),
            session(&id(11), &[("user_id", &bob), ("epoch", "0"), ("expires_at", &hour)]),
        ),
        seed("session.epoch", "sessions", id(12), session(&id(12), &[("epoch", "7")])),
        seed("session.limit", "sessions", id(13), session(&id(13), &[("expires_at", &late)])),
        seed("thread.last_number", "chat_threads", &ada, thread("last_number = 10", &ada)),
        seed("thread.answer", "chat_threads", &bob, thread("answer_id = NULL", &bob)),
        seed(
            "item.number",
            "chat_items",
            format!("{ada} 0"),
            format!("INSERT INTO chat_items VALUES ('{ada}', 0, 'item-0', FALSE, '{{}}', NULL)"),
        ),
        seed(
            "item.duplicate",
            "chat_items",
            format!("{ada} 3"),
            format!(
                "DROP INDEX chat_items_item_id; \
                 INSERT INTO chat_items VALUES ('{ada}', 3, 'item-2', FALSE, '{{}}', NULL)"
            ),
        ),
        seed(
            "attachment.owner",
            "chat_attachments",
            &three,
            format!("UPDATE chat_attachments SET thread_id = '{ada}' WHERE id = '{three}'"),
        ),
        seed(
            "attachment.parts",
            "chat_attachments",
            &ada,
            "UPDATE chat_attachment_parts SET part = 2 WHERE part = 1",
        ),
        seed(
            "usage.negative",
            "chat_usage",
            "all turns 2026-02-01",
            "INSERT INTO chat_usage VALUES ('all', 'turns', '2026-02-01', -1)",
        ),
        seed(
            "account.address",
            "users",
            &ada,
            format!("UPDATE users SET email = 'Ada@example.org' WHERE id = '{ada}'"),
        ),
        seed(
            "json",
            "user_profiles",
            &ada,
            format!("UPDATE user_profiles SET profile = '{{' WHERE user_id = '{ada}'"),
        ),
        seed("json", "chat_threads", &ada, thread("status = 'active'", &ada)),
        seed("json", "chat_threads", &bob, thread("metadata = ''", &bob)),
        seed(
            "json",
            "chat_items",
            format!("{ada} 11"),
            "UPDATE chat_items SET body = '{}}' WHERE item_id = 'item-11'",
        ),
        seed("json", "analytics_events", "event-1", "UPDATE analytics_events SET details = 'a'"),
        seed(
            "json",
            "onboarding_checklists",
            &ada,
            format!("UPDATE onboarding_checklists SET tasks = '' WHERE user_id = '{ada}'"),
        ),
        seed("key.states", "signing_keys", "", key("next")),
        seed("audit.chain", "audit_log", "3", "UPDATE audit_log SET request_id = 'another' WHERE seq = 3"),
    ]
}

/// What needs another statement on each.
fn of_the_database(place: &Place) -> Vec<Seed> {
    let ada = id(1);
    let (no_key, unfit) = match place {
        Place::Sqlite(_) => (
            "ALTER TABLE chat_items RENAME TO old; CREATE TABLE chat_items AS SELECT * FROM old",
            seed(
                "database.file",
                "the file",
                "",
                "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = \
                 'CREATE INDEX sessions_user_id ON sessions (client_ip)' WHERE name = 'sessions_user_id'",
            ),
        ),
        Place::Postgres(_) | Place::Pooled(_) => (
            "ALTER TABLE chat_items DROP CONSTRAINT chat_items_pkey",
            seed(
                "database.index",
                "the index",
                "sessions_user_id",
                "UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = 'sessions_user_id'::regclass",
            ),
        ),
    };
    let twice =
        format!("{no_key}; INSERT INTO chat_items VALUES ('{ada}', 11, 'item-x', FALSE, '{{}}', NULL)");
    vec![seed("item.duplicate", "chat_items", format!("{ada} 11"), twice), unfit]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_names_the_row_that_breaks_it() {
    for place in Place::both() {
        let db = place.filled().await;
        db.db.shutdown();
        let place = db.place;
        let (first, found) = checked(&place, IN_FOLDER);
        assert_eq!(found, [], "nothing is amiss at first");
        assert_eq!(first.rows, 35, "every row was looked at");

        let no_rules = match place {
            Place::Sqlite(_) => "PRAGMA foreign_keys = OFF",
            Place::Postgres(_) | Place::Pooled(_) => "SET session_replication_role = replica",
        };
        let mut before = Vec::new();
        for seed in orphans().into_iter().chain(others()).chain(of_the_database(&place)) {
            place.execute(&format!("{no_rules}; {}", seed.statements));
            let (_, found) = checked(&place, IN_FOLDER);
            let is_it = |violation: &Violation| {
                (violation.rule, violation.table.as_str(), violation.id.as_str())
                    == (seed.rule, seed.table, seed.id.as_str())
            };
            let new: Vec<_> = found.iter().filter(|violation| !before.contains(*violation)).collect();
            assert!(
                new.iter().any(|violation| is_it(violation)),
                "{} {} {}: {new:?}",
                seed.rule,
                seed.table,
                seed.id
            );
            let beside = new.iter().filter(|violation| violation.rule != seed.rule).count();
            assert!(beside <= 1, "and little beside it: {new:?}");
            before = found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_nowhere_are_missed_where_no_folder_may_have_them() {
    for place in Place::both() {
        let db = place.filled().await;
        let in_tables = CheckOptions { bytes_in_folder: false, ..IN_FOLDER };
        let (_, found) = checked(&db.place, in_tables);
        let named: Vec<_> = found.iter().map(|violation| (violation.rule, violation.id.as_str())).collect();
        assert_eq!(named, [("attachment.missing", id(3).as_str())]);
        db.db.shutdown();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_somebody_else_that_refers_to_missing_rows_is_named_on_sqlite() {
    let db = Place::sqlite().filled().await;
    db.place.execute(
        "PRAGMA foreign_keys = OFF; CREATE TABLE notes_of (user_id TEXT REFERENCES users (id)); \
         INSERT INTO notes_of VALUES ('nobody');",
    );
    let (_, found) = checked(&db.place, IN_FOLDER);
    assert_eq!(found[0].to_string(), "notes_of: rows of it name no row of users (orphan)");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_long_table_is_looked_at() {
    const ROWS: i64 = 6_001;
    for place in Place::both() {
        let db = place.filled().await;
        let bob = id(2);
        let rows: Vec<String> = (1..=ROWS)
            .map(|number| format!("('{bob}', {number}, 'i-{number}', FALSE, '{{}}', NULL)"))
            .collect();
        db.place.execute(&format!("INSERT INTO chat_items VALUES {}", rows.join(",")));
        db.place.execute(&format!("UPDATE chat_threads SET last_number = {ROWS} WHERE id = '{bob}'"));
        let broken = [1, 1_998, 1_999, 2_000, 4_001, ROWS];
        for number in broken {
            db.place.execute(&format!(
                "UPDATE chat_items SET body = '{{' WHERE number = {number} AND thread_id = '{bob}'"
            ));
        }
        let (checked, found) = checked(&db.place, IN_FOLDER);
        let named: Vec<_> = found.into_iter().map(|violation| violation.id).collect();
        assert_eq!(named, broken.map(|number| format!("{bob} {number}")));
        assert!(checked.rows > ROWS.unsigned_abs());
        db.db.shutdown();
    }
}

/// Writes to the database whenever it is told anything.
struct Writing<'a>(&'a Place, u32);

impl Progress for Writing<'_> {
    fn at(&mut self, _what: &str, _done: u64, _total: u64) {
        self.0.execute("UPDATE users SET updated_at = updated_at + 1");
        self.1 += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_check_and_it_waits_for_nobody() {
    for place in Place::both() {
        let db = place.filled().await;
        let (mut writing, mut found) = (Writing(&db.place, 0), Vec::new());
        check(&db.place.url(), IN_FOLDER, &mut writing, &mut |violation| found.push(violation)).unwrap();
        assert!(writing.1 > 10 && found.is_empty(), "{} writes on the way, {found:?}", writing.1);
        db.db.shutdown();
    }
}

#[test]
fn what_is_not_there_or_of_another_version_is_not_checked() {
    let place = Place::sqlite();
    let refused = check(&place.url(), IN_FOLDER, &mut Silent, &mut |_| ()).unwrap_err();
    assert!(matches!(refused, TransferError::NoFile(_)));
    autorisen_storage::migrations::run(&place.url()).unwrap();
    autorisen_storage::migrations::revert(&place.url(), false).unwrap();
    let refused = check(&place.url(), IN_FOLDER, &mut Silent, &mut |_| ()).unwrap_err();
    assert!(matches!(refused, TransferError::NotUpToDate { .. }));
}
