//! A database in a file: whole or refused, and what of it comes back.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use autorisen_domain::audit::{AuditAction, AuditEntry, AuditService};
use autorisen_domain::auth::SessionId;
use autorisen_domain::progress::Silent;
use autorisen_storage::transfer::{BackedUp, TransferError, backup, restore, verify_backup};
use autorisen_storage::{Db, TableSum, migrations};
use autorisen_testkit::fixtures::{NOW, context};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use sha2::{Digest as _, Sha256};
use support::filled::id;
use support::{Place, TestDb};

fn backed_up(place: &Place, path: &Path) -> Result<BackedUp, TransferError> {
    backup(&place.url(), path, NOW, &mut Silent)
}

fn restored(path: &Path, to: &Place) -> Result<BackedUp, TransferError> {
    let entry = AuditEntry::new(&context(), NOW, AuditAction::Restored);
    restore(path, &to.url(), &entry, &mut Silent)
}

/// A folder, and a backup in it.
async fn made(place: Place) -> (tempfile::TempDir, PathBuf, BackedUp, TestDb) {
    let db = place.filled().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.backup");
    let made = backed_up(&db.place, &path).unwrap();
    (folder, path, made, db)
}

fn number(place: &Place, statement: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    place.load::<Counted>(statement)[0].count
}

fn sum<'a>(sums: &'a [TableSum], table: &str) -> &'a TableSum {
    sums.iter().find(|sum| sum.table == table).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_either_is_one_file_and_makes_both() {
    let mut files = Vec::new();
    for place in Place::both() {
        let (folder, path, made, _db) = made(place).await;
        assert_eq!(verify_backup(&path, &mut Silent).unwrap(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left in the folder");
        for to in Place::both() {
            assert_eq!(restored(&path, &to).unwrap(), made);
            let again = folder.path().join("again");
            let there = backed_up(&to, &again).unwrap();
            for sum in &made.tables {
                let changed = ["users", "signing_keys", "registrations", "audit_log", "audit_head"];
                let is_same = there.tables.contains(sum);
                assert_eq!(is_same, !changed.contains(&sum.table.as_str()), "{}", sum.table);
            }
            assert_eq!(sum(&there.tables, "users").rows, sum(&made.tables, "users").rows);
            fs::remove_file(again).unwrap();
        }
        files.push(fs::read(&path).unwrap());
    }
    assert!(files[0] == files[1], "the same rows are the same file, whatever the database");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_key_or_registration_of_a_backup_is_good_after_a_restore() {
    for place in Place::both() {
        let (_folder, path, _, db) = made(place).await;
        let first = SessionId::parse(&id(1)).unwrap();
        let before = db.stores().sessions.find(first).await.unwrap().unwrap();
        assert!(before.is_live(NOW), "it is good where it was given");
        db.db.shutdown();
        for to in Place::both() {
            restored(&path, &to).unwrap();
            assert!(number(&to, "SELECT MIN(session_epoch) AS count FROM users") >= NOW.micros());
            assert_eq!(number(&to, "SELECT COUNT(*) AS count FROM signing_keys"), 0);
            assert_eq!(number(&to, "SELECT COUNT(*) AS count FROM registrations"), 0);
            let there = TestDb { db: Db::open(to.settings()).unwrap(), place: to };
            let stores = there.stores();
            for session in [1, 2] {
                let session = SessionId::parse(&id(session)).unwrap();
                let record = stores.sessions.find(session).await.unwrap().unwrap();
                assert!(!record.is_live(NOW), "{record:?}");
            }
            let audit = AuditService::new(Arc::clone(&stores.trail));
            let verified = audit.verify(None, &mut Silent).await.unwrap();
            assert_eq!((verified.rows, verified.broken), (8, None));
            assert_eq!(stores.trail.page(7, 10).await.unwrap()[0].action, "database.restored");
            there.db.shutdown();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_is_greater_than_the_time_still_grows() {
    let db = Place::sqlite().filled().await;
    db.place.execute("UPDATE users SET session_epoch = 9000000000000000000");
    db.place.execute("UPDATE sessions SET epoch = 9000000000000000000");
    let folder = tempfile::tempdir().unwrap();
    backed_up(&db.place, &folder.path().join("a")).unwrap();
    let to = Place::sqlite();
    restored(&folder.path().join("a"), &to).unwrap();
    let same = "SELECT COUNT(*) AS count FROM sessions s JOIN users u ON u.id = s.user_id AND u.session_epoch = s.epoch";
    assert_eq!(number(&to, same), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_or_changed_anywhere_is_refused_and_nothing_is_restored() {
    let (folder, path, _, _db) = made(Place::sqlite()).await;
    let whole = fs::read(&path).unwrap();
    let broken = folder.path().join("broken");
    let is_refused = |bytes: &[u8]| {
        fs::write(&broken, bytes).unwrap();
        match verify_backup(&broken, &mut Silent) {
            Err(TransferError::Damaged { .. } | TransferError::Format { .. }) => true,
            other => panic!("{other:?}"),
        }
    };
    // All of it in the long form.
    let step = if support::is_long() { 1 } else { 23 };
    for length in (0..whole.len()).step_by(step) {
        assert!(is_refused(&whole[..length]), "cut to {length} bytes");
    }
    assert!(
        is_refused(&[&whole[..], b"\n"].concat()) && is_refused(&[&whole[..], &whole[..]].concat()),
        "added to"
    );
    for place in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        assert!(is_refused(&bytes), "byte {place} was changed");
    }
    let to = Place::sqlite();
    assert!(matches!(restored(&broken, &to), Err(TransferError::Damaged { .. })));
    assert!(!to.url().file().unwrap().exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over() {
    let (folder, path, _, db) = made(Place::sqlite()).await;
    let before = fs::read(&path).unwrap();
    assert!(matches!(backed_up(&db.place, &path), Err(TransferError::Exists(_))));
    assert!(fs::read(&path).unwrap() == before);
    for to in Place::both() {
        let to = to.filled().await;
        let users = number(&to.place, "SELECT COUNT(*) AS count FROM users");
        let refused = restored(&path, &to.place).unwrap_err();
        assert!(matches!(refused, TransferError::NotEmpty { .. }), "{refused}");
        assert_eq!(number(&to.place, "SELECT COUNT(*) AS count FROM users"), users);
        to.db.shutdown();
    }
    assert!(matches!(restored(&folder.path().join("none"), &Place::sqlite()), Err(TransferError::NoFile(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_behind_is_no_obstacle_and_a_run_under_way_is() {
    let db = Place::sqlite().filled().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, partial) = (folder.path().join("a"), folder.path().join("a.partial"));
    fs::write(&partial, "half a line").unwrap();
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o644)).unwrap();
    let other = fs::File::open(&partial).unwrap();
    other.lock().unwrap();
    assert!(matches!(backed_up(&db.place, &path), Err(TransferError::Exists(_))));
    assert_eq!(fs::read_to_string(&partial).unwrap(), "half a line");
    drop(other);
    backed_up(&db.place, &path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!partial.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_version_is_restored_and_brought_to_this_one() {
    let (folder, path, _, db) = made(Place::sqlite()).await;
    let newest = migrations::status(&db.place.url()).unwrap().known.pop().unwrap().name;
    let (version, _) = newest.split_once('_').unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let newer = folder.path().join("newer");
    fs::write(
        &newer,
        sealed(&text.replace(&format!(r#""{version}"]"#), &format!(r#""{version}","9999"]"#)), |_, _| true),
    )
    .unwrap();
    let refused = restored(&newer, &Place::sqlite()).unwrap_err();
    assert!(matches!(&refused, TransferError::Newer { unknown, .. } if *unknown == ["9999"]), "{refused:?}");

    // A file as the version before the newest migration wrote it.
    migrations::revert(&db.place.url(), false).unwrap();
    let there: Vec<_> = db.place.load::<RealColumn>(real_columns(&db.place));
    let is_there =
        |table: &str, column: &str| there.iter().any(|real| real.table_name == table && real.name == column);
    let older = folder.path().join("older");
    fs::write(&older, sealed(&text.replace(&format!(r#","{version}"]"#), "]"), is_there)).unwrap();
    for to in Place::both() {
        restored(&older, &to).unwrap();
        let status = migrations::status(&to.url()).unwrap();
        assert!(status.known.iter().all(|known| known.is_applied));
        assert_eq!(number(&to, "SELECT COUNT(*) AS count FROM users"), 2);
    }
}

/// The lines of a backup, of these columns of tables alone, with the sums that they must have.
fn sealed(text: &str, is_meant: impl Fn(&str, &str) -> bool) -> String {
    let (mut lines, mut tables, mut kept, mut rows) = (String::new(), 0, Vec::new(), String::new());
    for line in text.lines().filter(|line| !line.starts_with("{\"tables\"")) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        if let (Some(name), Some(columns)) = (value["table"].as_str(), value["columns"].as_array()) {
            let is_kept = |column: &serde_json::Value| is_meant(name, column["name"].as_str().unwrap());
            kept = columns.iter().map(is_kept).collect();
            if !kept.contains(&true) {
                continue;
            }
            let columns = columns.iter().zip(&kept).filter(|(_, is_kept)| **is_kept);
            let columns: Vec<String> = columns
                .map(|(of, _)| format!("{{\"name\":{},\"kind\":{}}}", of["name"], of["kind"]))
                .collect();
            let (table, key) = (&value["table"], &value["key"]);
            let columns = columns.join(",");
            writeln!(lines, "{{\"table\":{table},\"key\":{key},\"columns\":[{columns}]}}").unwrap();
            tables += 1;
        } else if !kept.contains(&true) && !kept.is_empty() {
            // Of a table that is left out.
        } else if let Some(cells) = value.as_array() {
            let cells = cells.iter().zip(&kept).filter(|(_, is_kept)| **is_kept).map(|(cell, _)| cell);
            writeln!(rows, "{}", serde_json::to_string(&cells.collect::<Vec<_>>()).unwrap()).unwrap();
        } else if let Some(end) = value.get("end") {
            let (count, sum) = (rows.lines().count(), digest(&rows));
            writeln!(lines, "{rows}{{\"end\":{end},\"rows\":{count},\"sha256\":\"{sum}\"}}").unwrap();
            rows.clear();
        } else {
            writeln!(lines, "{line}").unwrap();
        }
    }
    let sum = digest(&lines);
    format!("{lines}{{\"tables\":{tables},\"sha256\":\"{sum}\"}}\n")
}

fn digest(text: &str) -> String {
    let bytes: Vec<String> =
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_while_others_write_is_of_one_moment() {
    for place in Place::both() {
        let db = Arc::new(place.filled().await);
        let (is_over, writer) = (Arc::new(AtomicBool::new(false)), Arc::clone(&db));
        let stop = Arc::clone(&is_over);
        let writing = tokio::spawn(async move {
            // Each is a transaction with its row of the audit, and moves the end of the chain.
            let stores = writer.stores();
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) {
                let added = stores.add_user(&format!("user-{written}@example.org")).await;
                stores.add_session(&added).await;
                written += 1;
            }
            written
        });
        let folder = tempfile::tempdir().unwrap();
        for round in 0..5 {
            let path = folder.path().join(round.to_string());
            let url = db.place.url();
            let made = tokio::task::spawn_blocking({
                let path = path.clone();
                move || backup(&url, &path, NOW, &mut Silent).unwrap()
            });
            let made = made.await.unwrap();
            let (sessions, audit) = (sum(&made.tables, "sessions").rows, sum(&made.tables, "audit_log").rows);
            let to = Place::sqlite();
            restored(&path, &to).unwrap();
            let users = sum(&made.tables, "users").rows;
            assert!(sessions >= users - 1 && sessions <= users, "{users} accounts and {sessions} sessions");
            let there = TestDb { db: Db::open(to.settings()).unwrap(), place: to };
            let trail = AuditService::new(Arc::clone(&there.stores().trail));
            let verified = trail.verify(None, &mut Silent).await.unwrap();
            assert_eq!((verified.rows, verified.broken), (audit + 1, None), "the chain fits its end");
            there.db.shutdown();
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(writing.await.unwrap() > 0);
        db.db.shutdown();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_column_and_key_of_both_databases_is_in_a_backup() {
    for place in Place::both() {
        let (_folder, path, _, db) = made(place).await;
        let mut described = BTreeMap::new();
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| line.starts_with("{\"table\"")) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let key: Vec<String> = line["key"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect();
            for column in line["columns"].as_array().unwrap() {
                let name = column["name"].as_str().unwrap();
                let place = key.iter().position(|key| key == name).map_or(0, |place| place + 1);
                let kind = column["kind"].as_str().unwrap().to_owned();
                described
                    .insert((line["table"].as_str().unwrap().to_owned(), name.to_owned()), (kind, place));
            }
        }
        let real: BTreeMap<_, _> = db
            .place
            .load::<RealColumn>(real_columns(&db.place))
            .into_iter()
            .filter(|column| !KEPT_BY_MIGRATIONS.contains(&column.table_name.as_str()))
            .map(|column| {
                ((column.table_name, column.name), (column.kind, usize::try_from(column.place).unwrap()))
            })
            .collect();
        assert_eq!(described, real, "a table or column is missing in storage/src/tables/mod.rs");
        db.db.shutdown();
    }
}

/// Tables that tell of the other tables: a database has its own.
const KEPT_BY_MIGRATIONS: &[&str] = &["__diesel_schema_migrations", "migration_records"];

#[derive(QueryableByName)]
struct RealColumn {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    /// Its place in the primary key, from 1; 0 when it is not in it.
    #[diesel(sql_type = BigInt)]
    place: i64,
}

fn real_columns(place: &Place) -> &'static str {
    match place {
        Place::Sqlite(_) => {
            "SELECT t.name AS table_name, c.name AS name, c.pk AS place,
                CASE lower(c.type) WHEN 'bigint' THEN 'integer' WHEN 'blob' THEN 'bytes' ELSE lower(c.type) END AS kind
             FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        Place::Postgres(_) | Place::Pooled(_) => {
            "SELECT c.table_name::text, c.column_name::text AS name,
                CASE c.data_type WHEN 'bigint' THEN 'integer' WHEN 'bytea' THEN 'bytes' ELSE c.data_type END AS kind,
                coalesce((SELECT k.ordinal_position FROM information_schema.key_column_usage k
                    JOIN information_schema.table_constraints t
                    ON t.constraint_name = k.constraint_name AND t.constraint_schema = k.constraint_schema
                    WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema
                    AND k.table_name = c.table_name AND k.column_name = c.column_name), 0)::bigint AS place
             FROM information_schema.columns c WHERE c.table_schema = current_schema()
                AND c.is_generated = 'NEVER'"
        }
    }
}
