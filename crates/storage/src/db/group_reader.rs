//! Finding by key for all who ask at the same time, with one question.
//!
//! To ask PostgreSQL for one row costs it and us far more in messages and changes of threads than the row
//! itself. A question that comes while a few others are under way waits for one of them to end, and is
//! then asked together with all that came meanwhile; unless those under way are held up. Where nobody else
//! asks, nobody waits.

use std::collections::HashMap;
use std::error::Error as _;
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use autorisen_domain::error::PortError;
use diesel::QueryResult;
use tokio::sync::oneshot;

use crate::db::budget::Spending;
use crate::db::{DatabaseKind, Db, DbConnection};
use crate::row::BadRow;

/// The most keys of one question.
const MAX_GROUP: usize = 256;

/// What takes longer than this is held up by something, and nobody waits for it to end.
const HELD_UP: Duration = Duration::from_millis(2);

/// Reads what there is under some keys, in any order. A row that cannot be read is the affair of who asked
/// for it, and of nobody else.
pub(crate) type Load<K, V> = fn(&mut DbConnection, &[K]) -> QueryResult<Found<K, V>>;
/// What a question found.
pub(crate) type Found<K, V> = Vec<(K, Result<V, BadRow>)>;

type Outcome<K, V> = Result<HashMap<K, Result<V, BadRow>>, PortError>;

/// Finds values of one kind. Clones share their questions.
pub(crate) struct GroupReader<K, V> {
    db: Db,
    op: &'static str,
    load: Load<K, V>,
    waiting: Arc<Mutex<Waiting<K, V>>>,
}

/// Who has not been answered, and by how many tasks they will be.
struct Waiting<K, V> {
    asked: Vec<Asked<K, V>>,
    tasks: usize,
    /// When the last of them asked.
    asked_at: Instant,
}

struct Asked<K, V> {
    key: K,
    reply: oneshot::Sender<Result<Option<V>, PortError>>,
}

impl<K, V> Clone for GroupReader<K, V> {
    fn clone(&self) -> Self {
        let Self { db, op, load, waiting } = self;
        Self { db: db.clone(), op, load: *load, waiting: Arc::clone(waiting) }
    }
}

impl<K, V> GroupReader<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    /// Finds with `load`; `op`, such as "find user", names it in errors.
    pub(crate) fn new(op: &'static str, db: Db, load: Load<K, V>) -> Self {
        let waiting = Arc::new(Mutex::new(Waiting { asked: Vec::new(), tasks: 0, asked_at: Instant::now() }));
        Self { db, op, load, waiting }
    }

    /// What there is under this key, read after it was asked for.
    pub(crate) async fn find(&self, key: K) -> Result<Option<V>, PortError> {
        if self.db.kind() == DatabaseKind::Sqlite {
            // It is asked with less effort than others are found who ask as well.
            let (load, keys) = (self.load, [key]);
            let read = move |conn: &mut DbConnection| {
                let found = load(conn, &keys)?.pop();
                Ok(found.map(|(_, value)| value).transpose()?)
            };
            return self.db.find(self.op, read).await;
        }
        let spending = Spending::begin(self.db.answer_within());
        let (reply, answer) = oneshot::channel();
        if self.waits(Asked { key, reply }) {
            // Of its own, for who asked may go away, and the others still wait.
            tokio::spawn(self.clone().answer_all());
        }
        match tokio::time::timeout(spending.left(), answer).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(PortError::new(self.op, "the work was dropped")),
            Err(_) => Err(PortError::new(self.op, "the database does not answer")),
        }
    }

    /// Puts a question down, and says whether a task should be begun that answers it.
    fn waits(&self, asked: Asked<K, V>) -> bool {
        let mut waiting = self.waiting();
        waiting.asked.push(asked);
        let groups = self.db.groups();
        let is_wanted = waiting.tasks < groups.start
            || (waiting.tasks < groups.end && waiting.asked_at.elapsed() > HELD_UP);
        if is_wanted {
            waiting.tasks += 1;
            waiting.asked_at = Instant::now();
        }
        is_wanted
    }

    /// Answers group by group, until nobody waits.
    async fn answer_all(self) {
        loop {
            let group = Arc::new(Mutex::new(Vec::new()));
            let outcome = self.read(Arc::clone(&group)).await;
            let mut group = mem::take(&mut *lock(&group));
            if group.is_empty() && outcome.is_err() {
                // It was not begun: those who waited for it wait no longer.
                group = self.next_group();
            }
            tell(self.op, group, &outcome);
            let mut waiting = self.waiting();
            if waiting.asked.is_empty() {
                waiting.tasks -= 1;
                return;
            }
            waiting.asked_at = Instant::now();
        }
    }

    /// Reads for all who wait when it is begun; they are put into `group`.
    async fn read(&self, group: Arc<Mutex<Vec<Asked<K, V>>>>) -> Outcome<K, V> {
        let (load, reader) = (self.load, self.clone());
        self.db
            .read(self.op, move |conn| {
                let mut group = lock(&group);
                // It may be run twice.
                if group.is_empty() {
                    *group = reader.next_group();
                }
                let keys: Vec<K> = group.iter().map(|asked| asked.key.clone()).collect();
                drop(group);
                // Another task may have been faster.
                let found = if keys.is_empty() { Vec::new() } else { load(conn, &keys)? };
                Ok(found.into_iter().collect())
            })
            .await
    }

    /// Those who have waited longest, as many as fit into a question.
    fn next_group(&self) -> Vec<Asked<K, V>> {
        let mut waiting = self.waiting();
        let size = waiting.asked.len().min(MAX_GROUP);
        waiting.asked.drain(..size).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        lock(&self.waiting)
    }
}

/// Tells each what was found. Who asked may be gone.
fn tell<K, V>(op: &'static str, group: Vec<Asked<K, V>>, outcome: &Outcome<K, V>)
where
    K: Eq + Hash,
    V: Clone,
{
    for Asked { key, reply } in group {
        let found = match outcome {
            Ok(found) => found.get(&key).cloned().transpose().map_err(|bad| PortError::new(op, bad)),
            Err(error) if error.is_overload() => Err(PortError::overloaded(op, error.retry_after())),
            Err(error) => {
                Err(PortError::new(op, error.source().map_or_else(String::new, ToString::to_string)))
            }
        };
        drop(reply.send(found));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
