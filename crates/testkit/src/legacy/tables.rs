//! The tables, of two generations.

use super::{Dialect, LegacyDatabase};

/// Which columns the tables have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// As they first were: `metadata` instead of `event_metadata`, and no tables of roles and checklists.
    Early,
    /// As they became.
    Late,
}

/// Tables that only the late generation has.
const LATE: [&str; 5] = ["roles", "permissions", "user_roles", "role_permissions", "onboarding_checklists"];

/// A statement as the generation needs it; an empty one where it has no such table.
pub(super) fn of_generation(statement: &str, generation: Generation) -> String {
    if generation == Generation::Late {
        return statement.to_owned();
    }
    let is_late = |table| statement.starts_with(&format!("INSERT INTO {table} "));
    if LATE.into_iter().any(is_late) {
        String::new()
    } else {
        statement.replace("event_metadata", "metadata")
    }
}

/// The statements that make the tables. With oddities they have no rules, as in a copy that was restored
/// without them: keys that are NULL, rows of nobody and texts of any length can be there.
pub(super) fn statements(database: LegacyDatabase) -> Vec<String> {
    let LegacyDatabase { dialect, generation, has_oddities, .. } = database;
    let (json, time) = match dialect {
        Dialect::Sqlite => ("JSON", "DATETIME"),
        Dialect::Postgres => ("JSONB", "TIMESTAMP WITH TIME ZONE"),
    };
    let mut tables = vec![
        "CREATE TABLE users (
            id VARCHAR(36) PRIMARY KEY, email VARCHAR(320) NOT NULL UNIQUE,
            first_name VARCHAR(50) NOT NULL DEFAULT '', last_name VARCHAR(50) NOT NULL DEFAULT '',
            full_name VARCHAR(100), hashed_password VARCHAR(255) NOT NULL,
            role VARCHAR(32) NOT NULL DEFAULT 'Customer', company_name VARCHAR(100) NOT NULL DEFAULT '',
            is_email_verified BOOLEAN NOT NULL, is_active BOOLEAN NOT NULL, token_version INTEGER NOT NULL,
            created_at @time NOT NULL, updated_at @time NOT NULL, last_login_at @time,
            password_changed_at @time)",
        "CREATE TABLE credentials (
            id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            provider VARCHAR(32) NOT NULL, provider_uid VARCHAR(255) NOT NULL, secret_hash VARCHAR(255),
            created_at @time NOT NULL, last_used_at @time,
            CONSTRAINT uq_credentials_provider UNIQUE (provider, provider_uid))",
        "CREATE INDEX ix_credentials_user_id ON credentials (user_id)",
        "CREATE TABLE sessions (
            id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            token_hash VARCHAR(255) NOT NULL UNIQUE, user_agent VARCHAR(255), ip_address VARCHAR(45),
            created_at @time NOT NULL, expires_at @time NOT NULL, revoked_at @time)",
        "CREATE TABLE login_audits (
            id VARCHAR(36) PRIMARY KEY, email VARCHAR(320) NOT NULL, success BOOLEAN NOT NULL,
            ip_address VARCHAR(45), user_agent VARCHAR(255), created_at @time NOT NULL, details TEXT)",
        "CREATE TABLE user_profiles (
            user_id VARCHAR(36) PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE, profile @json NOT NULL,
            created_at @time NOT NULL, updated_at @time NOT NULL)",
        "CREATE TABLE analytics_events (
            id VARCHAR(36) PRIMARY KEY, event_type VARCHAR(64) NOT NULL, step VARCHAR(32), role VARCHAR(32),
            details @json, created_at @time NOT NULL)",
        "CREATE TABLE app_chat_threads (
            id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            placement VARCHAR(64) NOT NULL, context @json, created_at @time NOT NULL, updated_at @time NOT NULL)",
        "CREATE TABLE app_chat_events (
            id VARCHAR(36) PRIMARY KEY,
            thread_id VARCHAR(36) NOT NULL REFERENCES app_chat_threads (id) ON DELETE CASCADE,
            role VARCHAR(32) NOT NULL, content TEXT NOT NULL, tool_name VARCHAR(64), event_metadata @json,
            created_at @time NOT NULL)",
        "CREATE INDEX ix_app_chat_events_thread_id ON app_chat_events (thread_id)",
    ];
    if generation == Generation::Late {
        tables.extend([
            "CREATE TABLE roles (
                id VARCHAR(36) PRIMARY KEY, name VARCHAR(64) NOT NULL UNIQUE, description TEXT,
                created_at @time NOT NULL)",
            "CREATE TABLE permissions (code VARCHAR(128) PRIMARY KEY, description TEXT, created_at @time NOT NULL)",
            "CREATE TABLE user_roles (
                user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                role_id VARCHAR(36) NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
                assigned_at @time NOT NULL, PRIMARY KEY (user_id, role_id))",
            "CREATE TABLE role_permissions (
                role_id VARCHAR(36) NOT NULL, permission_code VARCHAR(128) NOT NULL, granted_at @time NOT NULL,
                PRIMARY KEY (role_id, permission_code))",
            "CREATE TABLE onboarding_checklists (
                id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36) NOT NULL, thread_id VARCHAR(36) NOT NULL,
                tasks @json NOT NULL, updated_at @time NOT NULL)",
        ]);
    }
    let fill = |table: &str| {
        let table = table.replace("@json", json).replace("@time", time);
        of_generation(&if has_oddities { without_rules(&table) } else { table }, generation)
    };
    let mut tables: Vec<String> = tables.into_iter().map(fill).collect();
    if has_oddities {
        let keys = ["users", "credentials", "login_audits", "analytics_events", "app_chat_threads"];
        tables.extend(keys.map(|table| format!("CREATE INDEX ix_{table}_id ON {table} (id)")));
        tables.push("CREATE INDEX ix_user_profiles_user_id ON user_profiles (user_id)".to_owned());
    }
    tables
}

/// The same table without keys, rules and lengths.
fn without_rules(table: &str) -> String {
    let mut table = table
        .replace(" PRIMARY KEY,", ",")
        .replace(" NOT NULL", "")
        .replace(" UNIQUE,", ",")
        .replace(" PRIMARY KEY REFERENCES", " REFERENCES")
        .replace(" REFERENCES users (id) ON DELETE CASCADE", "")
        .replace(" REFERENCES roles (id) ON DELETE CASCADE", "")
        .replace(" REFERENCES app_chat_threads (id) ON DELETE CASCADE", "")
        .replace(",\n            CONSTRAINT uq_credentials_provider UNIQUE (provider, provider_uid)", "")
        .replace(", PRIMARY KEY (user_id, role_id)", "")
        .replace(",\n                PRIMARY KEY (role_id, permission_code)", "");
    while let Some(start) = table.find("VARCHAR(") {
        let end = table[start..].find(')').map_or(table.len(), |end| start + end + 1);
        table.replace_range(start..end, "TEXT");
    }
    table
}
