//! What `schema.rs` says of the tables.

use super::{Facts, OF_DIESEL};
use crate::support::sql::{in_brackets, tokens};

/// What this text in the form of `schema.rs` says of columns, their types, and keys.
pub(crate) fn declared(schema: &str) -> Facts {
    let mut facts = Facts::new();
    for text in schema.split("diesel::table! {").skip(1) {
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let tokens = tokens(&code);
        let (table, rest) = tokens.split_first().expect("a table has a name");
        if *table == OF_DIESEL {
            continue;
        }
        let key = in_brackets(rest);
        facts.insert(format!("primary key of {table}"), format!("({})", key.join(" ").replace(" ,", ",")));

        // Between the brackets of the key and the end of the table: `{ name -> Type, … }`.
        let body = rest[key.len() + 3..].split(|token| *token == "}").next().unwrap_or_default();
        let mut names = Vec::new();
        for column in body.split(|token| *token == ",").filter(|column| !column.is_empty()) {
            let (name, of_type) = match column {
                [name, "->", of_type @ ..] => (*name, of_type),
                other => panic!("{table} has a column that is none: {other:?}"),
            };
            let (type_name, may_be_null) = match of_type {
                ["Nullable", "<", type_name, ">"] => (*type_name, true),
                [type_name] => (*type_name, false),
                other => panic!("{table}.{name} has a type that is none: {other:?}"),
            };
            names.push(name);
            facts.insert(format!("type of {table}.{name}"), type_name.to_owned());
            facts.insert(format!("null in {table}.{name}"), may_be_null.to_string());
        }
        facts.insert(format!("columns of {table}"), names.join(", "));
    }
    facts
}
