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
        chunk(database.dialect, &numbers.collect::<Vec<_>>())
    });
    std::iter::once(roles).chain(some)
}

pub(super) const USER_COLUMNS: &str = "id, email, first_name, last_name, hashed_password, role, company_name, \
     is_email_verified, is_active, token_version, created_at, updated_at, last_login_at";

fn chunk(dialect: Dialect, numbers: &[usize]) -> Vec<String> {
    let fill = |table, columns, nth: usize, row: &dyn Fn(usize) -> Vec<Vec<String>>| {
        let rows: Vec<_> = numbers.iter().copied().filter(|n| n % nth == 0).flat_map(row).collect();
        if rows.is_empty() { String::new() } else { insert(table, columns, &rows) }
    };
    vec![
        fill("users", USER_COLUMNS, 1, &|n| vec![user(dialect, n)]),
        fill("user_profiles", "user_id, profile, created_at, updated_at", 1, &|n| {
            let profile = format!(r#"{{"industry":"energy","use_cases":["a","b"],"size":{n}}}"#);
            vec![vec![text(&user_id(n)), text(&profile), at(n, 0), at(n, 1)]]
        }),
        fill("credentials", "id, user_id, provider, provider_uid, secret_hash, created_at", 1, &|n| {
            let (user, uid) = (text(&user_id(n)), text(&address(n)));
            vec![vec![text(&id("c", n)), user, text("password"), uid, text(hash(n)), at(n, 0)]]
        }),
        fill("sessions", "id, user_id, token_hash, created_at, expires_at", 1, &|n| {
            let digest = text(&format!("{:064x}", n + 1));
            vec![vec![text(&id("s", n)), text(&user_id(n)), digest, at(n, 0), at(n, 9)]]
        }),
        fill("analytics_events", "id, event_type, step, role, details, created_at", 1, &|n| {
            let role = if n.is_multiple_of(2) { text("Customer") } else { null() };
            let details = text(&format!(r#"{{"n":{n}}}"#));
            vec![vec![text(&id("e", n)), text("step_view"), text("step1"), role, details, at(n, 0)]]
        }),
        fill("login_audits", "id, email, success, ip_address, user_agent, created_at", 2, &|n| {
            let (email, success) = (text(&address(n)), flag(dialect, n.is_multiple_of(4)));
            vec![vec![text(&id("l", n)), email, success, text("192.0.2.7"), text("Browser/1.0"), at(n, 0)]]
        }),
        fill("app_chat_threads", "id, user_id, placement, context, created_at, updated_at", 4, &|n| {
            let (user, context) = (text(&user_id(n)), text(r#"{"page":"start"}"#));
            vec![vec![text(&thread_of(n)), user, text("support"), context, at(n, 0), at(n, 9)]]
        }),
        fill(
            "app_chat_events",
            "id, thread_id, role, content, tool_name, event_metadata, created_at",
            4,
            &talk,
        ),
        fill("onboarding_checklists", "id, user_id, thread_id, tasks, updated_at", 5, &|n| {
            let tasks = text(r#"{"invite_team":{"label":"Invite core teammates","done":true}}"#);
            vec![vec![text(&id("k", n)), text(&user_id(n)), text("ui-onboarding"), tasks, at(n, 0)]]
        }),
        fill("user_roles", "user_id, role_id, assigned_at", 10, &|n| {
            let role = if n.is_multiple_of(3) { "role-2" } else { "role-1" };
            vec![vec![text(&user_id(n)), text(role), at(n, 0)]]
        }),
    ]
}

/// This many minutes after what is a user's began.
fn at(n: usize, minutes: usize) -> String {
    time(n % 500_000 + minutes)
}

fn user(dialect: Dialect, n: usize) -> Vec<String> {
    vec![
        text(&user_id(n)),
        text(&address(n)),
        text("Ada"),
        text(&format!("Example {n}")),
        text(hash(n)),
        text(if n.is_multiple_of(3) { "Developer" } else { "Customer" }),
        text("Example & Söhne"),
        flag(dialect, n.is_multiple_of(2)),
        flag(dialect, true),
        (n % 5 + 1).to_string(),
        at(n, 0),
        at(n, 5),
        if n % 3 == 1 { null() } else { at(n, 9) },
    ]
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
        vec![own, text(&thread_of(n)), text(role), text(&said), tool, note, at(n, index)]
    })
    .collect()
}
