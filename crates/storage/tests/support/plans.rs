//! How the databases would run statements, and what in it does not suit a large table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use autorisen_storage::{DatabaseKind, testing};
use diesel::connection::{
    Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation,
};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

use super::Place;

/// The statements of each operation, as they came.
pub(crate) type Statements = BTreeMap<String, BTreeSet<String>>;

static SEEN: Mutex<Statements> = Mutex::new(Statements::new());

/// Has every statement of every connection that is made from now on kept, with its operation.
pub(crate) fn record() {
    #[expect(clippy::unnecessary_wraps, reason = "Diesel asks for one that may have nothing to say")]
    fn recorder() -> Option<Box<dyn Instrumentation>> {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                note(testing::operation(), &query.to_string());
            }
        }))
    }
    set_default_instrumentation(recorder).unwrap();
}

/// What was recorded since the last call.
pub(crate) fn recorded() -> Statements {
    std::mem::take(&mut SEEN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn note(operation: &str, query: &str) {
    let sql = query.split(" -- binds: ").next().unwrap_or_default().trim();
    let is_statement =
        ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|word| sql.starts_with(word));
    if is_statement && !operation.is_empty() {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(operation.to_owned()).or_default().insert(sql.to_owned());
    }
}

/// Asks one database for its plans.
pub(crate) enum Planner {
    Sqlite(Box<diesel::sqlite::SqliteConnection>),
    Postgres(PgConnection),
}

/// Tables that never grow: to read one of them whole is the best plan there is.
const SMALL: [&str; 5] =
    ["signing_keys", "audit_head", "__diesel_schema_migrations", "migration_records", "sqlite_master"];

impl Planner {
    pub(crate) fn of(place: &Place) -> Self {
        match place.url().kind() {
            DatabaseKind::Sqlite => Self::Sqlite(Box::new(place.sqlite_connection())),
            DatabaseKind::Postgres => {
                let Place::Postgres(schema) = place else { unreachable!("it is PostgreSQL") };
                let mut conn = PgConnection::establish(&schema.url()).unwrap();
                // A statement that is prepared once is planned for any value.
                conn.batch_execute("SET plan_cache_mode = force_generic_plan").unwrap();
                Self::Postgres(conn)
            }
        }
    }

    /// What is wrong with the plan of this statement: each fault once.
    pub(crate) fn faults(&mut self, sql: &str) -> BTreeSet<String> {
        match self {
            Self::Sqlite(conn) => {
                let question = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
                let steps: Vec<Step> =
                    question.load(&mut **conn).unwrap_or_else(|error| panic!("{sql}: {error}"));
                steps.iter().filter_map(|step| fault_of_step(&step.detail)).collect()
            }
            Self::Postgres(conn) => {
                // As the server would do it; and as it does it when nothing is too dear to be spared
                // a scan: what is read whole even then has no index that serves.
                let mut faults = BTreeSet::new();
                for scans in ["on", "off"] {
                    conn.batch_execute(&format!("SET enable_seqscan = {scans}")).unwrap();
                    look(&plan(conn, sql), None, false, &mut faults);
                }
                faults
            }
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// `SCAN` reads a whole table or index, `SEARCH` a part; a temporary tree sorts what was found.
fn fault_of_step(detail: &str) -> Option<String> {
    let table = detail.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    match table {
        Some("CONSTANT") => None,
        Some(table) if SMALL.contains(&table) => None,
        Some(_) => Some(detail.to_owned()),
        None => detail.starts_with("USE TEMP B-TREE").then(|| detail.to_owned()),
    }
}

fn plan(conn: &mut PgConnection, sql: &str) -> Value {
    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        plan: String,
    }
    let parameters = (1..100).take_while(|number| sql.contains(&format!("${number}"))).map(|_| "NULL");
    let parameters: Vec<&str> = parameters.collect();
    let given = if parameters.is_empty() { String::new() } else { format!("({})", parameters.join(", ")) };
    conn.batch_execute(&format!("PREPARE statement AS {sql}"))
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let explain = diesel::sql_query(format!("EXPLAIN (FORMAT JSON) EXECUTE statement{given}"));
    // Its type is JSON, which Diesel reads from text only as such.
    let found: Plan = explain.get_result(conn).unwrap_or_else(|error| panic!("{sql}: {error}"));
    conn.batch_execute("DEALLOCATE statement").unwrap();
    let plan: Value = serde_json::from_str(&found.plan).unwrap();
    plan[0]["Plan"].clone()
}

/// Looks at a node and those below it. `limited` says that as many rows are asked for as are wanted.
fn look(node: &Value, above: Option<&str>, limited: bool, faults: &mut BTreeSet<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    if !SMALL.contains(&table) {
        match kind {
            "Seq Scan" => drop(faults.insert(format!("{kind} on {table}"))),
            "Index Scan" | "Index Only Scan" if node["Index Cond"].is_null() && !limited => {
                faults.insert(format!("whole {kind} on {table}"));
            }
            "Sort" | "Incremental Sort" if above != Some("Unique") => {
                faults.insert(format!("{kind} by {}", node["Sort Key"]));
            }
            _ => {}
        }
    }
    let limited = match kind {
        "Limit" => true,
        "Sort" | "Aggregate" | "Hash" | "Bitmap Index Scan" => false,
        _ => limited,
    };
    for below in node["Plans"].as_array().into_iter().flatten() {
        look(below, Some(kind), limited, faults);
    }
}
