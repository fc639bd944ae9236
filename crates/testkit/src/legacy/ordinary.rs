//! Users with nothing odd about them, and all that is theirs.

use super::value::{flag, insert, null, text, time};
use super::{Dialect, LegacyDatabase};

/// The password of all of them.
pub const PASSWORD: &str = "correct horse battery";

/// It, hashed in each way that the old system did: made with bcrypt 5.0.0 and hashlib of Python 3.11.7, the
/// salt being the bytes 0 to 15.
const HASHES: [&str; 4] = [
    "$2b$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW",
    "$2a$05$..CA.uOD/eaGAOmJB.yMBuSRX0VL7TDOEDkt7L26qJHy/uPLNTi7O",
    "$2y$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW",
    "AAECAwQFBgcICQoLDA0OD8jRIuzblHfNSKaxdQxZhcC4sFFY0EDSBRfM20mGXeQ2",
];

/// How many rows of each table are made in one statement.
const ROWS: usize = 250;

/// The id of a user; the ids are in no order.
pub fn user_id(number: usize) -> String {
    id("u", number)
}

/// The address of a user.
pub fn address(number: usize) -> String {
    format!("user{number}@example.org")
}

/// The id of the thread of a user, which every fourth has.
pub fn thread_of(number: usize) -> String {
    id("t", number)
}

/// A UUID that looks as if it were made by chance, of a kind of thing and its number.
fn id(kind: &str, number: usize) -> String {
    let kind = u64::from(kind.as_bytes()[0]);
    let number = number as u64;
    let spread = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ kind.wrapping_mul(0xff51_afd7_ed55_8ccd);
    format!("{:08x}-{:04x}-4000-8000-{number:012x}", spread >> 32, spread & 0xffff)
}

/// The hash of a user's password.
pub(super) const fn hash(number: usize) -> &'static str {
    HASHES[number % HASHES.len()]
}

/// The statements that fill the tables.
pub(super) fn rows(database: LegacyDatabase) -> impl Iterator<Item = String> {
    let users = database.users;
    let roles = insert(
        "roles",
        "id, name, created_at",
        &[vec![text("role-1"), text("Customer"), time(0)], vec![text("role-2"), text("Developer"), time(0)]],
    );
    let some = (0..users).step_by(ROWS).flat_map(move |first| {
        let numbers = first..(first + ROWS).min(users);
        chunk(database.dialect, numbers.collect())
    });
    std::iter::once(roles).chain(some)
}

pub(super) const USER_COLUMNS: &str = "id, email, first_name, last_name, hashed_password, role, company_name, \
     is_email_verified, is_active, token_version, created_at, updated_at, last_login_at";

fn chunk(dialect: Dialect, numbers: Vec<usize>) -> Vec<String> {
    let every = |nth: usize| numbers.iter().copied().filter(move |number| number % nth == 0);
    let of = |rows: &mut dyn Iterator<Item = Vec<String>>| rows.collect::<Vec<_>>();
    let mut made = vec![
        insert(
            "users",
            USER_COLUMNS,
            &of(&mut every(1).map(|n| {
                let role = if n % 3 == 0 { "Developer" } else { "Customer" };
                vec![
                    text(&user_id(n)),
                    text(&address(n)),
                    text("Ada"),
                    text(&format!("Example {n}")),
                    text(hash(n)),
                    text(role),
                    text("Example & Söhne"),
                    flag(dialect, n % 2 == 0),
                    flag(dialect, true),
                    (n % 5 + 1).to_string(),
                    time(n % 500_000),
                    time(n % 500_000 + 5),
                    if n % 3 == 1 { null() } else { time(n % 500_000 + 9) },
                ]
            })),
        ),
        insert(
            "user_profiles",
            "user_id, profile, created_at, updated_at",
            &of(&mut every(1).map(|n| {
                let profile = format!(r#"{{"industry":"energy","use_cases":["a","b"],"size":{n}}}"#);
                vec![text(&user_id(n)), text(&profile), time(n % 500_000), time(n % 500_000 + 1)]
            })),
        ),
        insert(
            "credentials",
            "id, user_id, provider, provider_uid, secret_hash, created_at",
            &of(&mut every(1).map(|n| {
                let uid = text(&address(n));
                vec![
                    text(&id("c", n)),
                    text(&user_id(n)),
                    text("password"),
                    uid,
                    text(hash(n)),
                    time(n % 500_000),
                ]
            })),
        ),
        insert(
            "sessions",
            "id, user_id, token_hash, created_at, expires_at",
            &of(&mut every(1).map(|n| {
                let digest = format!("{:064x}", n + 1);
                vec![
                    text(&id("s", n)),
                    text(&user_id(n)),
                    text(&digest),
                    time(n % 500_000),
                    time(n % 500_000 + 9),
                ]
            })),
        ),
        insert(
            "analytics_events",
            "id, event_type, step, role, details, created_at",
            &of(&mut every(1).map(|n| {
                let details = format!(r#"{{"n":{n}}}"#);
                let role = if n % 2 == 0 { text("Customer") } else { null() };
                vec![
                    text(&id("e", n)),
                    text("step_view"),
                    text("step1"),
                    role,
                    text(&details),
                    time(n % 500_000),
                ]
            })),
        ),
    ];
    let logins = of(&mut every(2).map(|n| {
        let (email, success) = (text(&address(n)), flag(dialect, n % 4 == 0));
        vec![text(&id("l", n)), email, success, text("192.0.2.7"), text("Browser/1.0"), time(n % 500_000)]
    }));
    let threads = of(&mut every(4).map(|n| {
        let context = text(r#"{"page":"start"}"#);
        vec![
            text(&thread_of(n)),
            text(&user_id(n)),
            text("support"),
            context,
            time(n % 500_000),
            time(n % 500_000 + 9),
        ]
    }));
    let events = every(4).flat_map(|n| talk(n));
    let lists = of(&mut every(5).map(|n| {
        let tasks = text(r#"{"invite_team":{"label":"Invite core teammates","done":true}}"#);
        vec![text(&id("k", n)), text(&user_id(n)), text("ui-onboarding"), tasks, time(n % 500_000)]
    }));
    let given = of(&mut every(10).map(|n| {
        let role = if n % 3 == 0 { "role-2" } else { "role-1" };
        vec![text(&user_id(n)), text(role), time(n % 500_000)]
    }));
    let more = [
        ("login_audits", "id, email, success, ip_address, user_agent, created_at", logins),
        ("app_chat_threads", "id, user_id, placement, context, created_at, updated_at", threads),
        (
            "app_chat_events",
            "id, thread_id, role, content, tool_name, event_metadata, created_at",
            events.collect(),
        ),
        ("onboarding_checklists", "id, user_id, thread_id, tasks, updated_at", lists),
        ("user_roles", "user_id, role_id, assigned_at", given),
    ];
    made.extend(
        more.iter().filter(|it| !it.2.is_empty()).map(|(table, columns, rows)| insert(table, columns, rows)),
    );
    made
}

/// What is said in the thread of a user.
fn talk(n: usize) -> Vec<Vec<String>> {
    let note = r#"{"payload":{"subject":"help"},"result":{"ticket":"T-1"}}"#;
    [
        ("user", "Where is my invoice?".to_owned(), null(), null()),
        ("tool", "tool:support.ticket".to_owned(), text("support.ticket"), text(note)),
        ("assistant", format!("It is on its way, user {n}."), null(), null()),
        ("user", "Thank you!".to_owned(), null(), null()),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (role, said, tool, note))| {
        // Their ids are in another order than their times.
        let own = text(&id("m", n * 4 + (index + 2) % 4));
        vec![own, text(&thread_of(n)), text(role), text(&said), tool, note, time(n % 500_000 + index)]
    })
    .collect()
}
