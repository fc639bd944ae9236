//! Rows that are over, for whoever looks at what sweeping them does.

use diesel::connection::SimpleConnection as _;

use super::expressions::Expressions;
use super::{DAY, Filling, Outcome, Part, finish, prepare};
use crate::DatabaseKind;
use crate::testing::connect;

/// So long ago everything ended.
const AGE: i64 = 500 * DAY;
const PART_LENGTH: u32 = 4_096;

/// How many rows that are over there are of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Over {
    /// Sessions.
    pub sessions: u64,
    /// Registrations.
    pub registrations: u64,
    /// Limits.
    pub limits: u64,
    /// Threads.
    pub threads: u64,
    /// Items of each thread.
    pub items: u64,
    /// Files of no thread.
    pub files: u64,
    /// Parts of each file, of 4 KiB.
    pub parts: u64,
    /// Counts of days.
    pub usage: u64,
    /// Hosted sessions.
    pub hosted: u64,
    /// Rows of the audit. Their chain is not whole.
    pub audit: u64,
    /// Events of analytics.
    pub events: u64,
    /// Logins at the system that was here before.
    pub logins: u64,
}

impl Over {
    /// Adds them to a database in which `accounts` were filled.
    pub fn fill(&self, url: &str, accounts: &Filling, mut progress: impl FnMut(&str, u64, u64)) -> Outcome {
        let mut conn = connect(url)?;
        let kind = DatabaseKind::of(&conn);
        conn.batch_execute(prepare(kind))?;
        let make = Expressions(kind);
        for part in self.parts(make, accounts) {
            part.insert(make, &mut conn, &mut progress)?;
        }
        if self.audit > 0 {
            conn.batch_execute("UPDATE audit_head SET last_seq = (SELECT MAX(seq) FROM audit_log)")?;
        }
        Ok(conn.batch_execute(finish(kind))?)
    }

    fn parts(&self, make: Expressions, accounts: &Filling) -> Vec<Part> {
        let then = accounts.now - AGE;
        let age = AGE.to_string();
        let part = |target, count: u64, values: String| Part { target, values, first: 0, count };
        let digest = make.digest(3, "n");
        let user = accounts.account_id(make, &accounts.some_account("n"));
        let owned = Filling { threads: self.threads, items: self.threads * self.items, ..accounts.clone() };
        let thread = |n: &str| {
            let at = owned.spread_at(n, self.threads, &age);
            make.prefixed_id("thr", super::THREAD, &at, n)
        };
        let first = accounts.first;
        let in_thread = self.items.max(1);
        let file = |n: &str| make.prefixed_id("atc", 9, &format!("({then} + {n})"), n);
        vec![
            accounts.sessions(make, &age, self.sessions),
            part(
                "registrations (id, token_digest, email, password_hash, first_name, last_name, role, created_at, \
                 expires_at)",
                self.registrations,
                format!(
                    "{}, {digest}, 'new-' || n || '@example.org', '', 'Ada', 'Example', 'Customer', {then}, {then} + n",
                    make.uuid(8, &then.to_string(), "n")
                ),
            ),
            part(
                "rate_limits (key, tries, stale_at)",
                self.limits,
                format!("{digest}, {}, {then} + n", make.bytes(8)),
            ),
            owned.threads(make, &age, self.threads),
            part(
                "chat_items (thread_id, number, item_id, hidden, body)",
                self.threads * self.items,
                format!(
                    "{}, n % {in_thread} + 1, 'msg_' || n, (1 = 0), '{{}}'",
                    thread(&format!("({first} + n / {in_thread})"))
                ),
            ),
            part(
                "chat_attachments (id, user_id, name, mime_type, size, is_uploaded, created_at)",
                self.files,
                format!("{}, {user}, 'plan.txt', 'text/plain', 1000, (1 = 1), {then} + n", file("n")),
            ),
            part(
                "chat_attachment_parts (attachment_id, part, bytes)",
                self.files * self.parts,
                format!(
                    "{}, n % {per}, {}",
                    file(&format!("(n / {})", self.parts.max(1))),
                    make.bytes(PART_LENGTH),
                    per = self.parts.max(1)
                ),
            ),
            part(
                "chat_usage (owner, usage, day, amount)",
                self.usage,
                "'owner ' || n, 'messages', '2020-01-' || (10 + n % 20), n".to_owned(),
            ),
            part(
                "hosted_sessions (id, user_id, session_id, created_at, expires_at, next_try_at, tries)",
                self.hosted,
                format!("'cksess_' || n, {user}, {user}, {then}, {then} + n, {then}, 0"),
            ),
            part(
                "analytics_events (id, event_type, step, day, created_at)",
                self.events,
                format!("'event-' || n, 'step_view', 'step1', '2020-01-10', {then} + n"),
            ),
            part(
                "login_history (id, email, success, created_at)",
                self.logins,
                format!("'login-' || n, 'account-' || n || '@example.org', (1 = 1), {then} + n"),
            ),
            Part {
                first: 1,
                ..part(
                    "audit_log (seq, at, action, client_ip, request_id, hash)",
                    self.audit,
                    format!(
                        "n, {then}, 'auth.login.success', '203.0.113.9', 'filled', {}",
                        make.digest(4, "n")
                    ),
                )
            },
        ]
    }
}
