//! What must hold of rows, as conditions that the database can look for.

use crate::check::pages::{self, Page};
use crate::check::{CheckOptions, Violation};
use crate::db::DbConnection;
use crate::dialect::{self, bulk};
use crate::tables::{RELATIONS, Relation, Table};
use crate::transfer::TransferError;

/// What must not be true of any row of a table.
pub(super) struct Rule {
    name: &'static str,
    table: &'static str,
    /// When it is broken by the row `t`.
    is_broken: String,
    problem: String,
}

/// All of them.
pub(super) fn rules(options: CheckOptions) -> Vec<Rule> {
    let mut rules: Vec<Rule> = RELATIONS.iter().map(orphan).collect();
    rules.extend(accounts(options));
    rules.extend(chat(options));
    rules
}

/// Looks for rows of a page that break a rule.
pub(super) fn check(
    conn: &mut DbConnection,
    table: &Table,
    rules: &[Rule],
    page: &Page,
    found: &mut dyn FnMut(Violation),
) -> Result<(), TransferError> {
    let key = pages::key(table);
    let names: Vec<String> = key.iter().map(|column| format!("t.{}", bulk::quoted(&column.name))).collect();
    for rule in rules.iter().filter(|rule| rule.table == table.name) {
        let statement = format!(
            "SELECT {} FROM {} t WHERE {} AND ({})",
            names.join(", "),
            bulk::quoted(&table.name),
            page.condition,
            rule.is_broken
        );
        bulk::each::<TransferError>(conn, &statement, &page.values, &key, &mut |row| {
            found(Violation {
                rule: rule.name,
                table: table.name.clone(),
                id: pages::shown(&row),
                problem: rule.problem.clone(),
            });
            Ok(())
        })?;
    }
    Ok(())
}

/// Looks for what must hold of a table as a whole.
pub(super) fn check_tables(
    conn: &mut DbConnection,
    found: &mut dyn FnMut(Violation),
) -> Result<(), TransferError> {
    // There is none before the first start, and after a restore.
    for state in ["current", "next"] {
        let statement = format!(
            "SELECT COUNT(*) AS count FROM (SELECT 1) AS one WHERE EXISTS (SELECT 1 FROM signing_keys) \
             AND (SELECT COUNT(*) FROM signing_keys WHERE state = '{state}') <> 1"
        );
        if dialect::number(conn, &statement)? > 0 {
            found(Violation {
                rule: "key.states",
                table: "signing_keys".to_owned(),
                id: String::new(),
                problem: format!("there is not exactly one key with the state {state}"),
            });
        }
    }
    Ok(())
}

fn rule(name: &'static str, table: &'static str, problem: &str, is_broken: String) -> Rule {
    Rule { name, table, is_broken, problem: problem.to_owned() }
}

fn orphan(relation: &Relation) -> Rule {
    let Relation { table, column, parent, except } = relation;
    let except = except.map_or_else(String::new, |value| format!("t.{column} <> '{value}' AND "));
    Rule {
        name: "orphan",
        table,
        is_broken: format!(
            "t.{column} IS NOT NULL AND {except}NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = t.{column})"
        ),
        problem: format!("its {column} names no row of {parent}"),
    }
}

fn accounts(options: CheckOptions) -> Vec<Rule> {
    let now = options.now.micros();
    vec![
        rule(
            "session.live_of_inactive",
            "sessions",
            "it would be live, but its account is shut out",
            format!(
                "t.revoked_at IS NULL AND t.expires_at > {now} AND EXISTS (SELECT 1 FROM users u \
                 WHERE u.id = t.user_id AND NOT u.is_active AND u.session_epoch = t.epoch)"
            ),
        ),
        rule(
            "session.epoch",
            "sessions",
            "it began in an epoch that its account has not reached",
            "EXISTS (SELECT 1 FROM users u WHERE u.id = t.user_id AND t.epoch > u.session_epoch)".to_owned(),
        ),
        rule(
            "session.limit",
            "sessions",
            "it may go on for longer than sessions may",
            "t.expires_at > t.absolute_expires_at".to_owned(),
        ),
    ]
}

fn chat(options: CheckOptions) -> Vec<Rule> {
    let mut rules = vec![
        rule(
            "thread.last_number",
            "chat_threads",
            "it has an item whose number is greater than its last_number",
            "EXISTS (SELECT 1 FROM chat_items i WHERE i.thread_id = t.id AND i.number > t.last_number)"
                .to_owned(),
        ),
        rule(
            "thread.answer",
            "chat_threads",
            "an answer is given without a limit, or a limit without an answer",
            "(t.answer_id IS NULL) <> (t.answer_until IS NULL)".to_owned(),
        ),
        rule("item.number", "chat_items", "its number is less than 1", "t.number < 1".to_owned()),
        rule(
            "item.duplicate",
            "chat_items",
            "another item of its thread has the same number or item_id",
            "(SELECT COUNT(*) FROM chat_items i WHERE i.thread_id = t.thread_id AND i.number = t.number) > 1 OR \
             (SELECT COUNT(*) FROM chat_items i WHERE i.thread_id = t.thread_id AND i.item_id = t.item_id) > 1"
                .to_owned(),
        ),
        rule(
            "attachment.owner",
            "chat_attachments",
            "it is in a thread of another account",
            "EXISTS (SELECT 1 FROM chat_threads h WHERE h.id = t.thread_id AND h.user_id <> t.user_id)".to_owned(),
        ),
        rule(
            "attachment.parts",
            "chat_attachments",
            "its parts are not all of its bytes",
            // What is still coming is not whole yet.
            "t.size < 0 OR t.is_uploaded AND EXISTS (SELECT 1 FROM chat_attachment_parts p \
             WHERE p.attachment_id = t.id GROUP BY p.attachment_id HAVING MIN(p.part) <> 0 \
             OR MAX(p.part) <> COUNT(*) - 1 OR SUM(length(p.bytes)) <> t.size)"
                .to_owned(),
        ),
        rule("usage.negative", "chat_usage", "its amount is negative", "t.amount < 0".to_owned()),
    ];
    if !options.bytes_in_folder {
        rules.push(rule(
            "attachment.missing",
            "chat_attachments",
            "it is uploaded, and none of its bytes are there",
            "t.is_uploaded AND t.size > 0 AND NOT EXISTS \
             (SELECT 1 FROM chat_attachment_parts p WHERE p.attachment_id = t.id)"
                .to_owned(),
        ));
    }
    rules
}
