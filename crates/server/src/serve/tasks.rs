//! What a server does beside answering: looks after its keys, and forgets what is over.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::clock::Clock as _;
use autorisen_domain::context::Context;
use autorisen_domain::id::Random as _;
use autorisen_domain::keys::KeyService;
use autorisen_domain::sweep::Sweeper;
use autorisen_security::SystemRandom;
use autorisen_storage::Db;
use slog::{Logger, debug, warn};

use crate::clock::{SharedClock, SystemClock};
use crate::config::DatabaseSettings;
use crate::logging::EVENT;
use crate::request_log::Chain;
use crate::schema;
use crate::wiring::HostedWork;

/// How soon a change of keys by another process is seen.
pub(crate) const TEND_EVERY: Duration = Duration::from_secs(5);
/// How often the clock is compared with the database's.
const SET_CLOCK_EVERY: Duration = Duration::from_secs(30);
/// How soon that is tried again by a server that was started while the database was down.
const SET_CLOCK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A machine whose clock is off by more should be looked at.
const WORTH_A_WARNING: Duration = Duration::from_secs(2);
/// How soon the end of a login in another process is seen; one in this process is told at once.
const CANCEL_EVERY: Duration = Duration::from_secs(2);
/// How often what is over is forgotten, on average.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Loads the signing keys, and makes them where there are none. Without them the server is not
/// ready, and tries again when it tends to them.
pub(crate) async fn load_keys(keys: &KeyService, db: &Db, log: &Logger) {
    // Without its tables every query fails; that they are missing is worth more than that.
    if let Err(error) = schema::require(db).await {
        warn!(log, #EVENT, "migrate.check.failure"; "error" => %Chain(&error));
        return;
    }
    if let Err(error) = keys.prepare().await {
        warn!(log, #EVENT, "keys.load.failure"; "error" => %Chain(&error));
    }
}

/// Loads keys that another process changed, and changes them when they are due.
pub(crate) async fn tend_keys(keys: Arc<KeyService>, db: Db, log: Logger) {
    let ctx = Context::local("keys");
    loop {
        actix_web::rt::time::sleep(TEND_EVERY).await;
        if keys.public_keys().is_empty() {
            load_keys(&keys, &db, &log).await;
        } else if let Err(error) = keys.tend(&ctx).await {
            warn!(log, #EVENT, "keys.tend.failure"; "error" => %Chain(&error));
        }
    }
}

/// Sets the clock right by the database's.
///
/// `false` when the database could not be asked.
pub(crate) async fn set_clock(clock: &SharedClock, db: &Db, log: &Logger) -> bool {
    let asked = SystemClock.now();
    match db.server_time().await {
        Ok(None) => true,
        Ok(Some(shared)) => {
            let behind = clock.follow(shared, asked, SystemClock.now());
            if u128::from(behind.unsigned_abs()) > WORTH_A_WARNING.as_micros() {
                warn!(log, #EVENT, "clock.skew.found"; "behind_ms" => behind / 1_000);
            }
            true
        }
        Err(error) => {
            warn!(log, #EVENT, "clock.follow.failure"; "error" => %Chain(&error));
            false
        }
    }
}

/// Says so when the replicas together want more connections than the database has for them. One that
/// cannot be asked is said to be so elsewhere.
pub(crate) async fn check_connections(db: &Db, settings: &DatabaseSettings, log: &Logger) {
    let Ok(Some(limit)) = db.connection_limit().await else { return };
    let wanted = settings.pool_size.saturating_mul(settings.replicas);
    if u64::try_from(wanted).is_ok_and(|wanted| wanted <= limit.allowed) {
        return;
    }
    let fitting = limit.allowed / u64::try_from(settings.replicas).unwrap_or(1).max(1);
    let advice = if fitting > 0 {
        format!(
            "set AUTORISEN__DATABASE__POOL_SIZE to {fitting}, or raise the limit of the {}",
            limit.bound_by
        )
    } else {
        format!("raise the limit of the {}, or put a pooler between", limit.bound_by)
    };
    warn!(log, #EVENT, "database.connections.short";
        "pool_size" => settings.pool_size, "replicas" => settings.replicas, "wanted" => wanted,
        "allowed" => limit.allowed, "limit" => limit.limit, "bound_by" => limit.bound_by,
        "others" => limit.others, "detail" => advice,
    );
}

/// Sets the clock right again and again; soon, as long as it was never right.
pub(crate) async fn tend_clock(clock: Arc<SharedClock>, mut was_set: bool, db: Db, log: Logger) {
    loop {
        let pause = if was_set { SET_CLOCK_EVERY } else { SET_CLOCK_AGAIN_AFTER };
        actix_web::rt::time::sleep(pause).await;
        was_set |= set_clock(&clock, &db, &log).await;
    }
}

/// Cancels hosted sessions whose logins are over.
pub(crate) async fn cancel_hosted(hosted: HostedWork, log: Logger) {
    let ctx = Context::local("hosted");
    loop {
        match hosted.cancellation.run(&ctx).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => warn!(log, #EVENT, "chatkit.hosted_cancel.fault"; "error" => %Chain(&error)),
        }
        // Whichever comes first.
        drop(actix_web::rt::time::timeout(CANCEL_EVERY, hosted.nudge.notified()).await);
    }
}

/// Forgets what is over, now and then. By chance sooner or later, so that replicas that started together do
/// not all come at the same moment.
pub(crate) async fn sweep(sweeper: Sweeper, log: Logger) {
    loop {
        let mut chance = [0; 1];
        if let Err(error) = SystemRandom.fill(&mut chance) {
            warn!(log, #EVENT, "sweep.run.failure"; "error" => %Chain(&error));
        }
        actix_web::rt::time::sleep(SWEEP_EVERY / 2 + SWEEP_EVERY * u32::from(chance[0]) / 255).await;
        let outcome = sweeper.run().await;
        if outcome.rows > 0 {
            debug!(log, #EVENT, "sweep.run.success";
                "rows" => outcome.rows,
                "batches" => outcome.batches,
                "duration_ms" => u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
                "longest_ms" => u64::try_from(outcome.longest.as_millis()).unwrap_or(u64::MAX),
            );
        }
        for error in &outcome.failures {
            warn!(log, #EVENT, "sweep.run.failure"; "error" => %Chain(error));
        }
    }
}
