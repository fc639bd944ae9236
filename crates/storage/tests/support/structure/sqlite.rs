//! What SQLite says of the tables of a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

use super::{
    Check, Column, Facts, Index, OF_DIESEL, TYPES, postgres, tell_checks, tell_columns, tell_foreign_keys,
    tell_indexes,
};
use crate::support::Place;
use crate::support::sql::{in_brackets, position, tokens};

/// A text in which SQLite keeps how a table or an index was made.
#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    sql: Option<String>,
}

/// Everything that is compared, of the tables of this file.
///
/// Conditions and defaults are texts here and trees on PostgreSQL, which writes them out in its own way. So
/// PostgreSQL is given the texts, on tables with the same columns, and what it makes of them is told.
pub(crate) fn sqlite(place: &Place) -> Facts {
    let ours = |question: &str| {
        question.replace(
            "OURS",
            &format!("t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> '{OF_DIESEL}'"),
        )
    };
    let mut columns: Vec<Column> = place.load(&ours(COLUMNS));
    let mut indexes: Vec<Index> = place.load(&ours(INDEXES));
    let made: BTreeMap<String, String> = place
        .load::<Made>("SELECT name, sql FROM sqlite_master")
        .into_iter()
        .filter_map(|made| Some((made.name, made.sql?)))
        .collect();
    for index in &mut indexes {
        index.predicate = made.get(&index.name).and_then(|sql| {
            let tokens = tokens(sql);
            position(&tokens, &["WHERE"]).map(|at| tokens[at + 1..].join(" "))
        });
    }
    for column in columns.iter_mut().filter(|column| column.is_computed) {
        column.default_value = made.get(&column.table_name).and_then(|sql| computed(sql, &column.name));
    }
    let names: Vec<String> = columns.iter().map(|column| column.table_name.clone()).collect();
    let mut checks: Vec<Check> =
        made.iter().filter(|(name, _)| names.contains(name)).flat_map(checks).collect();

    let mut facts = Facts::new();
    in_words_of_postgres(&mut columns, &mut indexes, &mut checks);
    tell_columns(&mut facts, &columns, name_of_type);
    tell_indexes(&mut facts, &indexes);
    tell_foreign_keys(&mut facts, &place.load(&ours(FOREIGN_KEYS)));
    tell_checks(&mut facts, &checks);
    facts
}

fn name_of_type(written: &str) -> String {
    let known = TYPES.iter().find(|(_, sqlite, _)| *sqlite == written);
    known.map_or_else(|| format!("{written} of SQLite, which is not ours"), |known| known.0.to_owned())
}

/// The expression of a computed column, in the text of its table.
fn computed(sql: &str, column: &str) -> Option<String> {
    let tokens = tokens(sql);
    let definition = &tokens[position(&tokens, &[column])?..];
    let expression = &definition[position(definition, &["GENERATED", "ALWAYS", "AS"])? + 3..];
    Some(in_brackets(expression).join(" "))
}

fn checks((table_name, sql): (&String, &String)) -> Vec<Check> {
    let tokens = tokens(sql);
    let mut rest = &tokens[..];
    let mut found = Vec::new();
    while let Some(at) = position(rest, &["CHECK"]) {
        rest = &rest[at + 1..];
        let expression = in_brackets(rest).join(" ");
        found.push(Check { table_name: table_name.clone(), expression });
    }
    found
}

/// Replaces each expression by what PostgreSQL writes when it has read it.
fn in_words_of_postgres(columns: &mut [Column], indexes: &mut [Index], checks: &mut Vec<Check>) {
    let scratch = Place::postgres();
    let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Column { table_name, name, type_name, default_value, is_computed, .. } in columns.iter() {
        // A type that is not ours is told as such; here any will do.
        let known = TYPES.iter().find(|(_, sqlite, _)| sqlite == type_name);
        let default = default_value.as_ref().map_or(String::new(), |value| match is_computed {
            true => format!(" GENERATED ALWAYS AS ({value}) STORED"),
            false => format!(" DEFAULT {value}"),
        });
        let column = format!("{name} {}{default}", known.map_or("text", |known| known.2));
        tables.entry(table_name).or_default().push(column);
    }
    for Check { table_name, expression } in checks.iter() {
        tables.entry(table_name).or_default().push(format!("CHECK ({expression})"));
    }
    let mut statements = String::new();
    for (name, parts) in tables {
        write!(statements, "CREATE TABLE {name} ({});", parts.join(", ")).unwrap();
    }
    for Index { table_name, name, columns, predicate, .. } in indexes.iter() {
        if let Some(predicate) = predicate {
            write!(statements, "CREATE INDEX {name} ON {table_name} ({columns}) WHERE {predicate};").unwrap();
        }
    }
    scratch.execute(&statements);

    let facts = postgres(&scratch);
    for Column { table_name, name, default_value, is_computed, .. } in columns {
        *default_value = if *is_computed {
            let told = facts.get(&format!("computed {table_name}.{name}"));
            told.and_then(|told| told.split_once(" as ")).map(|(_, expression)| expression.to_owned())
        } else {
            facts.get(&format!("default of {table_name}.{name}")).cloned()
        };
    }
    for Index { table_name, name, predicate, .. } in indexes {
        *predicate = facts.get(&format!("condition of index {name} of {table_name}")).cloned();
    }
    checks.clear();
    for subject in facts.keys() {
        if let Some((table, expression)) =
            subject.strip_prefix("check of ").and_then(|check| check.split_once(": "))
        {
            checks.push(Check { table_name: table.to_owned(), expression: expression.to_owned() });
        }
    }
}

const COLUMNS: &str = "
    SELECT t.name AS table_name, c.name AS name, c.type AS type_name, c.\"notnull\" = 1 AS is_required,
        c.dflt_value AS default_value, c.hidden IN (2, 3) AS is_computed
    FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE OURS ORDER BY t.name, c.cid";

const INDEXES: &str = "
    SELECT t.name AS table_name, l.name AS name, l.origin AS origin, l.\"unique\" = 1 AS is_unique,
        (SELECT group_concat(key, ', ') FROM (
            SELECT coalesce(x.name, 'an expression') || CASE x.coll WHEN 'BINARY' THEN '' ELSE ' collate ' || x.coll END
                || CASE x.\"desc\" WHEN 1 THEN ' desc' ELSE '' END AS key
            FROM pragma_index_xinfo(l.name) x WHERE x.key = 1 ORDER BY x.seqno)) AS columns,
        NULL AS predicate
    FROM sqlite_master t, pragma_index_list(t.name) l WHERE OURS";

const FOREIGN_KEYS: &str = "
    SELECT t.name AS table_name, f.\"table\" AS target, group_concat(f.\"from\", ', ') AS columns,
        group_concat(coalesce(f.\"to\", 'whatever its key is'), ', ') AS target_columns,
        f.on_delete AS on_delete, f.on_update AS on_update
    FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE OURS GROUP BY t.name, f.id";
