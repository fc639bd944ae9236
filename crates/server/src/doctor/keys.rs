//! Whether the secret key opens the keys that are stored, and whether those are as old as they may be.

use std::time::Duration;

use autorisen_domain::clock::Clock as _;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::{KeyRing as _, KeyState, SigningKey, SigningKeyRepository as _};
use autorisen_security::EcdsaKeyRing;
use autorisen_storage::{Db, DbSettings, SqlSigningKeys};

use super::finding::Findings;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::master_key;
use crate::request_log::Chain;
use crate::wiring;

const CHECK: &str = "keys";
/// A server that runs changes them when they are due; one day late means that none does, or that it cannot.
const GRACE: Duration = Duration::from_hours(24);

/// Looks at the stored signing keys.
pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let keys = match stored(settings) {
        Ok(keys) => keys,
        Err(error) => return findings.fault(CHECK, Chain(&error).to_string(), "look at the database"),
    };
    if keys.is_empty() {
        return findings.sound(CHECK, "none yet; they are made at the first start");
    }
    let master = match master_key::existing(&settings.auth, &wiring::key_file(settings)) {
        Ok(Some(master)) => master,
        Ok(None) => {
            return findings.fault(
                CHECK,
                "keys are stored, and there is no SECRET_KEY to open them with",
                "set it to the one that they were stored under; without it, all sessions and keys are lost",
            );
        }
        Err(error) => return findings.fault(CHECK, Chain(&error).to_string(), "put the file right"),
    };
    if EcdsaKeyRing::new(&master).load(&keys).is_err() {
        return findings.fault(
            CHECK,
            "SECRET_KEY does not open the stored keys: they were stored under another one",
            "set SECRET_KEY to the one before, or set that one as SECRET_KEY_PREVIOUS",
        );
    }
    let now = SystemClock.now();
    let overdue = |key: &&SigningKey| {
        key.state == KeyState::Current && now.since(key.changed_at) > settings.auth.key_rotate_after + GRACE
    };
    match keys.iter().find(overdue) {
        Some(key) => findings.warn(
            CHECK,
            format!("{} signs for longer than AUTORISEN__AUTH__KEY_ROTATE_DAYS", key.id.as_str()),
            "look in the log of a running server for keys.tend.failure, or run `autorisen keys rotate`",
        ),
        None => findings.sound(CHECK, format!("{} are stored, and SECRET_KEY opens them", keys.len())),
    }
}

fn stored(settings: &Settings) -> Result<Vec<SigningKey>, PortError> {
    let failed = |error| PortError::new("open the database", error);
    let db = Db::open(DbSettings::new(settings.database.url.clone())).map_err(failed)?;
    let keys = actix_web::rt::System::new().block_on(SqlSigningKeys::new(db.clone()).list());
    db.shutdown();
    keys
}
