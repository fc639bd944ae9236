//! Threads and what was said in them.

use std::collections::{BTreeMap, HashMap, HashSet};

use autorisen_chatkit::Item;
use autorisen_domain::legacy::{
    Fate, Finding, Fingerprint, Kind, Outcome, Said, SourceRow, Talk, said, talk,
};
use diesel::prelude::*;

use super::lookup::{self, ASKED};
use super::world::World;
use crate::db::DbConnection;
use crate::legacy::plan::{GrownThread, Plan};
use crate::legacy::rows::{ItemRow, Remembered, ThreadRow};
use crate::legacy::run::ImportError;
use crate::schema::{chat_items, chat_threads};

const THREADS: &str = "app_chat_threads";
const EVENTS: &str = "app_chat_events";

/// Decides what becomes of a page of `app_chat_threads`.
pub(super) fn threads(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    let mut read = Vec::new();
    for row in rows {
        match talk(row, world.now) {
            Ok((talk, findings)) => read.push((row.shown("id"), talk, findings)),
            Err(findings) => plan.note(Outcome::LeftOut, findings),
        }
    }
    let sources: Vec<_> = read.iter().map(|(source, ..)| source.clone()).collect();
    let owners: Vec<_> = read.iter().map(|(_, talk, _)| talk.thread.user.to_string()).collect();
    let memory = lookup::memory(conn, THREADS, &sources)?;
    let accounts = lookup::accounts(conn, &owners)?;
    let ids: Vec<_> = read.iter().map(|(_, talk, _)| talk.thread.id.to_string()).collect();
    let here = threads_here(conn, &ids)?;
    let mut empty = empty_places(conn, &owners)?;
    let mut seen = HashSet::new();

    for (source, talk, mut findings) in read {
        let (id, owner) = (talk.thread.id.to_string(), talk.thread.user.to_string());
        let is_known = memory.contains_key(&source);
        let is_another = !is_known && (here.contains_key(&id) || world.imagines_thread(&id));
        let place = (owner.clone(), talk.thread.placement.as_str().to_owned());
        let fault = if is_another || !seen.insert(id.clone()) {
            Some((Kind::DuplicateId, Fate::LeftOut))
        } else if is_known {
            if here.contains_key(&id) {
                plan.note(Outcome::There, Vec::new());
            } else {
                // Its owner removed it since.
                let finding = finding(THREADS, &source, Some("id"), Kind::ChangedHere, Fate::KeptHere);
                plan.note(Outcome::There, vec![finding]);
            }
            continue;
        } else if !accounts.contains(&owner) && !world.imagines_account(&owner) {
            Some((Kind::Orphan, Fate::LeftOut))
        } else if !talk.is_started && (world.imagines_empty(&place) || !empty.insert(place)) {
            Some((Kind::EmptyThread, Fate::LeftOut))
        } else {
            None
        };
        if let Some((kind, fate)) = fault {
            plan.note(Outcome::LeftOut, vec![finding(THREADS, &source, None, kind, fate)]);
            continue;
        }
        plan.threads.push(ThreadRow::new(&talk).map_err(|error| ImportError::Value(error.to_string()))?);
        plan.remembered.push(Remembered::new(THREADS, source, id, fingerprint(&talk)));
        plan.note(Outcome::Brought, std::mem::take(&mut findings));
    }
    Ok(plan)
}

fn fingerprint(talk: &Talk) -> Fingerprint {
    Fingerprint::of(&[&talk.thread.user.to_string(), talk.thread.placement.as_str()])
}

/// A thread as it is here.
struct Here {
    last_number: i64,
}

/// Decides what becomes of a page of `app_chat_events`, on which all of a thread's are together.
pub(super) fn events(
    world: &World,
    conn: &mut DbConnection,
    rows: &[SourceRow],
) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    let mut by_thread: BTreeMap<String, Vec<SourceRow>> = BTreeMap::new();
    for row in rows {
        by_thread.entry(row.shown("thread_id")).or_default().push(row.clone());
    }
    let talks: Vec<(String, Said)> =
        by_thread.into_iter().filter_map(|(source, rows)| Some((source, said(&rows, world.now)?))).collect();
    let sources: Vec<_> = talks.iter().map(|(source, _)| source.clone()).collect();
    let memory = lookup::memory(conn, THREADS, &sources)?;
    let threads: Vec<_> = talks.iter().map(|(_, said)| said.thread.to_string()).collect();
    let mut here = threads_here(conn, &threads)?;
    let items_here = items_here(conn, &talks)?;

    for (source, said) in talks {
        let id = said.thread.to_string();
        let known = memory.get(&source);
        let is_there = here.contains_key(&id) && known.is_some() || world.imagines_thread(&id);
        if !is_there {
            without_thread(&mut plan, said, known.is_some());
            continue;
        }
        plan.counts.add_many(Outcome::LeftOut, said.left_out);
        let newest = known.and_then(|memory| memory.newest);
        let mut last_number = here.remove(&id).map_or(0, |here| here.last_number);
        let before = last_number;
        let (mut seen, mut brought) = (HashSet::new(), HashSet::new());
        for item in &said.items {
            if !seen.insert(item.id.clone()) {
                let finding = finding(EVENTS, &item.id, Some("id"), Kind::DuplicateId, Fate::LeftOut);
                plan.note(Outcome::LeftOut, vec![finding]);
            } else if items_here.contains(&(id.clone(), item.id.clone())) {
                plan.note(Outcome::There, Vec::new());
            } else if newest.is_some_and(|newest| item.created_at.micros() <= newest) {
                // It was brought before, and removed here since.
                let finding = finding(EVENTS, &item.id, Some("id"), Kind::ChangedHere, Fate::KeptHere);
                plan.note(Outcome::There, vec![finding]);
            } else {
                last_number += 1;
                plan.items.push(row(&id, last_number, item)?);
                brought.insert(item.id.clone());
                plan.note(Outcome::Brought, Vec::new());
            }
        }
        // What was found when an item was brought need not be said again.
        let is_new = |found: &Finding| brought.contains(&found.row) || found.fate == Fate::LeftOut;
        let mut findings = said.findings;
        if newest.is_some() {
            findings.retain(is_new);
        }
        plan.findings.extend(findings);
        let times = said.items.iter().map(|item| item.created_at.micros());
        if let (true, Some(first), Some(last)) = (last_number > before, times.clone().min(), times.max()) {
            let newest = newest.map_or(last, |newest| newest.max(last));
            let grown = GrownThread { id, row_id: source, last_number, started_at: first, newest };
            plan.grown_threads.push(grown);
        }
    }
    Ok(plan)
}

/// What was said in a thread that is not here: nobody's, or removed here since it was brought.
fn without_thread(plan: &mut Plan, said: Said, was_brought: bool) {
    let (outcome, kind, fate) = if was_brought {
        (Outcome::There, Kind::ChangedHere, Fate::KeptHere)
    } else {
        (Outcome::LeftOut, Kind::Orphan, Fate::LeftOut)
    };
    for item in &said.items {
        plan.note(outcome, vec![finding(EVENTS, &item.id, Some("thread_id"), kind, fate)]);
    }
    plan.counts.add_many(Outcome::LeftOut, said.left_out);
    plan.findings.extend(said.findings.into_iter().filter(|found| found.fate == Fate::LeftOut));
}

fn row(thread: &str, number: i64, item: &Item) -> Result<ItemRow, ImportError> {
    Ok(ItemRow {
        thread_id: thread.to_owned(),
        number,
        item_id: item.id.clone(),
        hidden: item.kind.is_hidden(),
        body: serde_json::to_string(item).map_err(|error| ImportError::Value(error.to_string()))?,
    })
}

fn finding(table: &'static str, row: &str, field: Option<&'static str>, kind: Kind, fate: Fate) -> Finding {
    Finding { table, row: row.chars().take(80).collect(), field, kind, fate, other: None }
}

fn threads_here(conn: &mut DbConnection, ids: &[String]) -> Result<HashMap<String, Here>, ImportError> {
    let mut found = HashMap::new();
    for ids in ids.chunks(ASKED) {
        let known: Vec<(String, i64)> = chat_threads::table
            .filter(chat_threads::id.eq_any(ids))
            .select((chat_threads::id, chat_threads::last_number))
            .load(conn)
            .map_err(ImportError::Write)?;
        found.extend(known.into_iter().map(|(id, last_number)| (id, Here { last_number })));
    }
    Ok(found)
}

/// The users and placements that have a thread in which nothing was said.
fn empty_places(
    conn: &mut DbConnection,
    owners: &[String],
) -> Result<HashSet<(String, String)>, ImportError> {
    let mut found = HashSet::new();
    for owners in owners.chunks(ASKED) {
        let known: Vec<(String, String)> = chat_threads::table
            .filter(chat_threads::user_id.eq_any(owners))
            .filter(chat_threads::started_at.is_null())
            .select((chat_threads::user_id, chat_threads::placement))
            .load(conn)
            .map_err(ImportError::Write)?;
        found.extend(known);
    }
    Ok(found)
}

/// Which of these items are here, each with its thread.
fn items_here(
    conn: &mut DbConnection,
    talks: &[(String, Said)],
) -> Result<HashSet<(String, String)>, ImportError> {
    let mut found = HashSet::new();
    let keys: Vec<_> = talks
        .iter()
        .flat_map(|(_, said)| said.items.iter().map(|item| (said.thread.to_string(), item.id.clone())))
        .collect();
    for keys in keys.chunks(ASKED) {
        let threads: HashSet<&String> = keys.iter().map(|(thread, _)| thread).collect();
        let items: Vec<&String> = keys.iter().map(|(_, item)| item).collect();
        let known: Vec<(String, String)> = chat_items::table
            .filter(chat_items::thread_id.eq_any(threads))
            .filter(chat_items::item_id.eq_any(items))
            .select((chat_items::thread_id, chat_items::item_id))
            .load(conn)
            .map_err(ImportError::Write)?;
        found.extend(known);
    }
    Ok(found)
}
