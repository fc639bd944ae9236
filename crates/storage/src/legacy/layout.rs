//! Which columns of the old tables are read, under which names they may be found, and what stands for those
//! that a generation of the old system does not have.

/// A table of the old system, as it is read.
#[derive(Debug)]
pub(super) struct Layout {
    /// Its name.
    pub(super) table: &'static str,
    /// The column that pages are made by. Rows with the same value in it are read together.
    pub(super) key: &'static str,
    /// The columns.
    pub(super) columns: &'static [Column],
    /// What is asked of other tables.
    pub(super) asked: &'static [Asked],
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    /// The name that we give it, which is also its newest name there.
    pub(super) name: &'static str,
    /// Its names in other generations.
    pub(super) older: &'static [&'static str],
    /// What stands for it where it is not there.
    pub(super) absent: Absent,
}

/// What stands for a column that is not there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Absent {
    /// NULL.
    Null,
    /// This text.
    Text(&'static str),
    /// Nothing: the table cannot be read without it.
    Fault,
}

/// A value that other tables have to do with. The row itself is `s`.
#[derive(Debug)]
pub(super) struct Asked {
    /// The name that we give it.
    pub(super) name: &'static str,
    /// The columns that must be there for it, as table and column.
    pub(super) needs: &'static [(&'static str, &'static str)],
    /// What gives it, in words that both databases understand.
    pub(super) sql: &'static str,
    /// What stands for it where a column is not there.
    pub(super) otherwise: &'static str,
}

const fn must(name: &'static str) -> Column {
    Column { name, older: &[], absent: Absent::Fault }
}

const fn may(name: &'static str) -> Column {
    Column { name, older: &[], absent: Absent::Null }
}

const fn may_or(name: &'static str, text: &'static str) -> Column {
    Column { name, older: &[], absent: Absent::Text(text) }
}

pub(super) const USERS: Layout = Layout {
    table: "users",
    key: "id",
    columns: &[
        must("id"),
        must("email"),
        must("hashed_password"),
        may("first_name"),
        may("last_name"),
        may("role"),
        may("company_name"),
        Column { name: "is_email_verified", older: &["email_verified"], absent: Absent::Text("0") },
        may_or("is_active", "1"),
        may("token_version"),
        may("created_at"),
        may("updated_at"),
        Column { name: "last_login_at", older: &["last_login"], absent: Absent::Null },
        may("password_changed_at"),
    ],
    asked: &[],
};

pub(super) const PROFILES: Layout = Layout {
    table: "user_profiles",
    key: "user_id",
    columns: &[must("user_id"), must("profile"), may("created_at"), may("updated_at")],
    asked: &[],
};

pub(super) const CREDENTIALS: Layout = Layout {
    table: "credentials",
    key: "id",
    columns: &[must("id"), must("user_id"), may("provider")],
    asked: &[
        Asked {
            name: "owner",
            needs: &[("users", "id")],
            sql: "CASE WHEN EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id) THEN '1' ELSE '0' END",
            otherwise: "'0'",
        },
        Asked {
            name: "same",
            needs: &[("users", "hashed_password"), ("credentials", "secret_hash")],
            sql: "CASE WHEN s.secret_hash = (SELECT u.hashed_password FROM users u WHERE u.id = s.user_id) \
                  THEN '1' ELSE '0' END",
            otherwise: "'0'",
        },
    ],
};

pub(super) const ROLES: Layout =
    Layout { table: "roles", key: "id", columns: &[must("id"), must("name")], asked: &[] };

pub(super) const USER_ROLES: Layout = Layout {
    table: "user_roles",
    key: "user_id",
    columns: &[must("user_id"), must("role_id")],
    asked: &[
        Asked {
            name: "name",
            needs: &[("roles", "name")],
            sql: "(SELECT r.name FROM roles r WHERE r.id = s.role_id)",
            otherwise: "NULL",
        },
        Asked {
            name: "own",
            needs: &[("users", "role")],
            sql: "(SELECT u.role FROM users u WHERE u.id = s.user_id)",
            otherwise: "NULL",
        },
    ],
};

pub(super) const LOGINS: Layout = Layout {
    table: "login_audits",
    key: "id",
    columns: &[
        must("id"),
        may("email"),
        may("success"),
        Column { name: "ip_address", older: &["ip"], absent: Absent::Null },
        may("user_agent"),
        may("details"),
        may("created_at"),
    ],
    asked: &[],
};

pub(super) const TRACKED: Layout = Layout {
    table: "analytics_events",
    key: "id",
    columns: &[must("id"), must("event_type"), may("step"), may("role"), may("details"), may("created_at")],
    asked: &[],
};

pub(super) const THREADS: Layout = Layout {
    table: "app_chat_threads",
    key: "id",
    columns: &[
        must("id"),
        must("user_id"),
        may("placement"),
        may("context"),
        may("created_at"),
        may("updated_at"),
    ],
    asked: &[Asked {
        name: "started",
        needs: &[("app_chat_events", "thread_id")],
        sql: "CASE WHEN EXISTS (SELECT 1 FROM app_chat_events e WHERE e.thread_id = s.id) THEN '1' ELSE '0' END",
        otherwise: "'0'",
    }],
};

/// The events of a thread are read together, since their order is made of their times.
pub(super) const EVENTS: Layout = Layout {
    table: "app_chat_events",
    key: "thread_id",
    columns: &[
        must("id"),
        must("thread_id"),
        must("role"),
        must("content"),
        may("tool_name"),
        Column { name: "event_metadata", older: &["metadata"], absent: Absent::Null },
        may("created_at"),
    ],
    asked: &[],
};

/// Those of a user are read together, since one of them counts.
pub(super) const CHECKLISTS: Layout = Layout {
    table: "onboarding_checklists",
    key: "user_id",
    columns: &[may("id"), must("user_id"), may("thread_id"), must("tasks"), may("updated_at")],
    asked: &[],
};

/// The tables that are known and not brought, and why.
pub(super) const NOT_BROUGHT: [(&str, &str); 6] = [
    ("sessions", "users sign in again"),
    ("permissions", "was never used"),
    ("role_permissions", "was never used"),
    ("agents", "is not a part of this product"),
    ("agent_versions", "is not a part of this product"),
    ("flow_runs", "is not a part of this product"),
];
