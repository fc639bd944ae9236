//! The old database: opened for reading alone, looked over, and read a page at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use autorisen_domain::legacy::SourceRow;
use diesel::backend::Backend;
use diesel::connection::SimpleConnection as _;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::prelude::*;
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sql_types::{Binary, Nullable, Text};

use super::layout::{Absent, Column, Layout, USERS};
use super::url::LegacyUrl;
use crate::db::{DbConnection, connect_postgres, connect_sqlite_to_read};
use crate::dialect::legacy::SourceDialect;

/// The old database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("there is no database at {0}")]
    NoFile(String),
    /// There is no connection.
    #[error("cannot connect to {0}")]
    Connect(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is another database.
    #[error("{database} is not the database of the system before: {missing}")]
    Foreign {
        /// Which.
        database: String,
        /// What is not there.
        missing: String,
    },
    /// A table lacks what it cannot be read without.
    #[error("table {0} has no column {1}")]
    Column(&'static str, &'static str),
    /// A statement failed.
    #[error("cannot read table {0}")]
    Read(&'static str, #[source] diesel::result::Error),
}

/// A page of a table.
pub(super) struct Page {
    /// Its rows.
    pub(super) rows: Vec<SourceRow>,
    /// The key of the last of them.
    pub(super) last_key: Vec<u8>,
}

/// The old database.
pub(super) struct Source {
    conn: DbConnection,
    dialect: SourceDialect,
    tables: BTreeMap<String, BTreeMap<String, String>>,
}

impl Source {
    /// Opens it. Nothing can be written over this connection. On PostgreSQL all is read as it is now; on
    /// SQLite each page as it is when it is read, so that the old system is not kept from writing.
    pub(super) fn open(url: &LegacyUrl) -> Result<Self, SourceError> {
        let shown = url.to_string();
        let mut conn = match url.database().file() {
            Some(path) if !path.is_file() => return Err(SourceError::NoFile(path.display().to_string())),
            Some(path) => connect_sqlite_to_read(path),
            None => connect_postgres(url.database(), Duration::ZERO),
        }
        .map_err(|error| SourceError::Connect(shown.clone(), error.into()))?;
        let dialect = SourceDialect::of(&conn);
        let ready = conn.batch_execute(dialect.begin_reading());
        let tables = ready.and_then(|()| tables(&mut conn, dialect));
        let tables = tables.map_err(|error| SourceError::Connect(shown.clone(), error.into()))?;
        let source = Self { conn, dialect, tables };
        source.require(&shown)?;
        Ok(source)
    }

    /// Refuses a database that is not the old system's.
    fn require(&self, shown: &str) -> Result<(), SourceError> {
        let foreign = |missing| Err(SourceError::Foreign { database: shown.to_owned(), missing });
        if !self.has(USERS.table) {
            return foreign("there is no table users".to_owned());
        }
        let missing: Vec<&str> = USERS
            .columns
            .iter()
            .filter(|column| {
                matches!(column.absent, Absent::Fault) && self.name_of("users", column).is_none()
            })
            .map(|column| column.name)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        foreign(format!("table users has no {}", missing.join(", ")))
    }

    /// Whether there is such a table.
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// The names of all tables.
    pub(super) fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// How many rows a table has.
    pub(super) fn count(&mut self, table: &str) -> Result<u64, diesel::result::Error> {
        let question = format!("SELECT count(*) AS count FROM \"{}\"", table.replace('"', "\"\""));
        let counted = diesel::sql_query(question).get_result::<Counted>(&mut self.conn)?;
        Ok(counted.count.unsigned_abs())
    }

    /// The rows after `after`, in the order of their keys, at least `size` of them while there are as many;
    /// rows with one key are never parted. `None` at the end. Before the first come those without a key.
    pub(super) fn page(
        &mut self,
        layout: &'static Layout,
        after: Option<&[u8]>,
        size: usize,
    ) -> Result<Option<Page>, SourceError> {
        let key = key(layout);
        let select = self.select(layout)?;
        let has_key = self.dialect.has_key(&key);
        if after.is_none() {
            let rows = self.load(layout, &format!("{select} WHERE NOT ({has_key})"), None)?;
            if !rows.is_empty() {
                // An empty key stands for having dealt with those that have none.
                return Ok(Some(Page { rows, last_key: Vec::new() }));
            }
        }
        let after = after.filter(|after| !after.is_empty());
        let beyond = match after {
            Some(_) => format!(" AND {}", self.dialect.is_beyond(&key, self.key_type(layout))),
            None => String::new(),
        };
        let mut limit = size;
        loop {
            let question = format!("{select} WHERE {has_key}{beyond} ORDER BY {key} LIMIT {limit}");
            let mut rows = self.load(layout, &question, after)?;
            if rows.len() == limit {
                // Whether the last key goes on behind the page cannot be seen.
                let last = rows.last().and_then(|row| row.get(layout.key)).map(<[u8]>::to_vec);
                let whole = rows.iter().take_while(|row| row.get(layout.key) != last.as_deref()).count();
                if whole == 0 {
                    limit *= 4;
                    continue;
                }
                rows.truncate(whole);
            }
            let last_key = rows.last().and_then(|row| row.get(layout.key)).map(<[u8]>::to_vec);
            return Ok(last_key.map(|last_key| Page { rows, last_key }));
        }
    }

    /// The rows of those accounts whose addresses are the same but for case and spaces.
    pub(super) fn colliding_users(&mut self) -> Result<Vec<SourceRow>, SourceError> {
        let select = self.select(&USERS)?;
        let folded = self.dialect.folded("email");
        let question =
            format!("{select} WHERE {folded} IN (SELECT {folded} FROM users GROUP BY 1 HAVING count(*) > 1)");
        self.load(&USERS, &question, None)
    }

    fn load(
        &mut self,
        layout: &'static Layout,
        question: &str,
        after: Option<&[u8]>,
    ) -> Result<Vec<SourceRow>, SourceError> {
        let conn = &mut self.conn;
        let cells: QueryResult<Vec<Cells>> = match (after, self.dialect) {
            (None, _) => diesel::sql_query(question).load(conn),
            (Some(after), SourceDialect::Sqlite) => {
                diesel::sql_query(question).bind::<Binary, _>(after).load(conn)
            }
            (Some(after), SourceDialect::Postgres) => {
                diesel::sql_query(question).bind::<Text, _>(String::from_utf8_lossy(after)).load(conn)
            }
        };
        let names = || layout.columns.iter().map(|it| it.name).chain(layout.asked.iter().map(|it| it.name));
        let cells = cells.map_err(|error| SourceError::Read(layout.table, error))?;
        Ok(cells
            .into_iter()
            .map(|Cells(values)| SourceRow { values: names().zip(values).collect() })
            .collect())
    }

    fn select(&self, layout: &'static Layout) -> Result<String, SourceError> {
        let mut values = Vec::new();
        for column in layout.columns {
            let value = match (self.name_of(layout.table, column), column.absent) {
                (Some(name), _) => format!("s.\"{name}\""),
                (None, Absent::Null) => "NULL".to_owned(),
                (None, Absent::Text(text)) => format!("'{text}'"),
                (None, Absent::Fault) => return Err(SourceError::Column(layout.table, column.name)),
            };
            values.push(value);
        }
        for asked in layout.asked {
            let is_there = asked.needs.iter().all(|(table, column)| {
                self.tables.get(*table).is_some_and(|columns| columns.contains_key(*column))
            });
            values.push(if is_there { asked.sql } else { asked.otherwise }.to_owned());
        }
        let values: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, value)| format!("{} AS c{index}", self.dialect.bytes(value)))
            .collect();
        Ok(format!("SELECT {} FROM {} s", values.join(", "), layout.table))
    }

    fn name_of(&self, table: &str, column: &Column) -> Option<&'static str> {
        let there = self.tables.get(table)?;
        std::iter::once(&column.name).chain(column.older).find(|name| there.contains_key(**name)).copied()
    }

    fn key_type(&self, layout: &Layout) -> &str {
        self.tables
            .get(layout.table)
            .and_then(|columns| columns.get(layout.key))
            .map_or("text", String::as_str)
    }
}

/// The column that pages are made by.
fn key(layout: &Layout) -> String {
    format!("s.\"{}\"", layout.key)
}

/// The tables, and the columns of each with their types.
fn tables(
    conn: &mut DbConnection,
    dialect: SourceDialect,
) -> QueryResult<BTreeMap<String, BTreeMap<String, String>>> {
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for found in diesel::sql_query(dialect.columns()).load::<FoundColumn>(conn)? {
        tables.entry(found.in_table).or_default().insert(found.column, found.kind);
    }
    Ok(tables)
}

#[derive(QueryableByName)]
struct FoundColumn {
    #[diesel(sql_type = Text)]
    in_table: String,
    #[diesel(sql_type = Text)]
    column: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// The values of a row, however many there are, each as the bytes of its text.
struct Cells(Vec<Option<Vec<u8>>>);

impl<DB> QueryableByName<DB> for Cells
where
    DB: Backend,
    Option<Vec<u8>>: FromSql<Nullable<Binary>, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for index in 0..row.field_count() {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            values
                .push(<Option<Vec<u8>> as FromSql<Nullable<Binary>, DB>>::from_nullable_sql(field.value())?);
        }
        Ok(Self(values))
    }
}
