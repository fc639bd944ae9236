//! Values as SQL.

/// In which words a database is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Those of SQLite.
    Sqlite,
    /// Those of PostgreSQL.
    Postgres,
}

/// A value in a statement.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Nothing.
pub(super) fn null() -> String {
    "NULL".to_owned()
}

/// A flag.
pub(super) fn flag(dialect: Dialect, is_set: bool) -> String {
    let word = match (dialect, is_set) {
        (Dialect::Sqlite, true) => "1",
        (Dialect::Sqlite, false) => "0",
        (Dialect::Postgres, true) => "true",
        (Dialect::Postgres, false) => "false",
    };
    word.to_owned()
}

/// The time this many minutes after the first, as the old system wrote it.
pub(super) fn time(minutes: usize) -> String {
    let (hours, minute) = (minutes / 60, minutes % 60);
    let (days, hour) = (hours / 24, hours % 24);
    let (months, day) = (days / 28, days % 28 + 1);
    let (years, month) = (months / 12, months % 12 + 1);
    text(&format!("{}-{month:02}-{day:02} {hour:02}:{minute:02}:00.123456", 2025 + years % 70))
}

/// One statement that inserts these rows.
pub(super) fn insert(table: &str, columns: &str, rows: &[Vec<String>]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| format!("({})", row.join(", "))).collect();
    format!("INSERT INTO {table} ({columns}) VALUES {}", rows.join(", "))
}
