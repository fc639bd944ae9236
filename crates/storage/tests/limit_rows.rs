//! Ever new keys take bounded room, in the table and in memory.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AuthLimits, AuthLimitsPolicy, Devices, KindLimits};
use autorisen_domain::events::Action;
use autorisen_domain::id::IdSource;
use autorisen_domain::rate_limit::LimitPolicy;
use autorisen_storage::{Db, SqlRateLimiter};
use autorisen_testkit::fakes::{FakeClock, FakeDigests, RecordingEvents, SequenceRandom};
use autorisen_testkit::fixtures::context_from;
use autorisen_testkit::race;
use diesel::sql_types::BigInt;
use support::Place;

const ROOM: u32 = 1_000;
/// The keys are counted after so many charges.
const BETWEEN: i64 = 1_024;
const CALLERS: u32 = 64;

/// Half as many requests: each is charged to its kind and to all.
fn keys() -> usize {
    if support::is_long() { 10_000_000 } else { 20_000 }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn limits(db: Db) -> AuthLimits {
    let clock = Arc::new(FakeClock::default());
    let digests = Arc::new(FakeDigests::new(7));
    let ids = IdSource::new(clock.clone(), Arc::new(SequenceRandom::default()));
    let policy = AuthLimitsPolicy {
        login: LimitPolicy { attempts: 5, window: Duration::from_mins(5), block: Duration::from_mins(5) },
        account: None,
        per_minute: Some(60),
        kinds: KindLimits { login: 30, register: 20, password: 10, session: 60, track: 60 },
        chat_tokens: None,
        max_keys: ROOM,
    };
    AuthLimits::new(
        Arc::new(SqlRateLimiter::new(db)),
        digests.clone(),
        Arc::new(Devices::new(digests, ids)),
        clock,
        Arc::new(RecordingEvents::default()),
        policy,
    )
}

/// The memory of this process, in KiB; it also has what the test itself holds.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ever_new_addresses_take_bounded_room() {
    for place in Place::both() {
        let test = place.migrated();
        let limits = Arc::new(limits(test.db.clone()));
        let callers = CALLERS as usize;
        let each = keys() / 2 / callers;
        let batch = 100;
        let mut settled = 0;
        for begin in (0..each).step_by(batch) {
            race(callers, |caller| {
                let limits = Arc::clone(&limits);
                async move {
                    for n in begin..(begin + batch).min(each) {
                        let network = format!("2001:db8:{caller:x}:{n:x}::1");
                        let network = if n > 0xFFFF {
                            format!("2001:{:x}:{caller:x}:{:x}::1", n >> 16, n & 0xFFFF)
                        } else {
                            network
                        };
                        limits.charge_address(&context_from(&network), Action::Login).await.unwrap();
                    }
                }
            })
            .await;
            let rows = test.place.load::<Count>("SELECT COUNT(*) AS n FROM rate_limits")[0].n;
            let bound = i64::from(ROOM) + BETWEEN + i64::from(CALLERS);
            assert!(rows <= bound, "{rows} rows after {begin} of {each}");
            if begin == 0 {
                settled = resident_kib();
            }
        }
        let grown = resident_kib().saturating_sub(settled);
        assert!(grown < 64 * 1_024, "{grown} KiB more than after the first hundred of each");
        test.db.shutdown();
    }
}
