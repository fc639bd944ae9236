//! All tables that hold data, described in one place for whatever treats them alike: moving, dumping,
//! restoring, checking.
//!
//! A new table is a line in [`all`], behind the tables that it refers to, and a line in [`RELATIONS`] for each
//! column that names a row of another one. Names and types come from the Diesel schema.

mod columns;
mod relations;
mod sum;
mod value;

use diesel::Column as _;

use crate::schema;

pub(crate) use self::columns::{Column, Kind};
pub(crate) use self::relations::{RELATIONS, Relation};
pub use self::sum::TableSum;
pub(crate) use self::sum::{Tally, hex};
pub(crate) use self::value::{Row, Value, parse_row, write_row};

use self::columns::Columns;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// Which of the columns name a row: the primary key.
    pub(crate) key: Vec<usize>,
}

impl Table {
    pub(crate) fn new(name: &str, columns: Vec<Column>, key: &[&str]) -> Self {
        let key = key.iter().filter_map(|name| columns.iter().position(|column| column.name == *name));
        Self { name: name.to_owned(), key: key.collect(), columns }
    }

    /// The columns of the primary key.
    pub(crate) fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.key.iter().filter_map(|&index| self.columns.get(index))
    }

    /// What names a row, fit to be shown.
    pub(crate) fn id_of(&self, row: &[Value]) -> String {
        let parts: Vec<String> = self.key.iter().filter_map(|&i| row.get(i)).map(Value::shown).collect();
        parts.join(" ")
    }
}

macro_rules! tables {
    ($($table:ident by $($key:ident),+;)+) => {
        vec![$(Table::new(
            stringify!($table),
            <schema::$table::table as diesel::Table>::AllColumns::columns(),
            &[$(schema::$table::$key::NAME),+],
        )),+]
    };
}

/// The tables, each behind those that it refers to. Left out are those that migrations keep of themselves.
pub(crate) fn all() -> Vec<Table> {
    tables! {
        users by id;
        user_profiles by user_id;
        sessions by id;
        registrations by id;
        rate_limits by key;
        signing_keys by id;
        chat_threads by id;
        chat_items by thread_id, number;
        chat_attachments by id;
        chat_attachment_parts by attachment_id, part;
        chat_usage by owner, usage, day;
        hosted_sessions by id;
        analytics_events by id;
        onboarding_checklists by user_id;
        login_history by id;
        legacy_import_steps by source, table_name;
        legacy_import_findings by source, table_name, number;
        legacy_import_rows by table_name, row_id;
        audit_log by seq;
        audit_head by id;
    }
}

/// Tables that migrations put rows into, and which rows those are as long as nothing was changed.
pub(crate) const FILLED_BY_MIGRATIONS: &[(&str, &str)] = &[("audit_head", "last_seq = 0")];
