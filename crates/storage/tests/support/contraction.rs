//! Whether a migration takes something away that the version before may need.
//!
//! What is known to be harmless passes; everything else counts. So a statement that nobody thought of
//! asks for the marker, and never slips through.

use std::collections::BTreeSet;

use super::sql::{begins, in_brackets, position, statements};

/// What a migration that takes something away begins with; the reason follows in the same line.
const MARKER: &str = "-- contract: ";

/// Words of conditions that name no column.
const OF_CONDITIONS: [&str; 11] =
    ["AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "LIKE", "TRUE", "FALSE", "ESCAPE"];

/// What one dialect's migrations have made so far, as far as it matters for those that follow.
#[derive(Default)]
pub(crate) struct Tree {
    /// Indices that are no rules. Without one a query is slow, and right.
    plain_indexes: BTreeSet<String>,
    /// Those that are.
    unique_indexes: BTreeSet<String>,
}

/// What the migration at hand has made: the version before knows nothing of it.
#[derive(Default)]
struct Made<'a> {
    tables: BTreeSet<&'a str>,
    columns: BTreeSet<(&'a str, &'a str)>,
    /// Plain ones, also those that it makes only later.
    indexes: BTreeSet<&'a str>,
}

/// What is wrong with the marker of a migration; nothing when it is marked as it must be.
pub(crate) fn faults(tree: &mut [Tree; 2], dialects: [&str; 2]) -> Vec<String> {
    let mut faults = Vec::new();
    let is_marked =
        dialects.map(|up| up.strip_prefix(MARKER).is_some_and(|why| !why.starts_with(char::is_whitespace)));
    for ((tree, up), is_marked_here) in tree.iter_mut().zip(dialects).zip(is_marked) {
        for taken in tree.taken_by(up) {
            if !is_marked[0] || !is_marked[1] {
                faults.push(format!("not marked, but {taken}"));
            }
        }
        let rest = if is_marked_here { up.split_once('\n').map_or("", |(_, rest)| rest) } else { up };
        let almost =
            rest.lines().filter(|line| line.to_ascii_lowercase().replace(' ', "").starts_with("--contract"));
        faults.extend(almost.map(|line| format!("`{line}` is no marker: `{MARKER}WHY` is the first line")));
    }
    if is_marked[0] != is_marked[1] {
        faults.push("marked in one dialect only".to_owned());
    }
    faults
}

/// The statements of a text for PostgreSQL that would keep writers out of a table for as long as its rows take.
pub(crate) fn locks(up: &str) -> Vec<String> {
    let statements = statements(up);
    let made: Vec<&str> = statements
        .iter()
        .filter(|statement| begins(statement, &["CREATE", "TABLE"]))
        .map(|statement| without(statement, &["IF", "NOT", "EXISTS"])[2])
        .collect();
    let is_locking = |statement: &&Vec<&str>| {
        let is_index =
            begins(statement, &["CREATE", "INDEX"]) || begins(statement, &["CREATE", "UNIQUE", "INDEX"]);
        let table = position(statement, &["ON"]).and_then(|at| statement.get(at + 1));
        is_index
            && position(statement, &["CONCURRENTLY"]).is_none()
            && !table.is_some_and(|table| made.contains(table))
    };
    statements.iter().filter(is_locking).map(|statement| statement.join(" ")).collect()
}

impl Tree {
    /// What the statements of a migration take away, in words.
    fn taken_by(&mut self, up: &str) -> Vec<String> {
        let statements = statements(up);
        let mut made = Made { indexes: plain_indexes_of(&statements), ..Made::default() };
        let mut taken = Vec::new();
        for statement in &statements {
            if let Some(why) = self.harm(statement, &mut made) {
                taken.push(format!("{why}: {}", statement.join(" ")));
            }
        }
        taken
    }

    fn harm<'a>(&mut self, statement: &[&'a str], made: &mut Made<'a>) -> Option<&'static str> {
        let statement = without(statement, &["IF", "NOT", "EXISTS"]);
        let statement = without(&statement, &["CONCURRENTLY"]);
        match &statement[..] {
            [create, table, name, rest @ ..] if is(create, "CREATE") && is(table, "TABLE") => {
                made.tables.insert(name);
                harm_of_references(rest, made)
            }
            [create, index, name, on, ..] if is(create, "CREATE") && is(index, "INDEX") && is(on, "ON") => {
                self.plain_indexes.insert((*name).to_owned());
                None
            }
            [create, unique, index, name, on, table, ..]
                if is(create, "CREATE") && is(unique, "UNIQUE") && is(index, "INDEX") && is(on, "ON") =>
            {
                self.unique_indexes.insert((*name).to_owned());
                (!made.tables.contains(table)).then_some("a new rule of uniqueness")
            }
            [alter, of_table, table, actions @ ..] if is(alter, "ALTER") && is(of_table, "TABLE") => {
                if made.tables.contains(table) {
                    return None;
                }
                parts(actions).into_iter().find_map(|action| harm_of_change(table, action, made))
            }
            [drop, index, name] if is(drop, "DROP") && is(index, "INDEX") => {
                (!self.plain_indexes.remove(*name)).then_some("an index that may be a rule is dropped")
            }
            [drop, index, if_, exists, name]
                if is(drop, "DROP") && is(index, "INDEX") && is(if_, "IF") && is(exists, "EXISTS") =>
            {
                // What a run that broke off has left of an index that is made now.
                let is_left_over = made.indexes.contains(name) && !self.unique_indexes.contains(*name);
                (!self.plain_indexes.remove(*name) && !is_left_over)
                    .then_some("an index that may be a rule is dropped")
            }
            [insert, into, table, ..] if is(insert, "INSERT") && is(into, "INTO") => {
                (!made.tables.contains(table)).then_some("rows appear that are not expected")
            }
            [update, table, set, changes @ ..] if is(update, "UPDATE") && is(set, "SET") => {
                let end = position(changes, &["WHERE"]).unwrap_or(changes.len());
                let is_new = |change: &[&str]| change.first().is_some_and(|column| made.has(table, column));
                (!parts(&changes[..end]).into_iter().all(is_new)).then_some("values change")
            }
            [analyze, ..] if is(analyze, "ANALYZE") => None,
            _ => Some("not known to be harmless"),
        }
    }
}

impl Made<'_> {
    fn has(&self, table: &str, column: &str) -> bool {
        self.tables.contains(table) || self.columns.contains(&(table, column))
    }
}

/// What is harmful about one change of a table that was there before.
fn harm_of_change<'a>(table: &'a str, action: &[&'a str], made: &mut Made<'a>) -> Option<&'static str> {
    match action {
        [add, rest @ ..] if is(add, "ADD") => {
            let column = if begins(rest, &["COLUMN"]) { &rest[1..] } else { rest };
            let rules = ["CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN", "PRIMARY", "EXCLUDE"];
            let [name, definition @ ..] = column else { return Some("not known to be harmless") };
            if rules.iter().any(|rule| is(name, rule)) {
                return Some("a new rule");
            }
            made.columns.insert((table, name));
            harm_of_column(name, definition).or_else(|| harm_of_references(definition, made))
        }
        [alter, rest @ ..] if is(alter, "ALTER") => {
            let rest = if begins(rest, &["COLUMN"]) { &rest[1..] } else { rest };
            let keeps = rest.get(1..).is_some_and(|change| begins(change, &["SET", "DEFAULT"]));
            (!keeps).then_some("a column changes")
        }
        // How much room is left for what changes, and the like.
        [set, bracket, ..] if is(set, "SET") && *bracket == "(" => None,
        _ => Some("not known to be harmless"),
    }
}

/// What is harmful about a new column of a table into which the version before puts rows.
fn harm_of_column(name: &str, definition: &[&str]) -> Option<&'static str> {
    let mut outside = definition.to_vec();
    while let Some(at) = position(&outside, &["CHECK"]) {
        let condition = in_brackets(&outside[at + 1..]).to_vec();
        // A condition on this column alone is kept by what stands there when nobody fills it.
        if !is_about(&condition, name) {
            return Some("a new rule");
        }
        outside.drain(at..=at + condition.len() + 2);
    }
    let has = |words: &[&str]| position(&outside, words).is_some();
    if has(&["UNIQUE"]) || has(&["PRIMARY", "KEY"]) {
        Some("a new rule of uniqueness")
    } else if has(&["NOT", "NULL"]) && !has(&["DEFAULT"]) {
        Some("a new column that must be filled")
    } else {
        None
    }
}

/// Whether a condition names no other column than this one.
fn is_about(condition: &[&str], column: &str) -> bool {
    condition.iter().enumerate().all(|(index, token)| {
        let is_word = token.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '"');
        let is_function = condition.get(index + 1).is_some_and(|next| *next == "(");
        !is_word || is_function || is(token, column) || OF_CONDITIONS.iter().any(|word| is(token, word))
    })
}

/// Whether rows that the version before does not know could keep it from deleting those that it knows.
fn harm_of_references(definition: &[&str], made: &Made<'_>) -> Option<&'static str> {
    let mut rest = definition;
    while let Some(at) = position(rest, &["REFERENCES"]) {
        rest = &rest[at + 1..];
        let end = position(rest, &["REFERENCES"]).unwrap_or(rest.len());
        let lets_go = [&["CASCADE"][..], &["SET", "NULL"], &["SET", "DEFAULT"]].into_iter().any(|action| {
            let words: Vec<&str> = ["ON", "DELETE"].into_iter().chain(action.iter().copied()).collect();
            position(&rest[..end], &words).is_some()
        });
        if !lets_go && rest.first().is_some_and(|table| !made.tables.contains(table)) {
            return Some("new rows may forbid deletions");
        }
    }
    None
}

/// What commas outside brackets separate.
fn parts<'a, 'b>(tokens: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let mut depth = 0;
    tokens
        .split(|token| {
            match *token {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            depth == 0 && *token == ","
        })
        .collect()
}

/// The tokens without these words, where they stand for the first time.
/// The names of the indices that these statements make, but for those that are rules.
fn plain_indexes_of<'a>(statements: &[Vec<&'a str>]) -> BTreeSet<&'a str> {
    let plain = statements.iter().filter(|statement| begins(statement, &["CREATE", "INDEX"]));
    plain
        .map(|statement| without(&without(statement, &["IF", "NOT", "EXISTS"]), &["CONCURRENTLY"]))
        .filter_map(|statement| statement.get(2).copied())
        .collect()
}

fn without<'a>(tokens: &[&'a str], words: &[&str]) -> Vec<&'a str> {
    let mut left = tokens.to_vec();
    if let Some(at) = position(&left, words) {
        left.drain(at..at + words.len());
    }
    left
}

fn is(token: &str, word: &str) -> bool {
    token.eq_ignore_ascii_case(word)
}
