//! Whoever changes the rows of the audit is found, on both databases.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use autorisen_domain::audit::{AuditAction, AuditEntry, AuditService, AuditTrail, Fault, LinkHash};
use autorisen_domain::auth::UserId;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::context::Context;
use autorisen_domain::progress::{Progress, Silent};
use autorisen_storage::{DatabaseKind, SqlAuditTrail};
use autorisen_testkit::fixtures::{NOW, context};
use support::{Place, TestDb};

const ROWS: i64 = 12;

async fn written(place: Place) -> TestDb {
    let db = place.migrated();
    let trail = SqlAuditTrail::new(db.db.clone());
    for row in 0..ROWS {
        let at = Timestamp::from_micros(NOW.micros() + row);
        // Every sixth is what an administrator did.
        let actor = (row % 6 == 5).then(|| UserId::from_bytes([7; 16]));
        let ctx = Context { actor, ..context() };
        trail.append(&AuditEntry::new(&ctx, at, AuditAction::LoginLimited)).await.unwrap();
    }
    db
}

fn service(db: &TestDb) -> AuditService {
    AuditService::new(Arc::new(SqlAuditTrail::new(db.db.clone())))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_changed_removed_or_added_is_found() {
    for (tampering, seq, fault) in [
        ("UPDATE audit_log SET client_ip = '192.0.2.9' WHERE seq = 5", 5, Fault::Changed),
        ("UPDATE audit_log SET action = 'login.succeeded' WHERE seq = 12", 12, Fault::Changed),
        ("UPDATE audit_log SET at = at + 1 WHERE seq = 1", 1, Fault::Changed),
        ("UPDATE audit_log SET account_id = '' WHERE seq = 3", 3, Fault::Changed),
        ("UPDATE audit_log SET actor_id = '' WHERE seq = 3", 3, Fault::Changed),
        ("UPDATE audit_log SET actor_id = NULL WHERE seq = 6", 6, Fault::Changed),
        ("UPDATE audit_log SET request_id = request_id || ' ' WHERE seq = 3", 3, Fault::Changed),
        (
            "UPDATE audit_log SET hash = (SELECT hash FROM audit_log WHERE seq = 6) WHERE seq = 7",
            7,
            Fault::Changed,
        ),
        ("UPDATE audit_log SET seq = 100 WHERE seq = 4", 4, Fault::Missing),
        ("DELETE FROM audit_log WHERE seq = 5", 5, Fault::Missing),
        ("DELETE FROM audit_log WHERE seq = 1", 1, Fault::Missing),
        ("DELETE FROM audit_log WHERE seq > 9", 10, Fault::Missing),
        ("DELETE FROM audit_log", 1, Fault::Missing),
        ("DELETE FROM audit_log WHERE seq = 12; UPDATE audit_head SET last_seq = 11", 11, Fault::End),
        ("UPDATE audit_head SET first_seq = 4; DELETE FROM audit_log WHERE seq <= 4", 5, Fault::Changed),
        (
            "INSERT INTO audit_log SELECT 13, at, action, account_id, session_id, client_ip, request_id, hash, \
             actor_id FROM audit_log WHERE seq = 12",
            13,
            Fault::Added,
        ),
    ] {
        for place in Place::both() {
            let db = written(place).await;
            assert_eq!(service(&db).verify(None, &mut Silent).await.unwrap().broken, None);
            db.place.execute(tampering);
            let broken = service(&db).verify(None, &mut Silent).await.unwrap().broken.unwrap();
            assert_eq!((broken.seq, broken.fault), (seq, fault), "{tampering}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_was_kept_elsewhere_finds_a_chain_that_was_made_anew() {
    for place in Place::both() {
        let db = written(place).await;
        let kept = service(&db).verify(None, &mut Silent).await.unwrap().head.last_hash.to_string();
        let trail = SqlAuditTrail::new(db.db.clone());
        let entry = AuditEntry::new(&context(), NOW, AuditAction::LoginLimited);
        trail.append(&entry).await.unwrap();
        assert!(service(&db).verify(Some(&kept), &mut Silent).await.unwrap().has_expected, "it grew");

        // Who may write to the database can make all of it anew, whole in itself.
        let zero = "(SELECT first_hash FROM audit_head)";
        db.place.execute(&format!(
            "DELETE FROM audit_log; UPDATE audit_head SET first_seq = 0, last_seq = 0, last_hash = {zero}"
        ));
        for _ in 0..=ROWS {
            trail.append(&entry).await.unwrap();
        }
        let verified = service(&db).verify(Some(&kept), &mut Silent).await.unwrap();
        assert_eq!((verified.broken, verified.has_expected), (None, false));
    }
}

/// Remembers what it was told.
#[derive(Default)]
struct Told(Vec<(u64, u64)>);

impl Progress for Told {
    fn at(&mut self, what: &str, done: u64, total: u64) {
        assert_eq!(what, "rows of the audit");
        self.0.push((done, total));
    }
}

/// A million rows in the long form, which says how long it took; the promise is ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_chain_is_followed_to_its_end() {
    let count = if support::is_long() { 1_000_000 } else { 20_000 };
    for place in Place::both() {
        let db = place.migrated();
        let kind = db.db.kind();
        fill(&db, count).await;
        let begun = Instant::now();
        let mut told = Told::default();
        let verified = service(&db).verify(None, &mut told).await.unwrap();
        println!("{count} rows on {kind:?} in {:?}", begun.elapsed());
        let count = count.unsigned_abs();
        assert_eq!((verified.rows, verified.broken), (count, None));
        assert_eq!((told.0[0], told.0[told.0.len() - 1]), ((0, count), (count, count)));
        assert!(told.0.len() > 3 && told.0.is_sorted(), "it tells on the way: {:?}", told.0);
    }
}

/// Writes rows as `append` does, many in one statement.
async fn fill(db: &TestDb, count: i64) {
    let mut hash = SqlAuditTrail::new(db.db.clone()).head().await.unwrap().last_hash;
    let blob = |hash: &LinkHash| match db.db.kind() {
        DatabaseKind::Sqlite => format!("X'{hash}'"),
        DatabaseKind::Postgres => format!("'\\x{hash}'"),
    };
    let entry = AuditEntry::new(&context(), NOW, AuditAction::LoginLimited);
    for first in (1..=count).step_by(10_000) {
        let mut statement = String::from("INSERT INTO audit_log VALUES ");
        for seq in first..=count.min(first + 9_999) {
            let row = entry.clone().into_row(seq, &hash);
            hash = row.hash;
            let (at, comma) = (row.at.micros(), if seq == first { "" } else { "," });
            let (action, ip, request, hash) = (row.action, row.client_ip, row.request_id, blob(&hash));
            write!(statement, "{comma}({seq},{at},'{action}',NULL,NULL,'{ip}','{request}',{hash},NULL)")
                .unwrap();
        }
        db.place.execute(&statement);
    }
    db.place.execute(&format!("UPDATE audit_head SET last_seq = {count}, last_hash = {}", blob(&hash)));
}
