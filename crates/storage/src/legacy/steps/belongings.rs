//! What each account has one of: its profile and its checklist.

use std::collections::{BTreeMap, HashMap, HashSet};

use autorisen_domain::clock::Timestamp;
use autorisen_domain::legacy::{
    Fate, Finding, Fingerprint, Judgement, Kind, Outcome, Reading, SourceRow, account_id, checklist, judge,
    profile,
};
use diesel::prelude::*;

use super::lookup::{self, ASKED};
use super::world::World;
use crate::db::DbConnection;
use crate::legacy::plan::Plan;
use crate::legacy::rows::{ChecklistRow, ProfileRow, Remembered};
use crate::legacy::run::ImportError;
use crate::schema::{onboarding_checklists, user_profiles};

/// The owners of a page of rows, and what is remembered of those.
struct Owners {
    here: HashSet<String>,
    memory: HashMap<String, lookup::Memory>,
}

impl Owners {
    fn of(
        world: &World,
        conn: &mut DbConnection,
        table: &str,
        rows: &[SourceRow],
    ) -> Result<Self, ImportError> {
        let sources: Vec<_> = rows.iter().map(|row| row.shown("user_id")).collect();
        let ids: Vec<_> = sources.iter().map(|source| account_id(source).0.to_string()).collect();
        let mut here = lookup::accounts(conn, &ids)?;
        here.extend(ids.into_iter().filter(|id| world.imagines_account(id)));
        Ok(Self { here, memory: lookup::memory(conn, table, &sources)? })
    }

    fn fingerprint(&self, source: &str) -> Option<Fingerprint> {
        self.memory.get(source).and_then(|memory| memory.fingerprint)
    }
}

/// Decides what becomes of a page of `user_profiles`.
pub(super) fn profiles(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    const TABLE: &str = "user_profiles";
    let mut plan = Plan::default();
    let owners = Owners::of(world, conn, TABLE, rows)?;
    let here = profiles_here(conn, rows)?;
    let mut seen = HashSet::new();
    for row in rows {
        let source = row.shown("user_id");
        let owner = account_id(&source).0.to_string();
        if !owners.here.contains(&owner) {
            plan.note(Outcome::LeftOut, vec![note(TABLE, "user_id", row, Kind::Orphan, Fate::LeftOut)]);
            continue;
        }
        if !seen.insert(owner.clone()) {
            plan.note(Outcome::LeftOut, vec![note(TABLE, "user_id", row, Kind::DuplicateId, Fate::LeftOut)]);
            continue;
        }
        let (profile, findings) = profile(row);
        let new = Fingerprint::of(&[profile.as_json()]);
        let judgement = judge(owners.fingerprint(&source), here.get(&owner).copied(), new);
        let outcome = judgement.outcome();
        let made = ProfileRow::new(owner.clone(), &profile, changed_at(row, world.now));
        match judgement {
            Judgement::Bring => {
                plan.profiles.push(made);
                plan.remembered.push(Remembered::new(TABLE, source, owner, new));
            }
            Judgement::Update => {
                plan.changed_profiles.push(made);
                plan.changed_remembered.push((TABLE, source, new));
            }
            Judgement::Leave => {
                plan.note(outcome, Vec::new());
                continue;
            }
            Judgement::KeepHere => {
                plan.note(outcome, vec![note(TABLE, "user_id", row, Kind::ChangedHere, Fate::KeptHere)]);
                continue;
            }
        }
        plan.note(outcome, findings);
    }
    Ok(plan)
}

/// Decides what becomes of a page of `onboarding_checklists`, on which all of a user's are together.
pub(super) fn checklists(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    const TABLE: &str = "onboarding_checklists";
    let mut plan = Plan::default();
    let owners = Owners::of(world, conn, TABLE, rows)?;
    let here = checklists_here(conn, rows)?;
    let mut by_user: BTreeMap<String, Vec<SourceRow>> = BTreeMap::new();
    for row in rows {
        by_user.entry(row.shown("user_id")).or_default().push(row.clone());
    }
    for (source, rows) in by_user {
        let owner = account_id(&source).0.to_string();
        if !owners.here.contains(&owner) {
            for row in &rows {
                plan.note(Outcome::LeftOut, vec![note(TABLE, "id", row, Kind::Orphan, Fate::LeftOut)]);
            }
            continue;
        }
        let Some((list, findings)) = checklist(&rows, world.now) else { continue };
        let superseded: Vec<_> =
            findings.iter().filter(|found| found.kind == Kind::Superseded).cloned().collect();
        plan.counts.add_many(Outcome::LeftOut, superseded.len() as u64);
        let made =
            ChecklistRow::new(owner.clone(), &list).map_err(|error| ImportError::Value(error.to_string()))?;
        let new = made.fingerprint();
        let judgement = judge(owners.fingerprint(&source), here.get(&owner).copied(), new);
        let outcome = judgement.outcome();
        match judgement {
            Judgement::Bring => {
                plan.checklists.push(made);
                plan.remembered.push(Remembered::new(TABLE, source, owner, new));
                plan.note(outcome, findings);
            }
            Judgement::Update => {
                plan.changed_checklists.push(made);
                plan.changed_remembered.push((TABLE, source, new));
                plan.note(outcome, findings);
            }
            Judgement::Leave => plan.note(outcome, superseded),
            Judgement::KeepHere => {
                plan.note(outcome, superseded);
                let kept = rows.first().map(|row| note(TABLE, "id", row, Kind::ChangedHere, Fate::KeptHere));
                plan.findings.extend(kept);
            }
        }
    }
    Ok(plan)
}

fn note(table: &'static str, key: &'static str, row: &SourceRow, kind: Kind, fate: Fate) -> Finding {
    let row = Reading::new(table, key, row).id().to_owned();
    Finding { table, row, field: Some("user_id"), kind, fate, other: None }
}

fn changed_at(row: &SourceRow, now: Timestamp) -> Timestamp {
    // A profile without a time is none that people would miss.
    let mut reading = Reading::new("user_profiles", "user_id", row);
    reading.time("updated_at").or_else(|| reading.time("created_at")).unwrap_or(now)
}

fn profiles_here(
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<HashMap<String, Fingerprint>, ImportError> {
    let mut found = HashMap::new();
    for ids in owners(rows).chunks(ASKED) {
        let known: Vec<(String, String)> = user_profiles::table
            .filter(user_profiles::user_id.eq_any(ids))
            .select((user_profiles::user_id, user_profiles::profile))
            .load(conn)
            .map_err(ImportError::Write)?;
        found.extend(known.into_iter().map(|(id, profile)| (id, Fingerprint::of(&[&profile]))));
    }
    Ok(found)
}

fn checklists_here(
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<HashMap<String, Fingerprint>, ImportError> {
    type Row = (String, Option<String>, String);
    let mut found = HashMap::new();
    for ids in owners(rows).chunks(ASKED) {
        let known: Vec<Row> = onboarding_checklists::table
            .filter(onboarding_checklists::user_id.eq_any(ids))
            .select((
                onboarding_checklists::user_id,
                onboarding_checklists::thread_id,
                onboarding_checklists::tasks,
            ))
            .load(conn)
            .map_err(ImportError::Write)?;
        for (id, thread, tasks) in known {
            found.insert(id, ChecklistRow::fingerprint_of(thread.as_deref(), &tasks));
        }
    }
    Ok(found)
}

fn owners(rows: &[SourceRow]) -> Vec<String> {
    rows.iter().map(|row| account_id(&row.shown("user_id")).0.to_string()).collect()
}
