//! What only happened: logins and tracked events. Each row is brought once, and never changes.

use std::collections::HashSet;

use autorisen_domain::legacy::{Fate, Finding, Kind, Outcome, SourceRow, login, tracked as read_tracked};
use diesel::prelude::*;

use super::lookup::ASKED;
use super::world::World;
use crate::db::DbConnection;
use crate::legacy::plan::Plan;
use crate::legacy::run::ImportError;
use crate::schema::{analytics_events, login_history};

/// Decides what becomes of a page of `login_audits`.
pub(super) fn logins(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    let read = readable(&mut plan, rows, |row| login(row, world.now));
    let ids: Vec<_> = read.iter().map(|(record, _)| record.id.clone()).collect();
    let mut here = HashSet::new();
    for ids in ids.chunks(ASKED) {
        let known = login_history::table.filter(login_history::id.eq_any(ids)).select(login_history::id);
        here.extend(known.load::<String>(conn).map_err(ImportError::Write)?);
    }
    let mut fresh = Fresh { table: "login_audits", here, seen: HashSet::new() };
    for (record, findings) in read {
        if fresh.admit(&mut plan, &record.id, findings) {
            plan.logins.push(record.into());
        }
    }
    Ok(plan)
}

/// Decides what becomes of a page of `analytics_events`.
pub(super) fn tracked(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    let read = readable(&mut plan, rows, |row| read_tracked(row, world.now));
    let ids: Vec<_> = read.iter().map(|(event, _)| event.id.clone()).collect();
    let mut here = HashSet::new();
    for ids in ids.chunks(ASKED) {
        let known =
            analytics_events::table.filter(analytics_events::id.eq_any(ids)).select(analytics_events::id);
        here.extend(known.load::<String>(conn).map_err(ImportError::Write)?);
    }
    let mut fresh = Fresh { table: "analytics_events", here, seen: HashSet::new() };
    for (event, findings) in read {
        if fresh.admit(&mut plan, &event.id, findings) {
            plan.tracked.push(event.into());
        }
    }
    Ok(plan)
}

/// What of the rows can be read; the others are left out.
fn readable<T>(
    plan: &mut Plan,
    rows: &[SourceRow],
    read: impl Fn(&SourceRow) -> Result<(T, Vec<Finding>), Vec<Finding>>,
) -> Vec<(T, Vec<Finding>)> {
    let mut readable = Vec::with_capacity(rows.len());
    for row in rows {
        match read(row) {
            Ok(found) => readable.push(found),
            Err(findings) => plan.note(Outcome::LeftOut, findings),
        }
    }
    readable
}

/// Tells rows that are new from those that are here.
struct Fresh {
    table: &'static str,
    here: HashSet<String>,
    seen: HashSet<String>,
}

impl Fresh {
    /// Counts a row; `true` when it is to be brought.
    fn admit(&mut self, plan: &mut Plan, id: &str, findings: Vec<Finding>) -> bool {
        if !self.seen.insert(id.to_owned()) {
            let (field, kind, fate) = (Some("id"), Kind::DuplicateId, Fate::LeftOut);
            let finding = Finding { table: self.table, row: id.to_owned(), field, kind, fate, other: None };
            plan.note(Outcome::LeftOut, vec![finding]);
            return false;
        }
        let is_here = self.here.contains(id);
        let (outcome, findings) =
            if is_here { (Outcome::There, Vec::new()) } else { (Outcome::Brought, findings) };
        plan.note(outcome, findings);
        !is_here
    }
}
