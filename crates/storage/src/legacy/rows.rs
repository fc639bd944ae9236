//! The rows that an import writes.

use autorisen_domain::auth::Profile;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::legacy::{Account, DatedChecklist, Fingerprint, LoginRecord, Talk, Tracked};
use autorisen_domain::onboarding::ThreadName;
use diesel::prelude::*;

use crate::onboarding::stored;
use crate::row::BadRow;
use crate::schema::{
    analytics_events, chat_items, chat_threads, legacy_import_rows, login_history, onboarding_checklists,
    user_profiles, users,
};

#[derive(Insertable, AsChangeset, Clone)]
#[diesel(table_name = users, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) email: String,
    email_verified: bool,
    first_name: String,
    last_name: String,
    company_name: String,
    password_hash: String,
    role: &'static str,
    is_active: bool,
    pub(super) session_epoch: i64,
    created_at: i64,
    pub(super) updated_at: i64,
    pub(super) last_login_at: Option<i64>,
    password_changed_at: Option<i64>,
}

impl From<&Account> for UserRow {
    fn from(account: &Account) -> Self {
        let user = &account.user;
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            email_verified: user.email_verified,
            first_name: user.first_name.as_str().to_owned(),
            last_name: user.last_name.as_str().to_owned(),
            company_name: user.company_name.as_str().to_owned(),
            password_hash: account.hash.expose().to_owned(),
            role: user.role.as_str(),
            is_active: user.is_active,
            session_epoch: user.session_epoch,
            created_at: user.created_at.micros(),
            updated_at: account.updated_at.micros(),
            last_login_at: user.last_login_at.map(Timestamp::micros),
            password_changed_at: account.password_changed_at.map(Timestamp::micros),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = user_profiles)]
pub(super) struct ProfileRow {
    pub(super) user_id: String,
    pub(super) profile: String,
    pub(super) updated_at: i64,
}

impl ProfileRow {
    pub(super) fn new(user_id: String, profile: &Profile, updated_at: Timestamp) -> Self {
        Self { user_id, profile: profile.as_json().to_owned(), updated_at: updated_at.micros() }
    }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = onboarding_checklists, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct ChecklistRow {
    pub(super) user_id: String,
    thread_id: Option<String>,
    tasks: String,
    updated_at: i64,
}

impl ChecklistRow {
    pub(super) fn new(user_id: String, (list, updated_at): &DatedChecklist) -> Result<Self, BadRow> {
        let thread_id = list.thread.as_ref().map(ThreadName::as_str).map(str::to_owned);
        Ok(Self { user_id, thread_id, tasks: stored(list)?, updated_at: updated_at.micros() })
    }

    /// What tells whether it has changed.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Self::fingerprint_of(self.thread_id.as_deref(), &self.tasks)
    }

    pub(super) fn fingerprint_of(thread: Option<&str>, tasks: &str) -> Fingerprint {
        Fingerprint::of(&[thread.unwrap_or_default(), tasks])
    }
}

#[derive(Insertable)]
#[diesel(table_name = login_history, treat_none_as_default_value = false)]
pub(super) struct LoginRow {
    id: String,
    email: String,
    success: bool,
    client_ip: Option<String>,
    user_agent: Option<String>,
    details: Option<String>,
    created_at: i64,
}

impl From<LoginRecord> for LoginRow {
    fn from(login: LoginRecord) -> Self {
        Self {
            id: login.id,
            email: login.email,
            success: login.success,
            client_ip: login.client_ip,
            user_agent: login.user_agent,
            details: login.details,
            created_at: login.created_at.micros(),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = analytics_events, treat_none_as_default_value = false)]
pub(super) struct TrackedRow {
    id: String,
    event_type: String,
    step: Option<String>,
    role: Option<String>,
    placement: Option<String>,
    details: Option<String>,
    day: String,
    created_at: i64,
}

impl From<Tracked> for TrackedRow {
    fn from(event: Tracked) -> Self {
        Self {
            id: event.id,
            event_type: event.event_type,
            step: event.step,
            role: event.role,
            placement: None,
            details: event.details,
            day: event.created_at.utc_day(),
            created_at: event.created_at.micros(),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = chat_threads, treat_none_as_default_value = false)]
pub(super) struct ThreadRow {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) placement: String,
    pub(super) started_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    status: String,
    metadata: String,
    last_number: i64,
}

impl ThreadRow {
    pub(super) fn new(talk: &Talk) -> Result<Self, serde_json::Error> {
        let thread = &talk.thread;
        let created_at = thread.created_at.micros();
        Ok(Self {
            id: thread.id.to_string(),
            user_id: thread.user.to_string(),
            placement: thread.placement.as_str().to_owned(),
            started_at: talk.is_started.then_some(created_at),
            created_at,
            updated_at: talk.updated_at.micros(),
            status: serde_json::to_string(&thread.status)?,
            metadata: serde_json::to_string(&thread.metadata)?,
            last_number: 0,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = chat_items)]
pub(super) struct ItemRow {
    pub(super) thread_id: String,
    pub(super) number: i64,
    pub(super) item_id: String,
    pub(super) hidden: bool,
    pub(super) body: String,
}

/// What is remembered of a row that was brought.
#[derive(Insertable)]
#[diesel(table_name = legacy_import_rows, treat_none_as_default_value = false)]
pub(super) struct Remembered {
    table_name: &'static str,
    row_id: String,
    target_id: String,
    digest: Vec<u8>,
    newest: Option<i64>,
}

impl Remembered {
    pub(super) fn new(
        table_name: &'static str,
        row_id: String,
        target_id: String,
        fingerprint: Fingerprint,
    ) -> Self {
        Self { table_name, row_id, target_id, digest: fingerprint.as_bytes().to_vec(), newest: None }
    }
}
