//! Filling a database with as many rows as a large deployment has, within minutes.
//!
//! The rows are what the product itself would have written, so everything reads them; only the audit
//! is left out, whose chain of hashes no single statement makes. Ids are made of the number of a row,
//! so that rows of one table refer to those of another without looking them up.

mod expressions;
mod over;

use std::error::Error;

use autorisen_chatkit::{InferenceOptions, Item, ItemKind, Time, UserContent};
use diesel::connection::SimpleConnection as _;

use self::expressions::{Expressions, quoted};
use super::connect;
use crate::DatabaseKind;
use crate::db::DbConnection;

pub use self::over::Over;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

const DAY: i64 = 86_400_000_000;
/// The accounts of a deployment have come over so long.
const ACCOUNTS_SPAN: i64 = 700 * DAY;
/// The sessions and threads that are there began over so long: none is swept yet.
const SESSIONS_SPAN: i64 = 40 * DAY;
/// How many rows one statement makes.
const CHUNK: u64 = 50_000;

/// What each kind of row is known by in its id.
const ACCOUNT: u8 = 1;
const SESSION: u8 = 2;
const THREAD: u8 = 3;
const ITEM: u8 = 4;
const FILE: u8 = 5;

/// How much is put into a database that has its tables. Sessions, threads and items are shared out
/// among the accounts.
#[derive(Debug, Clone)]
pub struct Filling {
    /// The number of the first account; the address of account 7 is `account-7@example.org`.
    pub first: u64,
    /// How many accounts.
    pub accounts: u64,
    /// How many sessions.
    pub sessions: u64,
    /// How many of the accounts have threads: every so many-th, as [`Filling::talker`] says.
    pub talkers: u64,
    /// How many threads.
    pub threads: u64,
    /// How many items, each thread with as many as the others. Those of one thread lie far from each
    /// other, as if all threads were talked in at the same time.
    pub items: u64,
    /// How many files, each in a thread.
    pub files: u64,
    /// How many limits that are counted under.
    pub limits: u64,
    /// The time now, in microseconds since 1970.
    pub now: i64,
    /// The hash of everybody's password.
    pub password_hash: String,
}

impl Filling {
    /// The number of the account that is the `index`-th with threads.
    #[must_use]
    pub fn talker(&self, index: u64) -> u64 {
        self.first + index % self.talkers.max(1) * self.stride()
    }

    fn stride(&self) -> u64 {
        (self.accounts / self.talkers.max(1)).max(1)
    }

    /// Fills the database at this URL, and tells how far it has come: what, how many of how many.
    pub fn fill(&self, url: &str, mut progress: impl FnMut(&str, u64, u64)) -> Outcome {
        let mut conn = connect(url)?;
        let kind = DatabaseKind::of(&conn);
        conn.batch_execute(prepare(kind))?;
        let make = Expressions(kind);
        for part in self.parts(make)? {
            part.insert(make, &mut conn, &mut progress)?;
        }
        Ok(conn.batch_execute(finish(kind))?)
    }

    fn parts(&self, make: Expressions) -> Result<Vec<Part>, Box<dyn Error + Send + Sync>> {
        let account = self.account_id(make, "n");
        let hash = quoted(&self.password_hash);
        let at = self.account_at("n");
        let users = Part {
            target: "users (id, email, email_verified, first_name, last_name, company_name, password_hash, \
                     role, is_active, session_epoch, created_at, updated_at)",
            values: format!(
                "{account}, 'account-' || n || '@example.org', (n % 2) = 1, 'Ada', 'Example', \
                 'Analytical Engines', {hash}, 'Customer', (1 = 1), 1, {at}, {at}"
            ),
            first: self.first,
            count: self.accounts,
        };
        let profiles = Part {
            target: "user_profiles (user_id, profile, updated_at)",
            values: format!("{account}, '{{\"city\":\"Example\"}}', {at}"),
            ..users.clone()
        };
        let usage = Part {
            target: "chat_usage (owner, usage, day, amount)",
            values: format!("{account}, 'messages', '', n % 100"),
            ..users.clone()
        };
        let checklists = Part {
            target: "onboarding_checklists (user_id, tasks, updated_at)",
            values: format!("{account}, '{{}}', {at}"),
            ..users.clone()
        };
        let events = Part {
            target: "analytics_events (id, event_type, step, role, details, day, created_at)",
            values: format!(
                "{account}, 'step_view', 'step' || (n % 2 + 1), 'Customer', '{{}}', '2026-01-' || (10 + n % 20), {happened}",
                happened = self.spread_at("n", self.accounts, "0"),
            ),
            ..users.clone()
        };
        let limits = Part {
            target: "rate_limits (key, tries, stale_at)",
            values: format!("{}, {}, {} + {DAY} + n", make.digest(5, "n"), make.bytes(8), self.now),
            count: self.limits,
            ..users.clone()
        };
        Ok(vec![
            users,
            profiles,
            usage,
            checklists,
            events,
            limits,
            self.sessions(make, "0", self.sessions),
            self.threads(make, "0", self.threads),
            self.items(make)?,
            self.files(make),
        ])
    }

    /// Sessions, the newest of which began `age` microseconds ago. One in ten was ended.
    fn sessions(&self, make: Expressions, age: &str, count: u64) -> Part {
        let at = self.spread_at("n", count, age);
        let user = self.account_id(make, &self.some_account("n"));
        let ended = make.least(&format!("{at} + 11 * {DAY}"), &self.now.to_string());
        Part {
            target: "sessions (id, user_id, epoch, created_at, last_used_at, expires_at, absolute_expires_at, \
                     revoked_at, end_reason, refresh_digest, cookie_digest, client_ip, user_agent)",
            values: format!(
                "{id}, {user}, 1, {at}, {at}, {at} + 14 * {DAY}, {at} + 90 * {DAY}, \
                 CASE WHEN n % 10 = 0 THEN {ended} END, CASE WHEN n % 10 = 0 THEN 'logout' END, \
                 {refresh}, {cookie}, '203.0.113.' || (n % 250), \
                 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'",
                id = make.uuid(SESSION, &at, "n"),
                refresh = make.digest(1, "n"),
                cookie = make.digest(2, "n"),
            ),
            first: self.first,
            count,
        }
    }

    fn threads(&self, make: Expressions, age: &str, count: u64) -> Part {
        let at = self.spread_at("n", count, age);
        let user = self.account_id(make, &self.owner("n"));
        let items = self.items.checked_div(self.threads).unwrap_or(0);
        Part {
            target: "chat_threads (id, user_id, placement, title, started_at, created_at, updated_at, \
                     last_number)",
            values: format!(
                "{id}, {user}, 'support', 'Question ' || n, {at}, {at}, {at}, {items}",
                id = make.prefixed_id("thr", THREAD, &at, "n"),
            ),
            first: self.first,
            count,
        }
    }

    fn items(&self, make: Expressions) -> Result<Part, serde_json::Error> {
        let (first, threads) = (self.first, self.threads.max(1));
        let number = format!("((n - {first}) / {threads} + 1)");
        let thread = format!("({first} + (n - {first}) % {threads})");
        let at = self.spread_at(&thread, self.threads, "0");
        let thread = make.prefixed_id("thr", THREAD, &at, &thread);
        let id = make.prefixed_id("msg", ITEM, &at, "n");
        Ok(Part {
            target: "chat_items (thread_id, number, item_id, hidden, body)",
            values: format!(
                "{thread}, {number}, {id}, (1 = 0), \
                 replace(replace({item}, '@thread', {thread}), '@id', {id})",
                item = quoted(&self.item()?),
            ),
            first: self.first,
            count: self.threads * self.items.checked_div(self.threads).unwrap_or(0),
        })
    }

    fn files(&self, make: Expressions) -> Part {
        let thread = format!("({} + (n - {}) % {})", self.first, self.first, self.threads.max(1));
        let at = self.spread_at(&thread, self.threads, "0");
        Part {
            target: "chat_attachments (id, user_id, thread_id, name, mime_type, size, is_uploaded, created_at)",
            values: format!(
                "{id}, {user}, {thread}, 'plan.txt', 'text/plain', 1000, (1 = 1), {at}",
                id = make.prefixed_id("atc", FILE, &at, "n"),
                user = self.account_id(make, &self.owner(&thread)),
                thread = make.prefixed_id("thr", THREAD, &at, &thread),
            ),
            first: self.first,
            count: self.files,
        }
    }

    /// An item as it is stored, with `@id` and `@thread` in the places of its ids.
    fn item(&self) -> Result<String, serde_json::Error> {
        let text = "What does it cost to send a parcel of two kilograms to the other end of the country?";
        serde_json::to_string(&Item {
            id: "@id".to_owned(),
            thread_id: "@thread".to_owned(),
            created_at: Time::from_micros(self.now),
            kind: ItemKind::UserMessage {
                content: vec![UserContent::InputText { text: text.to_owned() }],
                attachments: Vec::new(),
                quoted_text: None,
                inference_options: InferenceOptions::default(),
            },
        })
    }

    fn account_id(&self, make: Expressions, n: &str) -> String {
        make.uuid(ACCOUNT, &self.account_at(n), n)
    }

    fn account_at(&self, n: &str) -> String {
        let step = ACCOUNTS_SPAN / i64::try_from(self.accounts.max(1)).unwrap_or(i64::MAX);
        format!("({now} - ({end} - {n}) * {step})", now = self.now, end = self.first + self.accounts)
    }

    /// A time of row `n` of `count`, that grows with it and ends `age` microseconds ago.
    fn spread_at(&self, n: &str, count: u64, age: &str) -> String {
        let step = SESSIONS_SPAN / i64::try_from(count.max(1)).unwrap_or(i64::MAX);
        format!("({now} - {age} - ({end} - {n}) * {step})", now = self.now, end = self.first + count)
    }

    /// The account of row `n`, where neighbours in time have others.
    fn some_account(&self, n: &str) -> String {
        format!("({} + ({n} - {}) * 7919 % {})", self.first, self.first, self.accounts.max(1))
    }

    /// The account of thread `n`; each that has threads has as many.
    fn owner(&self, n: &str) -> String {
        format!("({} + ({n} - {}) % {} * {})", self.first, self.first, self.talkers.max(1), self.stride())
    }
}

/// The rows of one table.
#[derive(Debug, Clone)]
struct Part {
    target: &'static str,
    values: String,
    first: u64,
    count: u64,
}

impl Part {
    fn insert(
        &self,
        make: Expressions,
        conn: &mut DbConnection,
        progress: &mut impl FnMut(&str, u64, u64),
    ) -> Outcome {
        let table = self.target.split(' ').next().unwrap_or_default();
        let mut done = 0;
        while done < self.count {
            let next = (done + CHUNK).min(self.count);
            let (first, last) = (self.first + done, self.first + next - 1);
            conn.batch_execute(&make.insert(self.target, &self.values, first, last))?;
            done = next;
            progress(table, done, self.count);
        }
        Ok(())
    }
}

/// What is made is right by how it is made, and made again when this breaks off.
const fn prepare(kind: DatabaseKind) -> &'static str {
    match kind {
        DatabaseKind::Postgres => "SET synchronous_commit = off; SET session_replication_role = replica;",
        DatabaseKind::Sqlite => {
            "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;"
        }
    }
}

/// PostgreSQL does this by itself in time; SQLite is never told what it has.
const fn finish(kind: DatabaseKind) -> &'static str {
    match kind {
        DatabaseKind::Postgres => "VACUUM ANALYZE;",
        DatabaseKind::Sqlite => "PRAGMA wal_checkpoint (TRUNCATE);",
    }
}
