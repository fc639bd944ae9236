//! What the database itself says of its files and rules.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::check::Violation;
use crate::db::DbConnection;
use crate::tables::RELATIONS;
use crate::transfer::TransferError;

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    told: String,
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
}

/// Asks SQLite whether its file is in order, and PostgreSQL whether it trusts its indices.
pub(super) fn check(conn: &mut DbConnection, found: &mut dyn FnMut(Violation)) -> Result<(), TransferError> {
    match conn {
        DbConnection::Sqlite(_) => {
            let question =
                "SELECT integrity_check AS told FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
            for Told { told } in diesel::sql_query(question).load(conn)? {
                found(Violation {
                    rule: "database.file",
                    table: "the file".to_owned(),
                    id: String::new(),
                    problem: told,
                });
            }
            let question = "SELECT DISTINCT \"table\" AS child, parent FROM pragma_foreign_key_check";
            for Reference { child, parent } in diesel::sql_query(question).load(conn)? {
                // Those that are known are looked at one by one.
                if !RELATIONS.iter().any(|known| known.table == child && known.parent == parent) {
                    let problem = format!("rows of it name no row of {parent}");
                    found(Violation { rule: "orphan", table: child, id: String::new(), problem });
                }
            }
        }
        DbConnection::Postgres(_) => {
            let question = "SELECT c.relname::text AS told FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 WHERE NOT (i.indisvalid AND i.indisready) AND c.relnamespace = current_schema()::regnamespace";
            for Told { told } in diesel::sql_query(question).load(conn)? {
                let problem = "it is not valid, since making it was not finished".to_owned();
                found(Violation { rule: "database.index", table: "the index".to_owned(), id: told, problem });
            }
        }
    }
    Ok(())
}
