//! A table for tests of the way to the database, and work that lasts as long as a test wants.

use std::error::Error;
use std::sync::mpsc;

use autorisen_domain::error::PortError;
use autorisen_storage::{Db, DbConnection};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Place;

diesel::table! {
    notes (id) {
        id -> BigInt,
    }
}

/// Makes the table of notes, and one whose rule is only looked at by a commit.
pub(crate) fn create(place: &Place) {
    if let Place::Sqlite(_) = place {
        std::fs::create_dir_all(place.url().file().unwrap().parent().unwrap()).unwrap();
    }
    place.execute(
        "CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY); \
         CREATE TABLE answers (id BIGINT NOT NULL REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED);",
    );
}

pub(crate) fn insert(conn: &mut DbConnection, id: i64) -> QueryResult<()> {
    diesel::insert_into(notes::table).values(notes::id.eq(id)).execute(conn).map(drop)
}

pub(crate) fn break_the_rule_of_the_commit(conn: &mut DbConnection) -> QueryResult<()> {
    diesel::sql_query("INSERT INTO answers (id) VALUES (-1)").execute(conn).map(drop)
}

pub(crate) fn list(conn: &mut DbConnection) -> QueryResult<Vec<i64>> {
    notes::table.select(notes::id).order(notes::id).load(conn)
}

/// Adds a note with this id.
pub(crate) fn add(db: &Db, id: i64) -> impl Future<Output = Result<(), PortError>> + Send + 'static {
    let db = db.clone();
    async move { db.write("add note", move |conn| Ok(insert(conn, id)?)).await }
}

/// The ids of all notes.
pub(crate) async fn ids(db: &Db) -> Vec<i64> {
    db.read::<_, PortError, _>("list notes", |conn| Ok(list(conn)?)).await.unwrap()
}

/// The ids of all notes, by a connection of its own.
pub(crate) fn read(place: &Place) -> Vec<i64> {
    #[derive(QueryableByName)]
    struct Note {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    place.load::<Note>("SELECT id FROM notes ORDER BY id").iter().map(|note| note.id).collect()
}

/// Why something failed.
pub(crate) fn cause(error: &PortError) -> String {
    error.source().expect("there is a cause").to_string()
}

pub(crate) fn is_overloaded(error: &PortError) -> bool {
    cause(error) == cause(&PortError::overloaded("compare", error.retry_after()))
}

/// Work that has begun, and ends when the test says so.
pub(crate) struct Work {
    end: mpsc::Sender<()>,
    task: JoinHandle<Result<(), PortError>>,
}

impl Work {
    /// Occupies a thread that writes.
    pub(crate) async fn begin(db: &Db) -> Self {
        Self::begin_with(db, || ()).await
    }

    /// The same; `at_end` is called by the work, at its end.
    pub(crate) async fn begin_with(db: &Db, at_end: impl FnOnce() + Send + 'static) -> Self {
        let (work, end, begun) = blocking(at_end);
        let db = db.clone();
        let task = tokio::spawn(async move { db.write("work", work).await });
        begun.await.unwrap();
        Self { end, task }
    }

    /// Occupies a thread that reads.
    pub(crate) async fn begin_read(db: &Db) -> Self {
        let (work, end, begun) = blocking(|| ());
        let db = db.clone();
        let task = tokio::spawn(async move { db.read("work", work).await });
        begun.await.unwrap();
        Self { end, task }
    }

    /// Nobody waits for it any more. It ends when something is sent.
    pub(crate) async fn abandon(self) -> mpsc::Sender<()> {
        self.task.abort();
        drop(self.task.await);
        self.end
    }

    /// Lets it end, and gives what came of it.
    pub(crate) async fn finish(self) -> Result<(), PortError> {
        self.end.send(()).unwrap();
        self.task.await.unwrap()
    }
}

type Outcome = Result<(), autorisen_storage::Abort<PortError>>;

fn blocking(
    at_end: impl FnOnce() + Send + 'static,
) -> (impl FnMut(&mut DbConnection) -> Outcome + Send + 'static, mpsc::Sender<()>, oneshot::Receiver<()>) {
    let (end, may_end) = mpsc::channel();
    let (has_begun, begun) = oneshot::channel();
    let (mut has_begun, mut at_end) = (Some(has_begun), Some(at_end));
    let work = move |_: &mut DbConnection| {
        has_begun.take().unwrap().send(()).unwrap();
        may_end.recv().unwrap();
        at_end.take().unwrap()();
        Ok(())
    };
    (work, end, begun)
}
