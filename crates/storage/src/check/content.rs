//! What must hold of values and only this program can tell: that JSON is JSON, that an address is one.

use autorisen_domain::auth::EmailAddress;
use serde::de::IgnoredAny;

use crate::check::Violation;
use crate::check::pages::{self, Page};
use crate::db::DbConnection;
use crate::dialect::bulk;
use crate::tables::{Column, Kind, Table, Value};
use crate::transfer::TransferError;

/// What a column must hold, unless it is NULL.
struct Content {
    rule: &'static str,
    table: &'static str,
    column: &'static str,
    problem: &'static str,
    is_right: fn(&str) -> bool,
}

const fn json(table: &'static str, column: &'static str, problem: &'static str) -> Content {
    Content { rule: "json", table, column, problem, is_right: is_json }
}

const CONTENTS: &[Content] = &[
    Content {
        rule: "account.address",
        table: "users",
        column: "email",
        problem: "its email is no address in the one form that is looked for",
        is_right: is_address,
    },
    json("user_profiles", "profile", "its profile is no JSON"),
    json("chat_threads", "status", "its status is no JSON"),
    json("chat_threads", "metadata", "its metadata is no JSON"),
    json("chat_threads", "image_domains", "its image_domains are no JSON"),
    json("chat_items", "body", "its body is no JSON"),
    json("analytics_events", "details", "its details are no JSON"),
    json("onboarding_checklists", "tasks", "its tasks are no JSON"),
];

/// Looks for values of a page that are not what their column must hold.
pub(super) fn check(
    conn: &mut DbConnection,
    table: &Table,
    page: &Page,
    found: &mut dyn FnMut(Violation),
) -> Result<(), TransferError> {
    for content in CONTENTS.iter().filter(|content| content.table == table.name) {
        let mut columns = pages::key(table);
        columns.push(Column { name: content.column.to_owned(), kind: Kind::Text });
        let names: Vec<String> = columns.iter().map(|column| bulk::quoted(&column.name)).collect();
        let (names, from) = (names.join(", "), bulk::quoted(&table.name));
        let statement = format!("SELECT {names} FROM {from} WHERE {}", page.condition);
        bulk::each::<TransferError>(conn, &statement, &page.values, &columns, &mut |row| {
            if let Some((Value::Text(text), key)) = row.split_last()
                && !(content.is_right)(text)
            {
                found(Violation {
                    rule: content.rule,
                    table: table.name.clone(),
                    id: pages::shown(key),
                    problem: content.problem.to_owned(),
                });
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn is_address(text: &str) -> bool {
    EmailAddress::parse(text).is_ok_and(|address| address.as_str() == text)
}
