//! A database with rows in every table: plain ones, and those that are easily lost on the way.

use autorisen_domain::audit::{AuditAction, AuditEntry, AuditTrail as _};
use autorisen_domain::clock::Timestamp;
use autorisen_storage::SqlAuditTrail;
use autorisen_testkit::fixtures::{NOW, context};

use super::{Place, TestDb};

/// The id of row `number` of anything.
pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// Bytes as a literal of this database.
pub(crate) fn blob(place: &Place, hex: &str) -> String {
    match place {
        Place::Sqlite(_) => format!("X'{hex}'"),
        Place::Postgres(_) | Place::Pooled(_) => format!("'\\x{hex}'"),
    }
}

impl Place {
    /// Rows in every table, of which nothing is amiss.
    pub(crate) async fn filled(self) -> TestDb {
        let db = self.migrated();
        db.place.execute(&rows(&db.place));
        let trail = SqlAuditTrail::new(db.db.clone());
        for row in 0..7 {
            let at = Timestamp::from_micros(NOW.micros() + row);
            trail.append(&AuditEntry::new(&context(), at, AuditAction::LoginLimited)).await.unwrap();
        }
        db
    }
}

fn rows(place: &Place) -> String {
    let (one, two, three) = (id(1), id(2), id(3));
    let all_bytes: Vec<String> = (0..=255_u8).map(|byte| format!("{byte:02x}")).collect();
    let all_bytes = blob(place, &all_bytes.concat());
    let (digest, empty) = (blob(place, &"ab".repeat(32)), blob(place, ""));
    let now = NOW.micros();
    let later = now + 3_600_000_000;
    format!(
        "INSERT INTO users VALUES
            ('{one}', 'ada@example.org', TRUE, 'Åsa ß', 'O''Neill \"\\ \u{1F600}', '', 'hash', 'Developer', TRUE, 2,
             {now}, {now}, {now}, NULL, TRUE),
            ('{two}', 'bob@example.org', FALSE, 'Bob', '', 'line\nfeed\ttab', 'hash', 'Customer', FALSE, 0,
             -1, {now}, NULL, {now}, FALSE);
         INSERT INTO user_profiles VALUES ('{one}', '{{\"a\":[1,null,\"\\u00e9\"]}}', {now});
         INSERT INTO sessions VALUES
            ('{one}', '{one}', 2, {now}, {now}, {later}, {later}, NULL, NULL, {digest}, NULL, NULL, NULL, {digest},
             '192.0.2.1', NULL),
            ('{two}', '{one}', 1, {now}, {now}, {later}, {later}, {now}, 'logout', {digest}, {digest}, {now},
             {all_bytes}, {digest}, '2001:db8::1', '');
         INSERT INTO registrations VALUES
            ('{one}', {digest}, 'new@example.org', 'hash', 'New', 'Person', 'Customer', {now}, {later});
         INSERT INTO rate_limits VALUES ({digest}, {empty}, NULL, {now});
         INSERT INTO signing_keys VALUES
            ('key-current', 'current', {all_bytes}, {now}, {now}), ('key-next', 'next', {digest}, {now}, {now});
         INSERT INTO chat_threads
            (id, user_id, placement, title, started_at, created_at, updated_at, last_number, answer_id, answer_until)
            VALUES ('{one}', '{one}', 'support', NULL, {now}, {now}, {now}, 11, NULL, NULL),
                   ('{two}', '{two}', 'support', '', NULL, {now}, {now}, 0, 'answer', {now});
         INSERT INTO chat_items VALUES
            ('{one}', 2, 'item-2', FALSE, '{{\"type\":\"user_message\"}}', NULL),
            ('{one}', 11, 'item-11', TRUE, '{{}}', 'positive');
         INSERT INTO chat_attachments VALUES
            ('{one}', '{one}', '{one}', 'a.bin', 'application/octet-stream', 257, TRUE, {now}),
            ('{two}', '{one}', NULL, 'b.bin', 'text/plain', 9, FALSE, {now}),
            ('{three}', '{two}', NULL, 'in a folder', 'text/plain', 9, TRUE, {now});
         INSERT INTO chat_attachment_parts VALUES ('{one}', 0, {all_bytes}), ('{one}', 1, {one_byte});
         INSERT INTO chat_usage VALUES ('all', 'turns', '2026-01-31', 9), ('{one}', 'turns', '', 7);
         INSERT INTO hosted_sessions VALUES ('cksess_1', '{three}', '{three}', {now}, {later}, {now}, 0);
         INSERT INTO analytics_events VALUES ('event-1', 'view', NULL, '', 'support', '{{}}', '2026-01-31', {now}, 'server', 7);
         INSERT INTO onboarding_checklists VALUES ('{one}', NULL, '{{\"a\":true}}', {now});
         INSERT INTO login_history VALUES ('login-1', 'Ada@Example.org ', FALSE, NULL, '', 'no JSON', {now});
         INSERT INTO legacy_import_steps VALUES ('old', 'users', {empty}, TRUE, 2, 2, 0, 0, 0);
         INSERT INTO legacy_import_findings VALUES ('old', 'users', 1, '7', NULL, 'collision', 'left', '{one}');
         INSERT INTO legacy_import_rows VALUES ('users', '7', '{three}', {digest}, NULL);",
        one_byte = blob(place, "00"),
    )
}
