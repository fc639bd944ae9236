//! How much of what the database gets.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::db::DatabaseUrl;

/// How a [`Db`](crate::Db) works. [`DbSettings::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct DbSettings {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// PostgreSQL: how many connections, each with a thread of its own.
    pub pool_size: NonZeroUsize,
    /// SQLite: how many threads read at the same time. One more writes.
    pub readers: NonZeroUsize,
    /// How many jobs may wait for a thread; one more is refused.
    pub queue: NonZeroUsize,
    /// A job that was not begun after this long is refused.
    pub start_within: Duration,
    /// How long a job waits for a connection to be made.
    pub connection_timeout: Duration,
    /// PostgreSQL: how long one statement may run. Zero is without limit.
    pub statement_timeout: Duration,
}

impl DbSettings {
    /// The defaults for this database.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            url,
            pool_size: at_least_one(8),
            readers: cores.max(at_least_one(2)),
            queue: at_least_one(1024),
            start_within: Duration::from_secs(2),
            connection_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

fn at_least_one(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
}
