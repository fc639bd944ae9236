//! Lists of migrations that are not ours: what becomes of a migration, its record and its version together.

use autorisen_testkit::postgres::Schema;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use tempfile::TempDir;

use super::embedded::{Migration, Texts};
use super::{Access, DatabaseUrl, MigrateError, locked, run};
use crate::db::{connect_postgres, connect_sqlite};
use crate::dialect;

const SOUND: Texts = Texts { up: "CREATE TABLE a (b BIGINT);", down: "DROP TABLE a;" };
const EDITED: Texts = Texts { up: "CREATE TABLE a (b BIGINT, c BIGINT);", down: "DROP TABLE a;" };
const TAKING: Texts = Texts { up: "-- contract: nobody asks for it\nDROP TABLE a;", down: SOUND.up };
const FAULTY: Texts = Texts { up: "CREATE TABLE half (b BIGINT); SELECT nothing FROM nowhere;", down: "" };

const fn migration(name: &'static str, texts: Texts) -> Migration {
    Migration { name, sqlite: texts, postgres: texts }
}

#[test]
fn a_migration_that_fails_takes_its_record_along() {
    for place in Place::both() {
        let list = [migration("0001_sound", SOUND), migration("0002_faulty", FAULTY)];
        let failed = locked(&place.url(), |conn| run::apply(conn, &list));
        assert!(
            matches!(&failed, Err(MigrateError::Failed { name, .. }) if name == "0002_faulty"),
            "{failed:?}"
        );
        // On SQLite the whole run is one transaction.
        let kept = if matches!(place, Place::Sqlite(_)) { vec![] } else { vec!["0001_sound"] };
        assert_eq!(place.recorded(), kept);

        let list = [migration("0001_sound", SOUND), migration("0002_mended", TAKING)];
        let report = locked(&place.url(), |conn| run::apply(conn, &list)).unwrap();
        assert!(report.migrations.ends_with(&["0002_mended".to_owned()]), "{report:?}");
        assert_eq!(place.recorded(), ["0001_sound", "0002_mended contracts"]);
    }
}

#[test]
fn an_edited_text_is_refused_and_line_ends_are_no_edit() {
    let crlf: &'static str = TAKING.up.replace('\n', "\r\n").leak();
    for place in Place::both() {
        let apply = |texts| {
            let list = [migration("0001_first", SOUND), migration("0002_second", texts)];
            locked(&place.url(), |conn| run::apply(conn, &list))
        };
        apply(TAKING).unwrap();
        assert_eq!(apply(Texts { up: crlf, ..TAKING }).unwrap().migrations, [""; 0]);
        let refused = apply(EDITED);
        assert!(
            matches!(&refused, Err(MigrateError::Edited(names)) if names == &["0002_second"]),
            "{refused:?}"
        );
    }
}

#[test]
fn what_is_reverted_takes_its_record_along() {
    for place in Place::both() {
        let list = [migration("0001_sound", SOUND), migration("0002_taking", TAKING)];
        locked(&place.url(), |conn| run::apply(conn, &list)).unwrap();
        locked(&place.url(), |conn| run::revert(conn, &list, false)).unwrap();
        assert_eq!(place.recorded(), ["0001_sound"]);
    }
}

#[test]
fn an_index_is_made_beside_the_work_of_others_also_by_many_at_once_and_after_a_crash() {
    const CONCURRENT: Texts = Texts {
        up: "-- no transaction: nobody waits for the index\n\
             DROP INDEX CONCURRENTLY IF EXISTS a_b;\nCREATE INDEX CONCURRENTLY a_b ON a (b);\n",
        down: "DROP INDEX CONCURRENTLY a_b;\n",
    };
    const PLAIN: Texts = Texts { up: "CREATE INDEX a_b ON a (b);", down: "DROP INDEX a_b;" };
    let list = [
        migration("0001_sound", SOUND),
        Migration { name: "0002_index", sqlite: PLAIN, postgres: CONCURRENT },
    ];
    for place in Place::both() {
        let url = place.url();
        let applied: Vec<String> = std::thread::scope(|scope| {
            let apply = || locked(&url, |conn| run::apply(conn, &list)).unwrap().migrations;
            let runs: Vec<_> = (0..10).map(|_| scope.spawn(apply)).collect();
            runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(applied, ["0001_sound", "0002_index"]);
        assert_eq!(place.recorded(), applied);
        if let Place::Postgres(_) = place {
            // As if the process had died before it could say that the index is there.
            let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '0002'";
            locked(&url, |conn| conn.batch_execute(forget).map_err(MigrateError::list)).unwrap();
            assert_eq!(locked(&url, |conn| run::apply(conn, &list)).unwrap().migrations, ["0002_index"]);
        }
        locked(&url, |conn| run::revert(conn, &list, false)).unwrap();
        assert_eq!(place.recorded(), ["0001_sound"]);
    }
}

/// An empty database that is gone when this is dropped.
enum Place {
    Sqlite(TempDir),
    Postgres(Schema),
}

impl Place {
    fn both() -> [Self; 2] {
        let schema = Schema::unique();
        on_server(&schema, &schema.create_statement());
        [Self::Sqlite(tempfile::tempdir().unwrap()), Self::Postgres(schema)]
    }

    fn url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite(folder) => DatabaseUrl::parse(&format!("{}/test.db", folder.path().display())),
            Self::Postgres(schema) => DatabaseUrl::parse(&schema.url()),
        }
        .unwrap()
    }

    /// The names on record of what was applied, each with whether it took something away.
    fn recorded(&self) -> Vec<String> {
        let mut conn = match self {
            Self::Sqlite(_) => connect_sqlite(self.url().file().unwrap(), Access::Reads),
            Self::Postgres(_) => connect_postgres(&self.url(), std::time::Duration::ZERO),
        }
        .unwrap();
        let applied = dialect::applied_migrations(&mut conn).unwrap();
        let records = applied.into_iter().map(|applied| applied.record.unwrap());
        records.map(|record| record.name + if record.contracts { " contracts" } else { "" }).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Postgres(schema) = self {
            on_server(schema, &schema.drop_statement());
        }
    }
}

fn on_server(schema: &Schema, statement: &str) {
    let mut conn = diesel::pg::PgConnection::establish(schema.server_url()).unwrap();
    conn.batch_execute(statement).unwrap();
}
