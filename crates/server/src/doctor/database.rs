//! Whether the database answers, is what the server needs, and has its tables.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use autorisen_domain::clock::Clock as _;
use autorisen_storage::migrations::{self, MigrationStatus};
use autorisen_storage::{Examination, PostgresFacts, examine};

use super::finding::Findings;
use super::keys;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::request_log::Chain;

/// Longer than every limit within, so that it is reached only when something ignores those.
const PATIENCE: Duration = Duration::from_secs(20);
/// Older ones get no corrections any more: <https://www.postgresql.org/support/versioning/>.
const OLDEST: i64 = 140_000;
/// Beyond this a machine's clock is plainly wrong.
const WORTH_A_WARNING: Duration = Duration::from_secs(2);

/// Looks at the database, and at what is in it.
pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "database";
    let url = settings.database.url.clone();
    let Some(examined) = in_time(move || examine(&url)) else {
        findings.fault(CHECK, format!("{} does not answer in time", settings.database.url), REACH);
        return skip_the_rest(findings);
    };
    match examined {
        Err(error) => {
            let says = without_line_ends(&Chain(&error).to_string());
            findings.fault(CHECK, says, REACH);
            return skip_the_rest(findings);
        }
        Ok(Examination::Sqlite(facts)) => {
            let there = if facts.exists { "is there" } else { "will be made at the first start" };
            findings.sound(CHECK, format!("{} {there}; SQLite {}", settings.database.url, facts.version));
            if !facts.exists {
                return findings.skip("migrations, keys", "the database is not there yet");
            }
        }
        Ok(Examination::Postgres(facts)) => {
            findings.sound(CHECK, format!("{} answers; PostgreSQL {}", settings.database.url, facts.version));
            server(&facts, findings);
            connections(settings, &facts, findings);
        }
    }
    if tables(settings, findings) {
        keys::check(settings, findings);
    } else {
        findings.skip("keys", "the tables are to be there first");
    }
}

const REACH: &str = "look whether the server runs, whether this machine may reach it, and whether DATABASE_URL has \
    the right host, database, user and password, and sslmode";

fn skip_the_rest(findings: &mut Findings) {
    findings.skip("migrations, keys", "the database cannot be asked");
}

/// Whether a PostgreSQL server is one that ours can live on.
fn server(facts: &PostgresFacts, findings: &mut Findings) {
    if facts.version_number < OLDEST {
        let says = format!("PostgreSQL {} gets no corrections any more", facts.version);
        findings.fault("database.version", says, "move to a version that does");
    }
    match &facts.tls {
        Some(version) => findings.sound("database.tls", version.clone()),
        None if facts.is_local => findings.sound("database.tls", "none, and nothing leaves this machine"),
        None => findings.warn(
            "database.tls",
            "everything goes in the clear to another machine",
            "remove sslmode from DATABASE_URL, or set it to require or, with sslrootcert, to verify-full",
        ),
    }
    if facts.is_read_only {
        findings.fault(
            "database.writes",
            "the server takes no writes: it is a standby, or its transactions are read-only",
            "name the primary in DATABASE_URL, with target_session_attrs=read-write where it names several",
        );
    }
    if !facts.may_create {
        findings.fault(
            "database.role",
            "the user may not make tables in its schema",
            "GRANT CREATE ON SCHEMA public to it, or make it the owner of the database",
        );
    }
    if facts.encoding != "UTF8" {
        let says = format!("text is stored as {}, which cannot hold every name", facts.encoding);
        findings.fault("database.encoding", says, "make the database anew with ENCODING 'UTF8'");
    }
    let off = facts.clock.micros().abs_diff(SystemClock.now().micros());
    if u128::from(off) > WORTH_A_WARNING.as_micros() {
        findings.warn(
            "clock",
            format!("this machine's clock is {} s off from the database's, which counts", off / 1_000_000),
            "have both keep time with NTP",
        );
    } else {
        findings.sound("clock", "this machine and the database agree");
    }
}

/// Whether there are connections enough for every replica.
fn connections(settings: &Settings, facts: &PostgresFacts, findings: &mut Findings) {
    const CHECK: &str = "database.connections";
    let Some(found) = &facts.connections else {
        return findings.sound(CHECK, "a pooler stands between, and its limit counts");
    };
    let (pool, replicas) = (settings.database.pool_size, settings.database.replicas);
    let wanted = pool.saturating_mul(replicas) as u64;
    let says = format!(
        "{replicas} replicas of {pool} want {wanted}; the {} allows {}, of which others have {}",
        found.bound_by, found.limit, found.others
    );
    if wanted > found.allowed {
        findings.fault(
            CHECK,
            says,
            "lower AUTORISEN__DATABASE__POOL_SIZE, or take a larger plan, or put PgBouncer between",
        );
    } else {
        findings.sound(CHECK, says);
    }
}

/// Whether the tables are those of this version.
fn tables(settings: &Settings, findings: &mut Findings) -> bool {
    const CHECK: &str = "migrations";
    let url = settings.database.url.clone();
    let status = match in_time(move || migrations::status(&url)) {
        Some(Ok(status)) => status,
        Some(Err(error)) => {
            findings.fault(CHECK, without_line_ends(&Chain(&error).to_string()), "run it again");
            return false;
        }
        None => {
            findings.fault(CHECK, "the list of migrations does not come in time", "run it again");
            return false;
        }
    };
    let missing = status.missing();
    if !missing.is_empty() && settings.database.migrate {
        findings.sound(CHECK, format!("{} will be run at the next start", missing.len()));
    } else if !missing.is_empty() {
        findings.fault(CHECK, format!("missing are {}", missing.join(", ")), "run `autorisen migrate up`");
    } else if status.unknown.is_empty() && status.edited().is_empty() {
        findings.sound(CHECK, "the tables are those of this version");
    }
    if !status.edited().is_empty() {
        findings.fault(
            CHECK,
            format!("other texts were applied than this version has: {}", status.edited().join(", ")),
            "run the program that was released, not one whose migrations were edited",
        );
    }
    newer(&status, findings);
    missing.is_empty()
}

/// Whether a newer version was here, and left what this one can live on.
fn newer(status: &MigrationStatus, findings: &mut Findings) {
    const CHECK: &str = "migrations";
    let beyond = status.beyond();
    if !beyond.is_empty() {
        findings.fault(
            CHECK,
            format!(
                "a newer version was here, and may have taken away what this one needs: {}",
                beyond.join(", ")
            ),
            "release the newer version again",
        );
    } else if !status.unknown.is_empty() {
        let names: Vec<&str> = status.unknown.iter().map(|unknown| unknown.name.as_str()).collect();
        findings.warn(
            CHECK,
            format!("a newer version was here, and added {}", names.join(", ")),
            "release that version here too, unless this is a way back",
        );
    }
}

/// What `work` gives, unless it takes too long.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, answer) = mpsc::channel();
    let started = thread::Builder::new().spawn(move || {
        // Nobody may be waiting any more.
        let _ = done.send(work());
    });
    started.ok()?;
    answer.recv_timeout(PATIENCE).ok()
}

/// libpq ends its lines, and has several.
fn without_line_ends(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
