//! What is read when somebody asks, from whoever knows it: how full things are, what the database says of
//! itself and of the keys, and what the system says of the process.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::health::HealthService;
use autorisen_domain::id::IdSource;
use autorisen_domain::keys::{KeyService, KeyState};
use autorisen_http::RunningAnswers;
use autorisen_security::HashLane;
use autorisen_storage::{Db, migrations};
use prometheus::{Gauge, GaugeVec, IntCounter};

use super::process::{Process, as_float};
use super::{Book, MetricsError};

/// Whoever scrapes has some seconds, and a database that is away shall not take them all.
const DATABASE_WITHIN: Duration = Duration::from_secs(3);

/// Who is asked.
#[derive(Clone)]
pub(crate) struct Sources {
    /// The database.
    pub(crate) db: Db,
    /// The hashing lane.
    pub(crate) hashing: Arc<HashLane>,
    /// The answers that are being given.
    pub(crate) answers: RunningAnswers,
    /// The signing keys.
    pub(crate) keys: Arc<KeyService>,
    /// Whether the service can do its work.
    pub(crate) health: Arc<HealthService>,
    /// Tells the time.
    pub(crate) ids: IdSource,
}

/// The gauges.
pub(crate) struct Readings {
    build: GaugeVec,
    db_threads: GaugeVec,
    db_busy: GaugeVec,
    db_queued: GaugeVec,
    db_capacity: GaugeVec,
    db_connections: Gauge,
    hashing_threads: Gauge,
    hashing_callers: Gauge,
    hashing_capacity: Gauge,
    answers: Gauge,
    answer_events: IntCounter,
    ready: GaugeVec,
    migrations: GaugeVec,
    keys: GaugeVec,
    key_age: Gauge,
    process: Process,
}

impl Readings {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        let lane = &["lane"];
        Ok(Self {
            build: book.gauges(
                "autorisen_build_info",
                &["version", "commit"],
                "Always 1; the labels say what is running.",
            )?,
            db_threads: book.gauges(
                "autorisen_db_threads",
                lane,
                "Threads of the database; on PostgreSQL that is the size of the pool.",
            )?,
            db_busy: book.gauges("autorisen_db_threads_busy", lane, "Threads of the database that are at work.")?,
            db_queued: book.gauges("autorisen_db_queue_depth", lane, "Jobs that wait for a thread of the database.")?,
            db_capacity: book.gauges(
                "autorisen_db_queue_capacity",
                lane,
                "Jobs that may wait for a thread of the database; one more is refused.",
            )?,
            db_connections: book.gauge(
                "autorisen_db_connections",
                "Connections of the pool that are open; the one that writes to SQLite is not among them.",
            )?,
            hashing_threads: book.gauge("autorisen_hashing_threads", "Threads that hash passwords.")?,
            hashing_callers: book.gauge(
                "autorisen_hashing_depth",
                "Passwords that wait in the hashing lane or are on a thread of it, and that somebody waits for.",
            )?,
            hashing_capacity: book.gauge(
                "autorisen_hashing_queue_capacity",
                "Passwords that may wait for a thread that hashes; one more is refused.",
            )?,
            answers: book.gauge("autorisen_chat_streams", "Answers that are being given now.")?,
            answer_events: book.counter(
                "autorisen_chat_events_sent_total",
                "Events of answers that were given to readers.",
            )?,
            ready: book.gauges(
                "autorisen_ready",
                &["check"],
                "1 when a check of /api/health/ready finds nothing wrong, 0 when it does.",
            )?,
            migrations: book.gauges(
                "autorisen_migrations",
                &["state"],
                "Migrations of this version that the database has (applied) and lacks (pending).",
            )?,
            keys: book.gauges("autorisen_signing_keys", &["state"], "Signing keys that are stored, by their state.")?,
            key_age: book.gauge(
                "autorisen_signing_key_age_seconds",
                "How long the current key has signed access tokens.",
            )?,
            process: Process::new(book)?,
        })
    }

    /// Says what is running, and since when in seconds since 1970.
    pub(crate) fn begin(&self, version: &str, commit: &str, started_at: f64) {
        if let Ok(build) = self.build.get_metric_with_label_values(&[version, commit]) {
            build.set(1.0);
        }
        self.process.started_at(started_at);
    }

    /// Reads all of it anew. It takes some seconds at most.
    pub(super) async fn refresh(&self, sources: &Sources) {
        let stored = async {
            self.refresh_health(sources).await;
            self.refresh_stored(sources).await;
        };
        // What is not read in time keeps what was read last; that the checks fail is told.
        if tokio::time::timeout(DATABASE_WITHIN, stored).await.is_err() {
            set(&self.ready, "database", 0.0);
        }
        self.refresh_lanes(sources);
        self.process.refresh();
    }

    fn refresh_lanes(&self, sources: &Sources) {
        for usage in sources.db.usage() {
            for (gauges, count) in [
                (&self.db_threads, usage.threads),
                (&self.db_busy, usage.busy),
                (&self.db_queued, usage.queued),
                (&self.db_capacity, usage.capacity),
            ] {
                set(gauges, usage.lane, whole(count));
            }
        }
        self.db_connections.set(whole(sources.db.open_connections()));
        let hashing = sources.hashing.usage();
        self.hashing_threads.set(whole(hashing.threads));
        self.hashing_callers.set(whole(hashing.callers));
        self.hashing_capacity.set(whole(hashing.capacity));
        self.answers.set(whole(sources.answers.count()));
        self.answer_events.inc_by(sources.answers.events().saturating_sub(self.answer_events.get()));
    }

    async fn refresh_health(&self, sources: &Sources) {
        for check in sources.health.readiness().await.checks {
            set(&self.ready, check.name, if check.fault.is_none() { 1.0 } else { 0.0 });
        }
    }

    async fn refresh_stored(&self, sources: &Sources) {
        if let Ok(status) = migrations::inspect(&sources.db).await {
            let applied = status.known.iter().filter(|known| known.is_applied).count();
            set(&self.migrations, "applied", whole(applied));
            set(&self.migrations, "pending", whole(status.known.len() - applied));
        }
        if let Ok(keys) = sources.keys.list().await {
            for state in KeyState::ALL {
                let count = keys.iter().filter(|key| key.state == state).count();
                set(&self.keys, state.as_str(), whole(count));
            }
            if let Some(current) = keys.iter().find(|key| key.state == KeyState::Current) {
                self.key_age.set(sources.ids.now().since(current.changed_at).as_secs_f64());
            }
        }
    }
}

fn set(gauges: &GaugeVec, label: &str, value: f64) {
    if let Ok(gauge) = gauges.get_metric_with_label_values(&[label]) {
        gauge.set(value);
    }
}

const fn whole(count: usize) -> f64 {
    as_float(count as u64)
}
