//! Which tables refer to which.

/// A column whose values, unless NULL, name rows of another table.
pub(crate) struct Relation {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// The other table, whose key is `id`.
    pub(crate) parent: &'static str,
    /// A value that names no row.
    pub(crate) except: Option<&'static str>,
}

const fn relation(table: &'static str, column: &'static str, parent: &'static str) -> Relation {
    Relation { table, column, parent, except: None }
}

/// Which rows must be there for others, whether a foreign key says so or not.
///
/// What happened stays in `audit_log` when its account is gone, what is open at OpenAI stays in `hosted_sessions` until
/// it is cancelled there, and `legacy_import_rows` remembers what was removed here: those may name what is gone.
pub(crate) const RELATIONS: &[Relation] = &[
    relation("user_profiles", "user_id", "users"),
    relation("sessions", "user_id", "users"),
    relation("chat_threads", "user_id", "users"),
    relation("chat_items", "thread_id", "chat_threads"),
    relation("chat_attachments", "user_id", "users"),
    relation("chat_attachments", "thread_id", "chat_threads"),
    relation("chat_attachment_parts", "attachment_id", "chat_attachments"),
    relation("onboarding_checklists", "user_id", "users"),
    Relation { table: "chat_usage", column: "owner", parent: "users", except: Some("all") },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::all;

    #[test]
    fn every_table_stands_behind_those_that_it_refers_to() {
        let tables = all();
        let place = |name: &str| tables.iter().position(|table| table.name == name).unwrap();
        for Relation { table, column, parent, .. } in RELATIONS {
            assert!(place(parent) < place(table), "{table} before {parent}");
            assert!(tables[place(table)].columns.iter().any(|known| known.name == *column), "{column}");
        }
        for table in &tables {
            assert!(!table.key.is_empty(), "{} has no key", table.name);
        }
    }
}
