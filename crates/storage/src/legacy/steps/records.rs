//! What adds a row of its own or none: logins, tracked events, credentials, roles.

use std::collections::HashSet;

use autorisen_domain::legacy::{
    Fate, Finding, Kind, Outcome, SourceRow, credential, login, role, tracked as read_tracked, user_role,
};
use diesel::prelude::*;

use super::lookup::ASKED;
use super::world::World;
use crate::db::DbConnection;
use crate::legacy::plan::Plan;
use crate::legacy::run::ImportError;
use crate::schema::{analytics_events, login_history};

/// Decides what becomes of a page of `credentials`.
pub(super) fn credentials(_: &World, _: &mut DbConnection, rows: &[SourceRow]) -> Result<Plan, ImportError> {
    Ok(judged(rows, credential))
}

/// Decides what becomes of a page of `roles`.
pub(super) fn roles(_: &World, _: &mut DbConnection, rows: &[SourceRow]) -> Result<Plan, ImportError> {
    Ok(judged(rows, role))
}

/// Decides what becomes of a page of `user_roles`.
pub(super) fn user_roles(_: &World, _: &mut DbConnection, rows: &[SourceRow]) -> Result<Plan, ImportError> {
    Ok(judged(rows, user_role))
}

fn judged(rows: &[SourceRow], judge: fn(&SourceRow) -> (Outcome, Vec<Finding>)) -> Plan {
    let mut plan = Plan::default();
    for row in rows {
        let (outcome, findings) = judge(row);
        plan.note(outcome, findings);
    }
    plan
}

/// Decides what becomes of a page of `login_audits`.
pub(super) fn logins(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    let mut read = Vec::new();
    for row in rows {
        match login(row, world.now) {
            Ok(record) => read.push(record),
            Err(findings) => plan.note(Outcome::LeftOut, findings),
        }
    }
    let mut here = HashSet::new();
    let ids: Vec<_> = read.iter().map(|(record, _)| record.id.clone()).collect();
    for ids in ids.chunks(ASKED) {
        let known: Vec<String> = login_history::table
            .filter(login_history::id.eq_any(ids))
            .select(login_history::id)
            .load(conn)
            .map_err(ImportError::Write)?;
        here.extend(known);
    }
    let mut seen = HashSet::new();
    for (record, findings) in read {
        if !seen.insert(record.id.clone()) {
            plan.note(Outcome::LeftOut, vec![duplicate("login_audits", record.id)]);
        } else if here.contains(&record.id) {
            plan.note(Outcome::There, Vec::new());
        } else {
            plan.logins.push(record.into());
            plan.note(Outcome::Brought, findings);
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
    let mut read = Vec::new();
    for row in rows {
        match read_tracked(row, world.now) {
            Ok(event) => read.push(event),
            Err(findings) => plan.note(Outcome::LeftOut, findings),
        }
    }
    let mut here = HashSet::new();
    let ids: Vec<_> = read.iter().map(|(event, _)| event.id.clone()).collect();
    for ids in ids.chunks(ASKED) {
        let known: Vec<String> = analytics_events::table
            .filter(analytics_events::id.eq_any(ids))
            .select(analytics_events::id)
            .load(conn)
            .map_err(ImportError::Write)?;
        here.extend(known);
    }
    let mut seen = HashSet::new();
    for (event, findings) in read {
        if !seen.insert(event.id.clone()) {
            plan.note(Outcome::LeftOut, vec![duplicate("analytics_events", event.id)]);
        } else if here.contains(&event.id) {
            plan.note(Outcome::There, Vec::new());
        } else {
            plan.tracked.push(event.into());
            plan.note(Outcome::Brought, findings);
        }
    }
    Ok(plan)
}

fn duplicate(table: &'static str, id: String) -> Finding {
    Finding { table, row: id, field: Some("id"), kind: Kind::DuplicateId, fate: Fate::LeftOut, other: None }
}
