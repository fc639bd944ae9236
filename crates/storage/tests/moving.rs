//! A whole database moves between and within both kinds, or not at all.

mod support;

use autorisen_domain::audit::AuditService;
use autorisen_domain::progress::Silent;
use autorisen_storage::transfer::{Moved, TransferError, move_database};
use autorisen_storage::{DatabaseUrl, Db, SqlAuditTrail, migrations};
use support::filled::{blob, id};
use support::{Place, TestDb};

fn moved(from: &Place, to: &Place) -> Result<Moved, TransferError> {
    move_database(&from.url(), &to.url(), &mut Silent)
}

/// Nobody works with it any more.
fn left(db: TestDb) -> Place {
    db.db.shutdown();
    db.place
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_whatever_the_databases_are() {
    for from in Place::both() {
        let from = left(from.filled().await);
        let mut ways = Vec::new();
        for to in Place::both() {
            let sums = moved(&from, &to).unwrap().tables;
            assert!(sums.iter().all(|sum| sum.rows > 0), "every table has rows in this test: {sums:?}");
            let there = TestDb { db: Db::open(to.settings()).unwrap(), place: to };
            let audit = AuditService::new(std::sync::Arc::new(SqlAuditTrail::new(there.db.clone())));
            let verified = audit.verify(None, &mut Silent).await.unwrap();
            assert_eq!((verified.rows, verified.broken), (7, None), "the chain is whole there");
            ways.push(sums);

            let to = left(there);
            let back = Place::sqlite();
            assert_eq!(moved(&to, &back).unwrap().tables, ways[0], "and back it is the same");
        }
        assert_eq!(ways[0], ways[1], "one checksum on both");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_rows_is_refused_and_left_as_it_is() {
    let from = left(Place::sqlite().filled().await);
    for to in Place::both() {
        let to = to.migrated();
        let key = format!("INSERT INTO signing_keys VALUES ('key', 'next', {}, 0, 0)", blob(&to.place, "00"));
        to.place.execute(&key);
        let to = left(to);
        let refused = moved(&from, &to).unwrap_err();
        assert!(refused.is_refusal(), "{refused}");
        assert!(
            matches!(&refused, TransferError::NotEmpty { tables, .. } if *tables == ["signing_keys"]),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("migrate down --all"), "it says what to do: {refused}");
        to.execute("DELETE FROM signing_keys");
        moved(&from, &to).expect("it is empty now");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_missing_older_newer_or_the_target_itself_is_refused() {
    let [target, never] = [Place::sqlite(), Place::sqlite()];
    assert!(matches!(moved(&never, &target), Err(TransferError::NoFile(_))));
    for from in Place::both() {
        let from = left(from.filled().await);
        assert!(matches!(moved(&from, &from), Err(TransferError::SameDatabase(_))));
        migrations::revert(&from.url(), false).unwrap();
        let refused = moved(&from, &target).unwrap_err();
        assert!(
            matches!(&refused, TransferError::NotUpToDate { missing, .. } if missing.len() == 1),
            "{refused}"
        );
        migrations::run(&from.url()).unwrap();
        from.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let refused = moved(&from, &target).unwrap_err();
        assert!(
            matches!(&refused, TransferError::Newer { unknown, .. } if *unknown == ["9999"]),
            "{refused}"
        );
    }
    assert!(!target.url().file().unwrap().exists(), "nothing was made for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_that_a_server_has_open_is_not_moved() {
    let from = Place::sqlite().filled().await;
    let to = Place::sqlite();
    let refused = moved(&from.place, &to).unwrap_err();
    assert!(matches!(refused, TransferError::InUse(_)), "{refused}");
    moved(&left(from), &to).expect("the server has stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_held_there_is_named_and_nothing_is_kept() {
    let from = left(Place::sqlite().filled().await);
    let ada = id(1);
    from.execute("UPDATE chat_items SET body = '{\"a' || char(0) || '\"}' WHERE item_id = 'item-11'");
    let to = Place::postgres();
    let refused = moved(&from, &to).unwrap_err();
    let text = support::chain(&refused);
    assert!(
        text.contains("chat_items") && text.contains(&format!("{ada} 11")) && text.contains("U+0000"),
        "{text}"
    );
    from.execute("UPDATE chat_items SET body = '{}'");
    from.execute("PRAGMA foreign_keys = OFF; DELETE FROM users WHERE email = 'ada@example.org'");
    for to in [to, Place::sqlite()] {
        let refused = moved(&from, &to).unwrap_err();
        let text = support::chain(&refused);
        let of_hers = ["user_profiles", "sessions", "chat_threads", "chat_attachments"];
        assert!(of_hers.iter().any(|table| text.contains(table)), "{text}");
        assert!(
            matches!(moved(&to, &Place::sqlite()), Ok(moved) if moved.tables.iter().all(|sum| sum.rows <= 1))
        );
    }
}

#[test]
fn a_pooler_is_refused_before_anything_is_read_or_made() {
    let pooled = DatabaseUrl::parse("postgres://127.0.0.1:9/d?pgbouncer=true").unwrap();
    let file = Place::sqlite().migrated();
    for refused in [
        move_database(&pooled, &file.place.url(), &mut Silent).unwrap_err(),
        move_database(&left(file).url(), &pooled, &mut Silent).unwrap_err(),
    ] {
        assert!(refused.is_refusal() && matches!(refused, TransferError::Pooled(_)), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains("pgbouncer=true") && !said.contains("cannot connect"), "{said}");
    }
}
