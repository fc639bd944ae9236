//! What tables are like, told in one form by SQLite, by PostgreSQL and by `schema.rs`, so that they
//! can be compared.

mod declared;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use autorisen_storage::DatabaseKind;

use crate::support::Place;
pub(crate) use declared::declared;
pub(crate) use postgres::postgres;
pub(crate) use sqlite::sqlite;

/// How each type is written: for Diesel, on SQLite, on PostgreSQL. What is not here is no type of ours.
const TYPES: [(&str, &str, &str); 4] = [
    ("Text", "TEXT", "text"),
    ("Binary", "BLOB", "bytea"),
    ("BigInt", "BIGINT", "bigint"),
    ("Bool", "BOOLEAN", "boolean"),
];

/// The one table that Diesel makes as it likes.
const OF_DIESEL: &str = "__diesel_schema_migrations";

/// The one table that is older than the first migration.
const OF_THE_MIGRATOR: &str = "migration_records";

/// What is so, by what it is about: `type of users.email` is `Text`.
pub(crate) type Facts = BTreeMap<String, String>;

/// Everything that is compared, of the tables that migrations made in this place.
pub(crate) fn of(place: &Place) -> Facts {
    let mut facts = match place.url().kind() {
        DatabaseKind::Postgres => postgres(place),
        DatabaseKind::Sqlite => sqlite(place),
    };
    facts.retain(|subject, _| !subject.contains(OF_THE_MIGRATOR));
    facts
}

/// What differs, each with what one and the other say of it.
pub(crate) fn differences(one: &Facts, other: &Facts) -> Vec<String> {
    let mut subjects: Vec<_> = one.keys().chain(other.keys()).collect();
    subjects.sort();
    subjects.dedup();
    let say = |facts: &Facts, subject| facts.get(subject).map_or("nothing", String::as_str).to_owned();
    subjects
        .into_iter()
        .filter(|subject| one.get(*subject) != other.get(*subject))
        .map(|subject| format!("{subject}: {} / {}", say(one, subject), say(other, subject)))
        .collect()
}

/// Of what a database says, that on which `schema.rs` has a word.
pub(crate) fn declarable(facts: &Facts) -> Facts {
    let subjects = ["columns of ", "type of ", "null in ", "primary key of "];
    let is_declarable = |subject: &str| subjects.iter().any(|known| subject.starts_with(known));
    facts.iter().filter(|(subject, _)| is_declarable(subject)).map(|(a, b)| (a.clone(), b.clone())).collect()
}

/// What a column is like, as each of the databases tells it.
#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    type_name: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_required: bool,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    default_value: Option<String>,
    /// Whether the default is what the column always has: it is computed, and nobody writes it.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_computed: bool,
}

/// An index, also the one behind a key or a rule of uniqueness.
#[derive(diesel::QueryableByName)]
struct Index {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    /// `pk`, `u` for a rule of the table, `c` for an index that was made by itself.
    #[diesel(sql_type = diesel::sql_types::Text)]
    origin: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_unique: bool,
    #[diesel(sql_type = diesel::sql_types::Text)]
    columns: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    predicate: Option<String>,
}

/// A rule between tables.
#[derive(diesel::QueryableByName)]
struct ForeignKey {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    columns: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    target: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    target_columns: String,
    /// In SQL: `CASCADE`.
    #[diesel(sql_type = diesel::sql_types::Text)]
    on_delete: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    on_update: String,
}

/// A condition that every row keeps.
#[derive(diesel::QueryableByName)]
struct Check {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    expression: String,
}

/// Puts columns in their order, their types, whether they may be null and their defaults. `schema.rs` has no
/// word on those that are computed.
fn tell_columns(facts: &mut Facts, columns: &[Column], name_of_type: impl Fn(&str) -> String) {
    for Column { table_name, name, type_name, is_required, default_value, is_computed } in columns {
        if *is_computed {
            let expression = default_value.as_deref().unwrap_or_default();
            let told = format!("{} as {expression}", name_of_type(type_name));
            facts.insert(format!("computed {table_name}.{name}"), told);
            continue;
        }
        let all = facts.entry(format!("columns of {table_name}")).or_default();
        *all = if all.is_empty() { name.clone() } else { format!("{all}, {name}") };
        facts.insert(format!("type of {table_name}.{name}"), name_of_type(type_name));
        facts.insert(format!("null in {table_name}.{name}"), (!is_required).to_string());
        if let Some(default) = default_value {
            facts.insert(format!("default of {table_name}.{name}"), default.clone());
        }
    }
}

fn tell_indexes(facts: &mut Facts, indexes: &[Index]) {
    for Index { table_name, name, origin, is_unique, columns, predicate } in indexes {
        let subject = match origin.as_str() {
            "pk" => format!("primary key of {table_name}"),
            "u" => format!("rule of uniqueness of {table_name} ({columns})"),
            _ => format!("index {name} of {table_name}"),
        };
        if let Some(predicate) = predicate {
            facts.insert(format!("condition of {subject}"), predicate.clone());
        }
        let unique = if *is_unique && origin == "c" { "unique " } else { "" };
        facts.insert(subject, format!("{unique}({columns})"));
    }
}

fn tell_foreign_keys(facts: &mut Facts, keys: &[ForeignKey]) {
    for ForeignKey { table_name, columns, target, target_columns, on_delete, on_update } in keys {
        facts.insert(
            format!("foreign key of {table_name} ({columns})"),
            format!("{target} ({target_columns}) on delete {on_delete} on update {on_update}"),
        );
    }
}

fn tell_checks(facts: &mut Facts, checks: &[Check]) {
    for Check { table_name, expression } in checks {
        facts.insert(format!("check of {table_name}: {expression}"), "stands".to_owned());
    }
}
