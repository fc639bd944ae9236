//! SQLite, PostgreSQL and `schema.rs` tell the same tables, and each way to drift apart is found.

mod support;

use autorisen_storage::migrations;
use support::Place;
use support::structure::{Facts, declarable, declared, differences, postgres, sqlite};

const SCHEMA: &str = include_str!("../src/schema.rs");

/// Enough to see that the readers read: tables, columns, indices, conditions.
const FACTS: usize = 300;

#[test]
fn both_databases_and_the_schema_tell_the_same_also_after_all_the_way_back_and_up_again() {
    let [file, server] = Place::both();
    for round in ["up", "up, down and up again"] {
        for place in [&file, &server] {
            migrations::run(&place.url()).unwrap();
        }
        let (of_file, of_server) = (sqlite(&file), postgres(&server));
        assert_eq!(differences(&of_file, &of_server), [""; 0], "SQLite / PostgreSQL, {round}");
        assert_eq!(
            differences(&declarable(&of_file), &declared(SCHEMA)),
            [""; 0],
            "SQLite / schema.rs, {round}"
        );
        assert!(of_file.len() > FACTS, "{}", of_file.len());
        for place in [&file, &server] {
            migrations::revert(&place.url(), true).unwrap();
        }
    }
    let left = "migration_records";
    for facts in [sqlite(&file), postgres(&server)] {
        assert!(facts.keys().all(|subject| subject.contains(left)), "{facts:?}");
    }
}

#[test]
fn the_facts_are_those_of_the_migrations() {
    let place = Place::sqlite();
    migrations::run(&place.url()).unwrap();
    let facts = sqlite(&place);
    for (subject, fact) in [
        ("columns of user_profiles", "user_id, profile, updated_at"),
        ("type of sessions.refresh_digest", "Binary"),
        ("null in sessions.revoked_at", "true"),
        ("null in sessions.created_at", "false"),
        ("default of chat_threads.metadata", "'{}'::text"),
        ("computed sessions.expiry_hour", "BigInt as expires_at / '3600000000'::bigint"),
        ("primary key of chat_usage", "(owner, usage, day)"),
        ("rule of uniqueness of users (email)", "(email)"),
        ("index chat_threads_unstarted of chat_threads", "unique (user_id, placement)"),
        ("condition of index chat_threads_unstarted of chat_threads", "started_at IS NULL"),
        ("foreign key of sessions (user_id)", "users (id) on delete CASCADE on update NO ACTION"),
        ("check of users: length(email) <= 254", "stands"),
    ] {
        assert_eq!(facts.get(subject).map(String::as_str), Some(fact), "{subject}: {facts:#?}");
    }
}

/// Drifts of PostgreSQL: a statement, and what is told then.
const ON_POSTGRES: [(&str, &[&str]); 27] = [
    ("DROP INDEX sessions_user_id", &["index sessions_user_id of sessions: (user_id) / nothing"]),
    ("CREATE INDEX more ON users (role)", &["index more of users: nothing / (role collate default)"]),
    (
        "DROP INDEX audit_log_account; CREATE INDEX audit_log_account ON audit_log (seq, account_id)",
        &["index audit_log_account of audit_log: (account_id, seq) / (seq, account_id)"],
    ),
    (
        "DROP INDEX audit_log_account; CREATE INDEX audit_log_account ON audit_log (account_id, seq DESC)",
        &["index audit_log_account of audit_log: (account_id, seq) / (account_id, seq desc)"],
    ),
    (
        "DROP INDEX chat_items_item_id; CREATE INDEX chat_items_item_id ON chat_items (thread_id, item_id)",
        &["index chat_items_item_id of chat_items: unique (thread_id, item_id) / (thread_id, item_id)"],
    ),
    (
        "DROP INDEX sessions_revoked_at; CREATE INDEX sessions_revoked_at ON sessions (revoked_at)",
        &["condition of index sessions_revoked_at of sessions: revoked_at IS NOT NULL / nothing"],
    ),
    (
        "DROP INDEX signing_keys_next; CREATE UNIQUE INDEX signing_keys_next ON signing_keys (state) WHERE state <> 'next'",
        &[
            "condition of index signing_keys_next of signing_keys: state = 'next'::text / state <> 'next'::text",
        ],
    ),
    (
        "ALTER TABLE users DROP CONSTRAINT users_email_key",
        &["rule of uniqueness of users (email): (email) / nothing"],
    ),
    (
        "ALTER TABLE chat_threads ALTER last_number SET DEFAULT 1",
        &["default of chat_threads.last_number: 0 / 1"],
    ),
    (
        "ALTER TABLE chat_threads ALTER metadata DROP DEFAULT",
        &["default of chat_threads.metadata: '{}'::text / nothing"],
    ),
    (
        "DROP INDEX sessions_expiry_hour; ALTER TABLE sessions DROP COLUMN expiry_hour; \
         ALTER TABLE sessions ADD COLUMN expiry_hour BIGINT GENERATED ALWAYS AS (created_at / 3600000000) STORED; \
         CREATE INDEX sessions_expiry_hour ON sessions (expiry_hour)",
        &["computed sessions.expiry_hour: BigInt as expires_at / '3600000000'::bigint / \
           BigInt as created_at / '3600000000'::bigint"],
    ),
    ("ALTER TABLE users ALTER is_active SET DEFAULT TRUE", &["default of users.is_active: nothing / true"]),
    ("ALTER TABLE users ALTER company_name DROP NOT NULL", &["null in users.company_name: false / true"]),
    ("ALTER TABLE sessions ALTER user_agent SET NOT NULL", &["null in sessions.user_agent: true / false"]),
    (
        "ALTER TABLE users DROP CONSTRAINT users_session_epoch_check",
        &["check of users: session_epoch >= 0: stands / nothing"],
    ),
    (
        "ALTER TABLE users ADD CHECK (length(first_name) < 100)",
        &["check of users: length(first_name) < 100: nothing / stands"],
    ),
    (
        "ALTER TABLE users DROP CONSTRAINT users_session_epoch_check; \
         ALTER TABLE users ADD CHECK (session_epoch >= 0) NOT VALID",
        &[
            "check of users: session_epoch >= 0: stands / nothing",
            "check of users: session_epoch >= 0 (not for old rows): nothing / stands",
        ],
    ),
    (
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey",
        &["foreign key of sessions (user_id): users (id) on delete CASCADE on update NO ACTION / nothing"],
    ),
    (
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey; \
         ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users (id)",
        &["foreign key of sessions (user_id): users (id) on delete CASCADE on update NO ACTION / \
           users (id) on delete NO ACTION on update NO ACTION"],
    ),
    (
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey; \
         ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE",
        &["foreign key of sessions (user_id): users (id) on delete CASCADE on update NO ACTION / \
           users (id) on delete CASCADE on update CASCADE"],
    ),
    (
        "ALTER TABLE audit_head ALTER first_seq TYPE INTEGER",
        &["type of audit_head.first_seq: BigInt / integer of PostgreSQL, which is not ours"],
    ),
    (
        "ALTER TABLE sessions ALTER client_ip TYPE BYTEA USING ''",
        &["type of sessions.client_ip: Text / Binary"],
    ),
    (
        "DROP INDEX chat_usage_day; ALTER TABLE chat_usage ALTER day TYPE TEXT COLLATE \"default\"",
        &[
            "index chat_usage_day of chat_usage: (day) / nothing",
            "primary key of chat_usage: (owner, usage, day) / (owner, usage, day collate default)",
        ],
    ),
    (
        "ALTER TABLE chat_usage DROP CONSTRAINT chat_usage_pkey; ALTER TABLE chat_usage ADD PRIMARY KEY (day, owner, usage)",
        &["primary key of chat_usage: (owner, usage, day) / (day, owner, usage)"],
    ),
    (
        "ALTER TABLE rate_limits DROP blocked_until; ALTER TABLE rate_limits ADD blocked_until BIGINT",
        &[
            "columns of rate_limits: key, tries, blocked_until, stale_at / key, tries, stale_at, blocked_until",
        ],
    ),
    (
        "ALTER TABLE hosted_sessions RENAME tries TO attempts",
        &[
            "columns of hosted_sessions: id, user_id, session_id, created_at, expires_at, next_try_at, tries / \
             id, user_id, session_id, created_at, expires_at, next_try_at, attempts",
            "null in hosted_sessions.attempts: nothing / false",
            "null in hosted_sessions.tries: false / nothing",
            "type of hosted_sessions.attempts: nothing / BigInt",
            "type of hosted_sessions.tries: BigInt / nothing",
        ],
    ),
    (
        "CREATE TABLE odd (id BIGINT)",
        &[
            "columns of odd: nothing / id",
            "null in odd.id: nothing / true",
            "type of odd.id: nothing / BigInt",
        ],
    ),
];

#[test]
fn every_drift_of_postgres_is_found_and_nothing_else() {
    let file = Place::sqlite();
    migrations::run(&file.url()).unwrap();
    let expected = sqlite(&file);
    for (statement, told) in ON_POSTGRES {
        let server = Place::postgres();
        migrations::run(&server.url()).unwrap();
        server.execute(statement);
        assert_eq!(differences(&expected, &postgres(&server)), told, "{statement}");
    }
}

/// Drifts of SQLite: a part of how a table was made, what stands there instead, and what is told then.
const ON_SQLITE: [(&str, &str, &[&str]); 9] = [
    ("role                TEXT NOT NULL", "role TEXT", &["null in users.role: false / true"]),
    // A primary key takes NULL here, unless it is told not to.
    (
        "key           BLOB NOT NULL PRIMARY KEY",
        "key BLOB PRIMARY KEY",
        &["null in rate_limits.key: false / true"],
    ),
    (
        "last_number BIGINT NOT NULL DEFAULT 0",
        "last_number BIGINT NOT NULL DEFAULT 7",
        &["default of chat_threads.last_number: 0 / 7"],
    ),
    (
        "state IN ('next', 'current', 'retired')",
        "state IN ('next', 'current')",
        &[
            "check of signing_keys: state = ANY (ARRAY['next'::text, 'current'::text, 'retired'::text]): stands / nothing",
            "check of signing_keys: state = ANY (ARRAY['next'::text, 'current'::text]): nothing / stands",
        ],
    ),
    (
        " CHECK (length(token_digest) = 32)",
        "",
        &["check of registrations: length(token_digest) = 32: stands / nothing"],
    ),
    (
        "thread_id   TEXT REFERENCES chat_threads (id) ON DELETE CASCADE",
        "thread_id TEXT REFERENCES chat_threads (id) ON DELETE SET NULL",
        &[
            "foreign key of chat_attachments (thread_id): chat_threads (id) on delete CASCADE on update NO ACTION / \
           chat_threads (id) on delete SET NULL on update NO ACTION",
        ],
    ),
    ("bytes         BLOB", "bytes TEXT", &["type of chat_attachment_parts.bytes: Binary / Text"]),
    (
        "amount BIGINT",
        "amount INTEGER",
        &["type of chat_usage.amount: BigInt / INTEGER of SQLite, which is not ours"],
    ),
    (
        "ON sessions (revoked_at) WHERE revoked_at IS NOT NULL",
        "ON sessions (revoked_at)",
        &["condition of index sessions_revoked_at of sessions: revoked_at IS NOT NULL / nothing"],
    ),
];

#[test]
fn every_drift_of_sqlite_is_found_and_nothing_else() {
    let server = Place::postgres();
    migrations::run(&server.url()).unwrap();
    let expected = postgres(&server);
    for (part, other, told) in ON_SQLITE {
        let file = Place::sqlite();
        migrations::run(&file.url()).unwrap();
        let (part, other) = (part.replace('\'', "''"), other.replace('\'', "''"));
        let before = sqlite(&file);
        file.execute(&format!(
            "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '{part}', '{other}')"
        ));
        assert_ne!(before, sqlite(&file), "nothing is made with {part}");
        assert_eq!(differences(&expected, &sqlite(&file)), told, "{part} → {other}");
    }
    let file = Place::sqlite();
    migrations::run(&file.url()).unwrap();
    file.execute("DROP INDEX chat_threads_listed; CREATE INDEX chat_threads_listed ON chat_threads (user_id COLLATE NOCASE)");
    assert_eq!(
        differences(&expected, &sqlite(&file)),
        ["index chat_threads_listed of chat_threads: (user_id, created_at, id) / (user_id collate NOCASE)"]
    );
}

/// Drifts of `schema.rs`: a part, what stands there instead, and the subject of what is told then.
const IN_SCHEMA: [(&str, &str, &[&str]); 7] = [
    (
        "        tries -> Binary,\n        blocked_until -> Nullable<BigInt>,\n",
        "        blocked_until -> Nullable<BigInt>,\n        tries -> Binary,\n",
        &["columns of rate_limits"],
    ),
    (
        "        profile -> Text,\n",
        "",
        &["columns of user_profiles", "null in user_profiles.profile", "type of user_profiles.profile"],
    ),
    (
        "        profile -> Text,\n",
        "        profile -> Nullable<Text>,\n",
        &["null in user_profiles.profile"],
    ),
    (
        "        revoked_at -> Nullable<BigInt>,\n",
        "        revoked_at -> BigInt,\n",
        &["null in sessions.revoked_at"],
    ),
    ("        sealed -> Binary,\n", "        sealed -> Text,\n", &["type of signing_keys.sealed"]),
    ("chat_usage (owner, usage, day)", "chat_usage (owner, day)", &["primary key of chat_usage"]),
    (
        "    audit_head (id) {\n        id -> BigInt,\n        first_seq -> BigInt,\n        first_hash -> Binary,\n        last_seq -> BigInt,\n        last_hash -> Binary,\n",
        "    audit_front (id) {\n        id -> BigInt,\n",
        &[
            "columns of audit_front",
            "columns of audit_head",
            "null in audit_front.id",
            "null in audit_head.first_hash",
            "null in audit_head.first_seq",
            "null in audit_head.id",
            "null in audit_head.last_hash",
            "null in audit_head.last_seq",
            "primary key of audit_front",
            "primary key of audit_head",
            "type of audit_front.id",
            "type of audit_head.first_hash",
            "type of audit_head.first_seq",
            "type of audit_head.id",
            "type of audit_head.last_hash",
            "type of audit_head.last_seq",
        ],
    ),
];

#[test]
fn every_drift_of_the_schema_is_found_and_nothing_else() {
    let file = Place::sqlite();
    migrations::run(&file.url()).unwrap();
    let expected: Facts = declarable(&sqlite(&file));
    for (part, other, told) in IN_SCHEMA {
        assert!(SCHEMA.contains(part), "{part}");
        let found = differences(&expected, &declared(&SCHEMA.replace(part, other)));
        let subjects: Vec<_> =
            found.iter().map(|difference| difference.split(": ").next().unwrap()).collect();
        assert_eq!(subjects, told, "{part} → {other}");
    }
}
