//! What is to be written for a page, and writing it.

use autorisen_domain::legacy::{Finding, Fingerprint, Outcome};
use diesel::prelude::*;

use super::found::Counts;
use super::rows::{ChecklistRow, ItemRow, LoginRow, ProfileRow, Remembered, ThreadRow, TrackedRow, UserRow};
use crate::db::DbConnection;
use crate::dialect::legacy::insert_all;
use crate::schema::{
    analytics_events, chat_items, chat_threads, legacy_import_rows, login_history, onboarding_checklists,
    user_profiles, users,
};

/// As many rows as go into one statement: PostgreSQL takes 65,535 values, and a row has at most 14.
const ROWS: usize = 2_000;

/// Has the database look what is in its tables now, so that it finds the short ways to it.
pub(super) const LOOK_OVER: &str = "ANALYZE users; ANALYZE user_profiles; ANALYZE onboarding_checklists; \
     ANALYZE login_history; ANALYZE analytics_events; ANALYZE chat_threads; ANALYZE chat_items";

/// What becomes of a page.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) counts: Counts,
    pub(super) findings: Vec<Finding>,
    pub(super) users: Vec<UserRow>,
    pub(super) changed_users: Vec<ChangedUser>,
    pub(super) shut_out: Vec<ShutOut>,
    pub(super) profiles: Vec<ProfileRow>,
    pub(super) changed_profiles: Vec<ProfileRow>,
    pub(super) checklists: Vec<ChecklistRow>,
    pub(super) changed_checklists: Vec<ChecklistRow>,
    pub(super) logins: Vec<LoginRow>,
    pub(super) tracked: Vec<TrackedRow>,
    pub(super) threads: Vec<ThreadRow>,
    pub(super) items: Vec<ItemRow>,
    pub(super) grown_threads: Vec<GrownThread>,
    pub(super) remembered: Vec<Remembered>,
    pub(super) changed_remembered: Vec<(&'static str, String, Fingerprint)>,
}

/// An account that is brought up to date, if it is still as it was when that was decided.
pub(super) struct ChangedUser {
    pub(super) row: UserRow,
    pub(super) was_updated_at: i64,
}

/// An account that is disabled, and nothing else of it changed, if it is still as it was.
pub(super) struct ShutOut {
    pub(super) id: String,
    pub(super) was_updated_at: i64,
    pub(super) at: i64,
}

/// A thread that gets items.
pub(super) struct GrownThread {
    pub(super) id: String,
    pub(super) row_id: String,
    pub(super) last_number: i64,
    pub(super) started_at: i64,
    pub(super) newest: i64,
}

impl Plan {
    /// Counts a row, and keeps what was found about it.
    pub(super) fn note(&mut self, outcome: Outcome, findings: Vec<Finding>) {
        self.counts.add(outcome);
        self.findings.extend(findings);
    }

    /// Whether anything is to be written.
    pub(super) const fn changes_something(&self) -> bool {
        self.counts.brought > 0 || self.counts.updated > 0
    }

    /// Writes it, within a transaction. `Ok(false)` means that an account was changed meanwhile.
    pub(super) fn write(&self, conn: &mut DbConnection) -> QueryResult<bool> {
        if !self.write_changed_users(conn)? {
            return Ok(false);
        }
        for rows in self.users.chunks(ROWS) {
            insert_all!(conn, users::table, rows)?;
        }
        for rows in self.profiles.chunks(ROWS) {
            insert_all!(conn, user_profiles::table, rows)?;
        }
        for row in &self.changed_profiles {
            diesel::update(user_profiles::table.find(&row.user_id))
                .set((user_profiles::profile.eq(&row.profile), user_profiles::updated_at.eq(row.updated_at)))
                .execute(conn)?;
        }
        for rows in self.checklists.chunks(ROWS) {
            insert_all!(conn, onboarding_checklists::table, rows)?;
        }
        for row in &self.changed_checklists {
            diesel::update(onboarding_checklists::table.find(&row.user_id)).set(row).execute(conn)?;
        }
        for rows in self.logins.chunks(ROWS) {
            insert_all!(conn, login_history::table, rows)?;
        }
        for rows in self.tracked.chunks(ROWS) {
            insert_all!(conn, analytics_events::table, rows)?;
        }
        for rows in self.threads.chunks(ROWS) {
            insert_all!(conn, chat_threads::table, rows)?;
        }
        self.write_items(conn)?;
        self.write_memory(conn)?;
        Ok(true)
    }

    fn write_changed_users(&self, conn: &mut DbConnection) -> QueryResult<bool> {
        for changed in &self.changed_users {
            let still = users::table
                .filter(users::id.eq(&changed.row.id))
                .filter(users::updated_at.eq(changed.was_updated_at));
            if diesel::update(still).set(&changed.row).execute(conn)? == 0 {
                return Ok(false);
            }
        }
        for account in &self.shut_out {
            let still = users::table
                .filter(users::id.eq(&account.id))
                .filter(users::updated_at.eq(account.was_updated_at));
            let changes = (
                users::is_active.eq(false),
                users::session_epoch.eq(users::session_epoch + 1),
                users::updated_at.eq(account.at),
            );
            if diesel::update(still).set(changes).execute(conn)? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write_items(&self, conn: &mut DbConnection) -> QueryResult<()> {
        for rows in self.items.chunks(ROWS) {
            insert_all!(conn, chat_items::table, rows)?;
        }
        for thread in &self.grown_threads {
            let found = chat_threads::table.find(&thread.id);
            diesel::update(found).set(chat_threads::last_number.eq(thread.last_number)).execute(conn)?;
            diesel::update(found.filter(chat_threads::started_at.is_null()))
                .set(chat_threads::started_at.eq(thread.started_at))
                .execute(conn)?;
            diesel::update(legacy_import_rows::table.find(("app_chat_threads", &thread.row_id)))
                .set(legacy_import_rows::newest.eq(thread.newest))
                .execute(conn)?;
        }
        Ok(())
    }

    fn write_memory(&self, conn: &mut DbConnection) -> QueryResult<()> {
        for rows in self.remembered.chunks(ROWS) {
            insert_all!(conn, legacy_import_rows::table, rows)?;
        }
        for (table, row, fingerprint) in &self.changed_remembered {
            diesel::update(legacy_import_rows::table.find((*table, row)))
                .set(legacy_import_rows::digest.eq(fingerprint.as_bytes().to_vec()))
                .execute(conn)?;
        }
        Ok(())
    }
}
