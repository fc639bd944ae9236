//! Statements on the path of a request: prepared once for each connection, and given to it without a detour.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// Runs a query on the connection inside a [`DbConnection`](super::DbConnection), whichever it is.
///
/// Given to the enum itself, a query is written down as text two or three times each time that it is run,
/// which costs more than to find a row by its key.
macro_rules! on_its_connection {
    ($conn:expr, |$inner:ident| $run:expr) => {
        match $conn {
            $crate::db::DbConnection::Postgres($inner) => $run,
            $crate::db::DbConnection::Sqlite($inner) => $run,
        }
    };
}
pub(crate) use on_its_connection;

/// A statement that always has the same text, so that it is worth preparing.
///
/// Diesel prepares no update ahead, since the columns that one sets may depend on values. What is in here
/// must set the same ones each time: every other text is kept prepared as well, until its connection ends.
pub(crate) struct Prepared<S>(pub(crate) S);

impl<S, DB> QueryFragment<DB> for Prepared<S>
where
    S: QueryFragment<DB>,
    DB: Backend,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// It is found by its text.
impl<S> QueryId for Prepared<S> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: Query> Query for Prepared<S> {
    type SqlType = S::SqlType;
}

impl<S, Conn> RunQueryDsl<Conn> for Prepared<S> {}

#[cfg(test)]
mod tests {

    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
    use diesel::sqlite::SqliteConnection;

    use super::*;

    diesel::table! {
        notes (id) {
            id -> BigInt,
            text -> Text,
        }
    }

    #[test]
    fn a_statement_is_prepared_once_however_often_it_runs() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE notes (id BIGINT, text TEXT); INSERT INTO notes VALUES (1, '')")
            .unwrap();
        let kept = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&kept);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let update = |text: &'static str| {
            diesel::update(notes::table.find(1)).set(notes::text.eq(text)).returning(notes::text)
        };
        update("left to Diesel").get_result::<String>(&mut conn).unwrap();
        assert_eq!(kept.load(Ordering::Relaxed), 0, "by itself it prepares no update");
        for text in ["one", "two"] {
            assert_eq!(Prepared(update(text)).get_result::<String>(&mut conn).unwrap(), text);
        }
        assert_eq!(kept.load(Ordering::Relaxed), 1);
    }
}
