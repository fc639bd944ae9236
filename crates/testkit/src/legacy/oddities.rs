//! What is odd: one row for each thing that can be wrong, and what an import must say of it.

use super::Dialect;
use super::ordinary::{USER_COLUMNS, hash};
use super::value::{flag, insert, null, text, time};

/// A finding that an import must report: table, row, column, kind and fate.
pub type Expected = (&'static str, String, Option<&'static str>, &'static str, &'static str);

/// The statements, and what is to be reported of their rows.
pub(super) fn rows(dialect: Dialect) -> (Vec<String>, Vec<Expected>) {
    let mut odd = Odd { dialect, statements: Vec::new(), expected: Vec::new() };
    odd.addresses();
    odd.accounts();
    odd.belongings();
    odd.records();
    odd.chats();
    if dialect == Dialect::Sqlite {
        odd.what_only_sqlite_holds();
    }
    (odd.statements, odd.expected)
}

struct Odd {
    dialect: Dialect,
    statements: Vec<String>,
    expected: Vec<Expected>,
}

/// The id of an odd row.
fn id(number: usize) -> String {
    format!("0dd00000-0000-4000-8000-{number:012}")
}

impl Odd {
    /// A user with nothing odd but what these columns say, as SQL.
    fn user(&mut self, own: &str, changes: &[(&str, String)]) {
        let mut values = vec![
            ("id", text(own)),
            ("email", text(&format!("odd-{}@example.org", own.to_lowercase().replace(' ', "")))),
            ("first_name", text("Odd")),
            ("last_name", text("Example")),
            ("hashed_password", text(hash(0))),
            ("role", text("Customer")),
            ("company_name", text("")),
            ("is_email_verified", flag(self.dialect, true)),
            ("is_active", flag(self.dialect, true)),
            ("token_version", "1".to_owned()),
            ("created_at", time(1)),
            ("updated_at", time(1)),
            ("last_login_at", null()),
        ];
        for (name, value) in changes {
            values.iter_mut().find(|(known, _)| known == name).expect("a column").1.clone_from(value);
        }
        let row = values.into_iter().map(|(_, value)| value).collect();
        self.statements.push(insert("users", USER_COLUMNS, &[row]));
    }

    fn insert(&mut self, table: &str, columns: &str, row: &[String]) {
        self.statements.push(insert(table, columns, &[row.to_vec()]));
    }

    fn expect(
        &mut self,
        table: &'static str,
        row: &str,
        field: impl Into<Option<&'static str>>,
        kind: &'static str,
        fate: &'static str,
    ) {
        self.expected.push((table, row.to_owned(), field.into(), kind, fate));
    }

    fn addresses(&mut self) {
        self.user(&id(1), &[("email", text("Twin@Example.org")), ("last_login_at", time(7))]);
        self.user(&id(2), &[("email", text("twin@example.org")), ("last_login_at", time(8))]);
        self.user(&id(3), &[("email", text(" TWIN@example.org"))]);
        for loser in [1, 3] {
            self.expect("users", &id(loser), "email", "colliding_address", "set_aside");
        }
        let long = format!("{}@example.org", "a".repeat(320));
        for (number, address) in
            [(4, "not an address"), (5, &*long), (6, "ada@bücher.example"), (7, "\"a b\"@example.org")]
        {
            self.user(&id(number), &[("email", text(address))]);
            self.expect("users", &id(number), "email", "bad_address", "set_aside");
        }
        self.user(&id(8), &[("email", text(" Spaced@example.org "))]);
    }

    fn accounts(&mut self) {
        for (number, column, value, kind, fate) in [
            (10, "hashed_password", text("md5:0123456789abcdef"), "unknown_hash", "without_password"),
            (11, "hashed_password", text(""), "no_hash", "without_password"),
            (12, "is_active", flag(self.dialect, false), "inactive", "disabled"),
            (13, "role", text("Admin"), "unknown_role", "replaced"),
            (14, "first_name", text(&"ë".repeat(60)), "too_long", "cut"),
            (15, "company_name", text("Example\nand more"), "control_characters", "cleaned"),
            (16, "created_at", null(), "missing", "replaced"),
        ] {
            let field: &'static str = column;
            self.user(&id(number), &[(column, value)]);
            self.expect("users", &id(number), field, kind, fate);
        }
        self.user("user-seventeen", &[]);
        self.expect("users", "user-seventeen", "id", "bad_id", "given_new_id");
    }

    fn belongings(&mut self) {
        let profile = "user_id, profile, created_at, updated_at";
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(20_000));
        self.insert("user_profiles", profile, &[text("nobody"), text("{}"), time(1), time(1)]);
        self.expect("user_profiles", "nobody", "user_id", "orphan", "left_out");
        self.insert("user_profiles", profile, &[text(&id(1)), text("[1]"), time(1), time(1)]);
        self.expect("user_profiles", &id(1), "profile", "bad_json", "field_left_out");
        self.insert("user_profiles", profile, &[text(&id(2)), text(&long), time(1), time(1)]);
        self.expect("user_profiles", &id(2), "profile", "too_long", "field_left_out");
        self.insert("user_profiles", profile, &[text("user-seventeen"), text("{}"), time(1), time(1)]);

        let list = "id, user_id, thread_id, tasks, updated_at";
        self.insert(
            "onboarding_checklists",
            list,
            &[text("k1"), text("nobody"), text("x"), text("{}"), time(1)],
        );
        self.expect("onboarding_checklists", "k1", "user_id", "orphan", "left_out");
        self.insert(
            "onboarding_checklists",
            list,
            &[text("k2"), text(&id(1)), text("x"), text("{}"), time(1)],
        );
        self.insert(
            "onboarding_checklists",
            list,
            &[text("k3"), text(&id(1)), text("y"), text("{}"), time(2)],
        );
        self.expect("onboarding_checklists", "k2", "user_id", "superseded", "left_out");
        self.insert(
            "onboarding_checklists",
            list,
            &[text("k4"), text(&id(2)), text("x"), text("[]"), time(1)],
        );
        self.expect("onboarding_checklists", "k4", "tasks", "bad_json", "field_left_out");

        let credential = "id, user_id, provider, provider_uid, secret_hash, created_at";
        for (own, user, provider, field, kind) in [
            ("c1", id(1), "google", "provider", "other_provider"),
            ("c2", id(2), "password", "secret_hash", "other_secret"),
            ("c3", "nobody".to_owned(), "password", "user_id", "orphan"),
        ] {
            let secret = text("$2b$04$another");
            self.insert(
                "credentials",
                credential,
                &[text(own), text(&user), text(provider), text(own), secret, time(1)],
            );
            self.expect("credentials", own, field, kind, "left_out");
        }
        self.insert("roles", "id, name, created_at", &[text("role-3"), text("admin"), time(1)]);
        self.expect("roles", "role-3", "name", "unknown_role", "left_out");
        for (user, role, field, kind) in [
            (id(1), "role-3", "role_id", "unknown_role"),
            (id(2), "role-2", "role_id", "other_role"),
            ("nobody".to_owned(), "role-1", "user_id", "orphan"),
        ] {
            self.insert("user_roles", "user_id, role_id, assigned_at", &[text(&user), text(role), time(1)]);
            self.expect("user_roles", &user, field, kind, "left_out");
        }
    }

    fn records(&mut self) {
        let login = "id, email, success, created_at";
        let long = "l".repeat(40);
        let success = flag(self.dialect, false);
        self.insert("login_audits", login, &[text(&long), text("x"), success.clone(), time(1)]);
        self.expect("login_audits", &long, "id", "bad_id", "given_new_id");
        self.insert("login_audits", login, &[text("l2"), text("x"), success.clone(), time(1)]);
        self.insert("login_audits", login, &[text("l2"), text("x"), success, time(1)]);
        self.expect("login_audits", "l2", "id", "duplicate_id", "left_out");
        let event = "id, event_type, step, created_at";
        self.insert("analytics_events", event, &[text("e1"), text(" "), null(), time(1)]);
        self.expect("analytics_events", "e1", "event_type", "missing", "left_out");
        self.insert("analytics_events", event, &[text("e2"), text("seen"), text(&"s".repeat(40)), time(1)]);
        self.expect("analytics_events", "e2", "step", "too_long", "cut");
        self.insert("analytics_events", event, &[null(), text("seen"), null(), time(1)]);
        self.expect("analytics_events", "", "id", "missing_id", "left_out");
    }

    fn chats(&mut self) {
        const THREADS: &str = "app_chat_threads";
        let columns = "id, user_id, placement, created_at, updated_at";
        for (own, user, placement) in [
            (id(1), "nobody".to_owned(), "support"),
            ("thread-two".to_owned(), id(1), "support"),
            (id(3), id(1), "Money Talk!"),
            (id(4), id(2), "support"),
            (id(5), id(2), "support"),
            (id(6), "user-seventeen".to_owned(), "support"),
        ] {
            self.insert(THREADS, columns, &[text(&own), text(&user), text(placement), time(1), time(2)]);
        }
        self.expect(THREADS, &id(1), None, "orphan", "left_out");
        self.expect(THREADS, "thread-two", "id", "bad_id", "given_new_id");
        self.expect(THREADS, &id(3), "placement", "bad_placement", "replaced");
        self.expect(THREADS, &id(5), None, "empty_thread", "left_out");

        let columns = "id, thread_id, role, content, event_metadata, created_at";
        for (own, thread, role, note) in [
            ("m1", id(1), "user", null()),
            ("m2", "nowhere".to_owned(), "user", null()),
            ("m3", "thread-two".to_owned(), "robot", null()),
            ("m4", "thread-two".to_owned(), "user", text(r#"{"seen":true}"#)),
            ("m5", id(3), "system", null()),
            ("m6", id(6), "assistant", null()),
        ] {
            let row = [text(own), text(&thread), text(role), text("Said."), note, time(1)];
            self.insert("app_chat_events", columns, &row);
        }
        self.expect("app_chat_events", "m1", "thread_id", "orphan", "left_out");
        self.expect("app_chat_events", "m2", "thread_id", "orphan", "left_out");
        self.expect("app_chat_events", "m3", "role", "unknown_speaker", "hidden");
        self.expect("app_chat_events", "m4", "event_metadata", "note", "field_left_out");
    }

    /// SQLite keeps anything in any column.
    fn what_only_sqlite_holds(&mut self) {
        self.user(&id(20), &[("first_name", "'O' || char(0) || 'dd'".to_owned())]);
        self.expect("users", &id(20), "first_name", "nul_character", "cleaned");
        self.user(&id(21), &[("last_name", "CAST(X'61ff62' AS TEXT)".to_owned())]);
        self.expect("users", &id(21), "last_name", "not_utf8", "cleaned");
        self.user(&id(22), &[("created_at", text("yesterday"))]);
        self.expect("users", &id(22), "created_at", "bad_time", "replaced");
        self.user(&id(23), &[("last_login_at", text("never"))]);
        self.expect("users", &id(23), "last_login_at", "bad_time", "field_left_out");
        self.user(&id(24), &[("token_version", text("many"))]);
        self.expect("users", &id(24), "token_version", "bad_number", "replaced");
        self.user(&id(25), &[("is_email_verified", text("perhaps"))]);
        self.expect("users", &id(25), "is_email_verified", "bad_flag", "replaced");
        self.user("AAAAAAAA-0000-4000-8000-000000000026", &[]);
        self.user("aaaaaaaa-0000-4000-8000-000000000026", &[("email", text("twice@example.org"))]);
        self.expect("users", "aaaaaaaa-0000-4000-8000-000000000026", "id", "duplicate_id", "left_out");
        self.user("none", &[("id", null()), ("email", text("none@example.org"))]);
        self.expect("users", "", "id", "missing_id", "left_out");
        self.user("bytes", &[("id", "X'00ff'".to_owned()), ("email", text("bytes@example.org"))]);
        self.expect("users", "\u{fffd}", "id", "nul_character", "cleaned");
        self.expect("users", "\u{fffd}", "id", "not_utf8", "cleaned");
        self.expect("users", "\u{fffd}", "id", "bad_id", "given_new_id");

        let profile = "user_id, profile, created_at, updated_at";
        self.insert("user_profiles", profile, &[text(&id(20)), text("{\"a\": NaN}"), time(1), time(1)]);
        self.expect("user_profiles", &id(20), "profile", "bad_json", "field_left_out");
        let event = "id, event_type, details, created_at";
        self.insert("analytics_events", event, &[text("e9"), text("seen"), text("{"), time(1)]);
        self.expect("analytics_events", "e9", "details", "bad_json", "field_left_out");
        let columns = "id, thread_id, role, content, created_at";
        self.insert(
            "app_chat_events",
            columns,
            &[text("m9"), text(&id(3)), text("user"), text("Late."), text("soon")],
        );
        self.expect("app_chat_events", "m9", "created_at", "bad_time", "field_left_out");
    }
}
