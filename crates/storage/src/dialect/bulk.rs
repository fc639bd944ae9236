//! All rows of any table: out of a database one by one, into it many at a time.

use diesel::backend::Backend;
use diesel::connection::{AnsiTransactionManager, DefaultLoadingMode, TransactionManager as _};
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::{Pg, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::row::{Field, NamedRow, Row as SqlRow};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Binary, Bool, HasSqlType, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};

use crate::db::DbConnection;
use crate::tables::{Column, Kind, Row, Table, Value};

/// SQLite binds at most 32,766 values in one statement.
const SQLITE_VALUES: usize = 30_000;

/// Has everything that is read from now on be of one moment, until the connection is closed. Nobody waits
/// for this reader.
pub(crate) fn begin_snapshot(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(
            conn,
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        ),
        DbConnection::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
    }
}

/// The same, and nobody else writes until the connection is closed. A SQLite file must have been opened by
/// this connection alone; on PostgreSQL who writes is waited for, and who wants to waits.
pub(crate) fn begin_held_snapshot(conn: &mut DbConnection, tables: &[Table]) -> QueryResult<()> {
    match conn {
        DbConnection::Postgres(conn) => {
            // A lock takes no snapshot; the first question after it does.
            let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ";
            AnsiTransactionManager::begin_transaction_sql(conn, begin)?;
            diesel::sql_query("SET LOCAL lock_timeout = '10s'").execute(conn)?;
            diesel::sql_query(format!("LOCK TABLE {} IN SHARE MODE", names(tables))).execute(conn)?;
            diesel::sql_query("SET TRANSACTION READ ONLY").execute(conn).map(drop)
        }
        DbConnection::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
    }
}

/// Begins a transaction in which these tables are filled: nobody else writes to them.
pub(crate) fn begin_filling(conn: &mut DbConnection, tables: &[Table]) -> QueryResult<()> {
    match conn {
        DbConnection::Postgres(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN")?;
            diesel::sql_query("SET LOCAL lock_timeout = '10s'").execute(conn)?;
            // Readers may go on: a server that is there already must answer that it is ready.
            let lock = format!("LOCK TABLE {} IN EXCLUSIVE MODE", names(tables));
            diesel::sql_query(lock).execute(conn).map(drop)
        }
        DbConnection::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN EXCLUSIVE"),
    }
}

/// Ends a transaction that was begun here, and keeps what it did.
pub(crate) fn commit(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Postgres(conn) => AnsiTransactionManager::commit_transaction(conn),
        DbConnection::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn),
    }
}

/// What is well done once many rows came into these tables: the database looks what is in them, and SQLite
/// brings its log, which has all of it, into the file. Nobody else's tables are waited for.
pub(crate) fn after_filling(conn: &DbConnection, tables: &[Table]) -> String {
    match conn {
        DbConnection::Postgres(_) => format!("SET lock_timeout = '10s'; ANALYZE {}", names(tables)),
        DbConnection::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;".to_owned(),
    }
}

/// The statement that selects all of a table in the order of its key, which is the same on both databases.
pub(crate) fn select(conn: &DbConnection, table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let (columns, name, order) = (columns.join(", "), quoted(&table.name), order(conn, table));
    format!("SELECT {columns} FROM {name} ORDER BY {order}")
}

/// The key of a table as it is ordered by: texts by their bytes.
pub(crate) fn order(conn: &DbConnection, table: &Table) -> String {
    let by = |column: &Column| match (conn, column.kind) {
        (DbConnection::Postgres(_), Kind::Text) => format!("{} COLLATE \"C\"", quoted(&column.name)),
        _ => quoted(&column.name),
    };
    table.key_columns().map(by).collect::<Vec<_>>().join(", ")
}

/// Gives every row that a statement finds to `take`, until it fails; `values` stand for `$1` and so on. No
/// more than a few rows are in memory. `E` is also made of a row that is not of these columns.
pub(crate) fn each<E: From<diesel::result::Error>>(
    conn: &mut DbConnection,
    statement: &str,
    values: &[Value],
    columns: &[Column],
    take: &mut dyn FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    match conn {
        DbConnection::Postgres(conn) => {
            let query = bound::<Pg>(statement, values);
            for cells in query.load_iter::<Cells, PgRowByRowLoadingMode>(conn)? {
                take(shaped(cells?, columns)?)?;
            }
        }
        DbConnection::Sqlite(conn) => {
            let query = bound::<Sqlite>(statement, values);
            for cells in query.load_iter::<Cells, DefaultLoadingMode>(conn)? {
                take(shaped(cells?, columns)?)?;
            }
        }
    }
    Ok(())
}

/// A statement with its values.
fn bound<'a, DB>(statement: &str, values: &'a [Value]) -> BoxedSqlQuery<'a, DB, SqlQuery>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Binary>,
    &'a str: ToSql<Text, DB>,
    &'a [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
{
    values.iter().fold(diesel::sql_query(statement).into_boxed::<DB>(), |query, value| match value {
        Value::Text(text) => query.bind::<Text, _>(text.as_str()),
        Value::Integer(number) => query.bind::<BigInt, _>(*number),
        Value::Boolean(is) => query.bind::<Bool, _>(*is),
        Value::Bytes(bytes) => query.bind::<Binary, _>(bytes.as_slice()),
        Value::Null => query.bind::<Nullable<Text>, _>(None::<&'a str>),
    })
}

/// Adds rows to a table, in as few statements as may be.
pub(crate) fn insert(conn: &mut DbConnection, table: &Table, rows: &[Row]) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let into = format!("INSERT INTO {} ({})", quoted(&table.name), columns.join(", "));
    match conn {
        DbConnection::Postgres(conn) => insert_arrays(conn, &into, table, rows),
        DbConnection::Sqlite(conn) => {
            let at_once = (SQLITE_VALUES / table.columns.len().max(1)).max(1);
            rows.chunks(at_once).try_for_each(|rows| insert_values(conn, &into, table, rows))
        }
    }
}

/// One array for each column: the statement is the same for any number of rows.
fn insert_arrays(conn: &mut PgConnection, into: &str, table: &Table, rows: &[Row]) -> QueryResult<()> {
    let types = table.columns.iter().enumerate().map(|(index, column)| {
        let name = match column.kind {
            Kind::Text => "text",
            Kind::Integer => "bigint",
            Kind::Boolean => "boolean",
            Kind::Bytes => "bytea",
        };
        format!("${}::{name}[]", index + 1)
    });
    let arrays = types.collect::<Vec<_>>().join(", ");
    let mut query = diesel::sql_query(format!("{into} SELECT * FROM unnest({arrays})")).into_boxed::<Pg>();
    for (index, column) in table.columns.iter().enumerate() {
        let values = rows.iter().map(|row| row.get(index));
        query = match column.kind {
            Kind::Text => query.bind::<Array<Nullable<Text>>, _>(values.map(text).collect::<Vec<_>>()),
            Kind::Integer => {
                query.bind::<Array<Nullable<BigInt>>, _>(values.map(integer).collect::<Vec<_>>())
            }
            Kind::Boolean => query.bind::<Array<Nullable<Bool>>, _>(values.map(boolean).collect::<Vec<_>>()),
            Kind::Bytes => query.bind::<Array<Nullable<Binary>>, _>(values.map(bytes).collect::<Vec<_>>()),
        };
    }
    query.execute(conn).map(drop)
}

fn insert_values(conn: &mut SqliteConnection, into: &str, table: &Table, rows: &[Row]) -> QueryResult<()> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(","));
    let all = vec![row.as_str(); rows.len()].join(",");
    let mut query = diesel::sql_query(format!("{into} VALUES {all}")).into_boxed::<Sqlite>();
    for row in rows {
        for (index, column) in table.columns.iter().enumerate() {
            let value = row.get(index);
            query = match column.kind {
                Kind::Text => query.bind::<Nullable<Text>, _>(text(value)),
                Kind::Integer => query.bind::<Nullable<BigInt>, _>(integer(value)),
                Kind::Boolean => query.bind::<Nullable<Bool>, _>(boolean(value)),
                Kind::Bytes => query.bind::<Nullable<Binary>, _>(bytes(value)),
            };
        }
    }
    query.execute(conn).map(drop)
}

fn text(value: Option<&Value>) -> Option<&str> {
    if let Some(Value::Text(text)) = value { Some(text) } else { None }
}

fn integer(value: Option<&Value>) -> Option<i64> {
    if let Some(Value::Integer(number)) = value { Some(*number) } else { None }
}

fn boolean(value: Option<&Value>) -> Option<bool> {
    if let Some(Value::Boolean(is)) = value { Some(*is) } else { None }
}

fn bytes(value: Option<&Value>) -> Option<&[u8]> {
    if let Some(Value::Bytes(bytes)) = value { Some(bytes) } else { None }
}

/// What a row holds, by the types that the database gave its values.
struct Cells(Row);

/// The types of PostgreSQL by their numbers, which are fixed.
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const BYTEA: u32 = 17;
    pub(super) const INT8: u32 = 20;
    pub(super) const TEXT: u32 = 25;
}

impl QueryableByName<Pg> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        for index in 0..row.field_count() {
            let field = SqlRow::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else {
                cells.push(Value::Null);
                continue;
            };
            cells.push(match value.get_oid().get() {
                oid::TEXT => Value::Text(FromSql::<Text, Pg>::from_sql(value)?),
                oid::INT8 => Value::Integer(FromSql::<BigInt, Pg>::from_sql(value)?),
                oid::BOOL => Value::Boolean(FromSql::<Bool, Pg>::from_sql(value)?),
                oid::BYTEA => Value::Bytes(FromSql::<Binary, Pg>::from_sql(value)?),
                other => return Err(format!("column {index} has the unknown type {other}").into()),
            });
        }
        Ok(Self(cells))
    }
}

impl QueryableByName<Sqlite> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        for index in 0..row.field_count() {
            let field = SqlRow::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else {
                cells.push(Value::Null);
                continue;
            };
            cells.push(match value.value_type() {
                None => Value::Null,
                Some(SqliteType::Text) => Value::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
                Some(SqliteType::Long) => Value::Integer(FromSql::<BigInt, Sqlite>::from_sql(value)?),
                Some(SqliteType::Binary) => Value::Bytes(FromSql::<Binary, Sqlite>::from_sql(value)?),
                Some(_) => return Err(format!("column {index} holds a number with a fraction").into()),
            });
        }
        Ok(Self(cells))
    }
}

/// The row, if each value is of its column's kind.
fn shaped(cells: Cells, columns: &[Column]) -> QueryResult<Row> {
    if cells.0.len() != columns.len() {
        return Err(unfit("a row has another number of columns"));
    }
    cells
        .0
        .into_iter()
        .zip(columns)
        .map(|(value, column)| {
            value
                .of_kind(column.kind)
                .ok_or_else(|| unfit(&format!("a value of {} is of another type", column.name)))
        })
        .collect()
}

fn unfit(why: &str) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(why.to_owned().into())
}

/// A name as it stands in statements. None that is known needs quotes; what a file says may.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn names(tables: &[Table]) -> String {
    tables.iter().map(|table| quoted(&table.name)).collect::<Vec<_>>().join(", ")
}
