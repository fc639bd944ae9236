//! Accounts.

use std::collections::{HashMap, HashSet};

use autorisen_domain::legacy::{
    Account, Fate, Finding, Fingerprint, Judgement, Kind, Lost, Outcome, SourceRow, judge, of_user,
};
use diesel::prelude::*;

use super::lookup::{self, ASKED};
use super::world::World;
use crate::db::DbConnection;
use crate::legacy::plan::{ChangedUser, Plan, ShutOut};
use crate::legacy::rows::{Remembered, UserRow};
use crate::legacy::run::ImportError;
use crate::schema::users;

const TABLE: &str = "users";

/// An account as it is here.
struct Here {
    fingerprint: Fingerprint,
    is_active: bool,
    session_epoch: i64,
    updated_at: i64,
    last_login_at: Option<i64>,
}

/// Decides what becomes of a page of `users`.
pub(super) fn plan(world: &World, conn: &mut DbConnection, rows: &[SourceRow]) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        match of_user(row, world.lost.get(&row.shown("id")).cloned(), world.adopt, world.now) {
            Ok(account) => accounts.push(account),
            Err(findings) => plan.note(Outcome::LeftOut, findings),
        }
    }
    let ids: Vec<_> = accounts.iter().map(|account| account.user.id.to_string()).collect();
    let sources: Vec<_> = accounts.iter().map(|account| account.source_id.clone()).collect();
    let here = here(conn, &ids)?;
    let memory = lookup::memory(conn, TABLE, &sources)?;
    let mut holders = holders(conn, &accounts)?;
    let mut seen = HashSet::new();

    for mut account in accounts {
        let id = account.user.id.to_string();
        let known = memory.get(&account.source_id).and_then(|memory| memory.fingerprint);
        let is_another = known.is_none() && (here.contains_key(&id) || world.imagines_account(&id));
        if is_another || !seen.insert(id.clone()) {
            let finding = finding(&account, "id", Kind::DuplicateId, Fate::LeftOut, Some(id));
            plan.note(Outcome::LeftOut, vec![finding]);
            continue;
        }
        let holder = holders.entry(account.user.email.as_str().to_owned()).or_insert_with(|| id.clone());
        if *holder != id {
            account.set_aside(Lost { kind: Kind::AddressTaken, to: holder.clone() });
        }
        let now_here = here.get(&id);
        let new = account.fingerprint();
        match judge(known, now_here.map(|here| here.fingerprint), new) {
            Judgement::Bring => {
                plan.users.push(UserRow::from(&account));
                plan.remembered.push(Remembered::new(TABLE, account.source_id, id, new));
                plan.note(Outcome::Brought, account.findings);
            }
            Judgement::Update => {
                let Some(now_here) = now_here else { continue };
                let mut row = UserRow::from(&account);
                // What the account was before, its sessions were of.
                row.session_epoch = row.session_epoch.max(now_here.session_epoch + 1);
                row.updated_at = world.now.micros();
                row.last_login_at = row.last_login_at.max(now_here.last_login_at);
                plan.changed_users.push(ChangedUser { row, was_updated_at: now_here.updated_at });
                plan.changed_remembered.push((TABLE, account.source_id, new));
                plan.note(Outcome::Updated, account.findings);
            }
            Judgement::Leave => plan.note(Outcome::There, Vec::new()),
            Judgement::KeepHere => {
                let mut findings = vec![finding(&account, "id", Kind::ChangedHere, Fate::KeptHere, None)];
                let is_shut_out = known.is_some() && !account.user.is_active;
                let Some(open) = now_here.filter(|here| here.is_active && is_shut_out) else {
                    plan.note(Outcome::There, findings);
                    continue;
                };
                // Who was shut out there must not go on here, whatever else has changed.
                findings.push(finding(&account, "is_active", Kind::Inactive, Fate::Disabled, None));
                plan.shut_out.push(ShutOut { id, was_updated_at: open.updated_at, at: world.now.micros() });
                plan.changed_remembered.push((TABLE, account.source_id, new));
                plan.note(Outcome::Updated, findings);
            }
        }
    }
    Ok(plan)
}

fn finding(account: &Account, field: &'static str, kind: Kind, fate: Fate, other: Option<String>) -> Finding {
    Finding { table: TABLE, row: account.source_id.clone(), field: Some(field), kind, fate, other }
}

/// Those of these accounts that are here.
fn here(conn: &mut DbConnection, ids: &[String]) -> Result<HashMap<String, Here>, ImportError> {
    type Row = (String, String, bool, String, String, String, String, String, bool, i64, i64, Option<i64>);
    let mut found = HashMap::new();
    for ids in ids.chunks(ASKED) {
        let rows: Vec<Row> = users::table
            .filter(users::id.eq_any(ids))
            .select((
                users::id,
                users::email,
                users::email_verified,
                users::first_name,
                users::last_name,
                users::company_name,
                users::password_hash,
                users::role,
                users::is_active,
                users::session_epoch,
                users::updated_at,
                users::last_login_at,
            ))
            .load(conn)
            .map_err(ImportError::Write)?;
        for (
            id,
            email,
            verified,
            first,
            last,
            company,
            hash,
            role,
            active,
            session_epoch,
            updated_at,
            last_login_at,
        ) in rows
        {
            let fingerprint =
                Account::fingerprint_of(&email, verified, [&first, &last, &company], &hash, &role, active);
            found.insert(
                id,
                Here { fingerprint, is_active: active, session_epoch, updated_at, last_login_at },
            );
        }
    }
    Ok(found)
}

/// Whose the addresses of these accounts are.
fn holders(conn: &mut DbConnection, accounts: &[Account]) -> Result<HashMap<String, String>, ImportError> {
    let addresses: Vec<_> = accounts.iter().map(|account| account.user.email.as_str()).collect();
    let mut found = HashMap::new();
    for addresses in addresses.chunks(ASKED) {
        let rows: Vec<(String, String)> = users::table
            .filter(users::email.eq_any(addresses))
            .select((users::email, users::id))
            .load(conn)
            .map_err(ImportError::Write)?;
        found.extend(rows);
    }
    Ok(found)
}
