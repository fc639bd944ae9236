//! Counts what the domain tells: one more sink of its events, and the only place that counts them.

use std::sync::Arc;

use autorisen_domain::context::Context;
use autorisen_domain::events::{
    Action, AnswerEnd, ChatTokenRefusal, Event, EventSink, LoginFailure, RefreshFailure,
};
use prometheus::IntCounterVec;

use super::{Book, MetricsError};

/// The label of what went well.
const SUCCESS: &str = "success";
const NONE: &str = "";
/// The reason of a renewal with a token that was used before.
const REUSED: &str = "reused";

/// Passes events on, and counts them.
pub(crate) struct CountedEvents {
    inner: Arc<dyn EventSink>,
    metrics: Arc<EventMetrics>,
}

impl CountedEvents {
    /// Passes events on to `inner`.
    pub(crate) const fn new(inner: Arc<dyn EventSink>, metrics: Arc<EventMetrics>) -> Self {
        Self { inner, metrics }
    }
}

impl EventSink for CountedEvents {
    fn record(&self, ctx: &Context, event: &Event) {
        self.metrics.count(event);
        self.inner.record(ctx, event);
    }
}

/// The counters.
pub(crate) struct EventMetrics {
    registrations: IntCounterVec,
    logins: IntCounterVec,
    refreshes: IntCounterVec,
    logouts: IntCounterVec,
    password_changes: IntCounterVec,
    sessions_ended: IntCounterVec,
    limited: IntCounterVec,
    chat_tokens: IntCounterVec,
    answers: IntCounterVec,
    tool_calls: IntCounterVec,
    hosted: IntCounterVec,
    account_changes: IntCounterVec,
    key_changes: IntCounterVec,
}

impl EventMetrics {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        let by_reason = &["result", "reason"];
        let metrics = Self {
            registrations: book.counters(
                "autorisen_auth_registrations_total",
                by_reason,
                "Registrations that ended, with the reason of those that failed.",
            )?,
            logins: book.counters(
                "autorisen_auth_logins_total",
                by_reason,
                "Logins that ended, with the reason of those that failed; what a limit turned away is not among them.",
            )?,
            refreshes: book.counters(
                "autorisen_auth_refreshes_total",
                by_reason,
                "Renewals of sessions that ended; the reason reused is a stolen or replayed token that was caught.",
            )?,
            logouts: book.counters(
                "autorisen_auth_logouts_total",
                by_reason,
                "Logouts that ended, with the reason of those that failed.",
            )?,
            password_changes: book.counters(
                "autorisen_auth_password_changes_total",
                by_reason,
                "Changes of a password by its owner, with the reason of those that failed.",
            )?,
            sessions_ended: book.counters(
                "autorisen_auth_sessions_ended_total",
                &["by"],
                "Acts that ended sessions beside logouts: by their owner (owner, others), a new login (replaced).",
            )?,
            limited: book.counters(
                "autorisen_ratelimit_denied_total",
                &["action"],
                "Requests that a limit turned away, by what they wanted.",
            )?,
            chat_tokens: book.counters(
                "autorisen_chatkit_tokens_total",
                by_reason,
                "Chat tokens that were issued, or refused with a reason.",
            )?,
            answers: book.counters(
                "autorisen_chat_answers_total",
                &["end"],
                "Answers in threads that ended, by how.",
            )?,
            tool_calls: book.counters(
                "autorisen_chat_tool_calls_total",
                &["result"],
                "Tools that were called for models and front ends.",
            )?,
            hosted: book.counters(
                "autorisen_hosted_sessions_total",
                &["action", "result"],
                "Hosted sessions that were opened and cancelled.",
            )?,
            account_changes: book.counters(
                "autorisen_account_changes_total",
                &["change"],
                "Changes of accounts by an administrator in this process.",
            )?,
            key_changes: book.counters(
                "autorisen_signing_key_changes_total",
                &["change"],
                "Changes of signing keys by this process.",
            )?,
        };
        metrics.begin_at_zero();
        Ok(metrics)
    }

    /// Has every series there from the start, so that the first event of a kind is seen as one more.
    fn begin_at_zero(&self) {
        for counters in
            [&self.registrations, &self.logins, &self.refreshes, &self.logouts, &self.password_changes]
        {
            add(counters, &[SUCCESS, NONE], 0);
        }
        add(&self.chat_tokens, &["issued", NONE], 0);
        for reason in [
            LoginFailure::UnknownAccount,
            LoginFailure::WrongPassword,
            LoginFailure::Disabled,
            LoginFailure::NotChecked,
            LoginFailure::BotCheck,
        ] {
            add(&self.logins, &["failure", reason.as_str()], 0);
        }
        add(&self.refreshes, &["failure", REUSED], 0);
        for reason in [RefreshFailure::Missing, RefreshFailure::Unknown, RefreshFailure::SessionEnded] {
            add(&self.refreshes, &["failure", reason.as_str()], 0);
        }
        for reason in [
            ChatTokenRefusal::NotAuthenticated,
            ChatTokenRefusal::Placement,
            ChatTokenRefusal::Thread,
            ChatTokenRefusal::Quota,
            ChatTokenRefusal::SessionEnding,
            ChatTokenRefusal::SessionEnded,
        ] {
            add(&self.chat_tokens, &["refused", reason.as_str()], 0);
        }
        for action in Action::ALL {
            add(&self.limited, &[action.as_str()], 0);
        }
        for end in [
            AnswerEnd::Finished,
            AnswerEnd::Stopped,
            AnswerEnd::Refused,
            AnswerEnd::Failed,
            AnswerEnd::Revoked,
        ] {
            add(&self.answers, &[end.as_str()], 0);
        }
        for result in [SUCCESS, "failure"] {
            add(&self.tool_calls, &[result], 0);
            for action in ["open", "cancel"] {
                add(&self.hosted, &[action, result], 0);
            }
        }
        for by in ["owner", "others", "replaced"] {
            add(&self.sessions_ended, &[by], 0);
        }
        for change in ["rotate", "revoke"] {
            add(&self.key_changes, &[change], 0);
        }
        for change in ["create", "set_password", "enable", "disable", "set_role", "end_sessions"] {
            add(&self.account_changes, &[change], 0);
        }
    }

    /// Counts an event, or says by its place here that it is none to count.
    fn count(&self, event: &Event) {
        let one = |counters: &IntCounterVec, labels: &[&str]| add(counters, labels, 1);
        match event {
            // What ends is counted at its end.
            Event::RegisterAttempted
            | Event::RegisterStarted
            | Event::LoginAttempted
            | Event::RefreshAttempted
            | Event::LogoutAttempted
            | Event::PasswordChangeAttempted
            | Event::PasswordUpgraded { .. }
            | Event::PasswordUpgradeFailed { .. }
            | Event::ChatAnswerStarted { .. }
            | Event::SessionNotEnded { .. }
            | Event::ChatThreadDeleted { .. } => {}
            Event::RateLimited { action, .. } => one(&self.limited, &[action.as_str()]),
            Event::RegisterSucceeded { .. } => one(&self.registrations, &[SUCCESS, NONE]),
            Event::RegisterFailed { reason } => one(&self.registrations, &failure_of(reason.as_str())),
            Event::LoginSucceeded { .. } => one(&self.logins, &[SUCCESS, NONE]),
            Event::LoginFailed { reason } => one(&self.logins, &failure_of(reason.as_str())),
            Event::RefreshSucceeded { .. } => one(&self.refreshes, &[SUCCESS, NONE]),
            Event::RefreshFailed { reason } => one(&self.refreshes, &failure_of(reason.as_str())),
            Event::RefreshReused { .. } => one(&self.refreshes, &failure_of(REUSED)),
            Event::LogoutSucceeded { .. } => one(&self.logouts, &[SUCCESS, NONE]),
            Event::LogoutFailed { reason } => one(&self.logouts, &failure_of(reason.as_str())),
            Event::SessionEnded { .. } => one(&self.sessions_ended, &["owner"]),
            Event::OtherSessionsEnded { .. } => one(&self.sessions_ended, &["others"]),
            Event::SessionReplaced { .. } => one(&self.sessions_ended, &["replaced"]),
            Event::PasswordChangeSucceeded { .. } => one(&self.password_changes, &[SUCCESS, NONE]),
            Event::PasswordChangeFailed { reason, .. } => {
                one(&self.password_changes, &failure_of(reason.as_str()));
            }
            Event::ChatTokenIssued { .. } => one(&self.chat_tokens, &["issued", NONE]),
            Event::ChatTokenRefused { reason } => one(&self.chat_tokens, &["refused", reason.as_str()]),
            Event::ChatAnswerEnded { end, .. } => one(&self.answers, &[end.as_str()]),
            Event::ChatToolCalled { succeeded, .. } => one(&self.tool_calls, &[result(*succeeded)]),
            Event::HostedOpened { .. } => one(&self.hosted, &["open", SUCCESS]),
            Event::HostedOpenFailed { .. } => one(&self.hosted, &["open", "failure"]),
            Event::HostedCancelled { .. } => one(&self.hosted, &["cancel", SUCCESS]),
            Event::HostedCancelFailed { .. } => one(&self.hosted, &["cancel", "failure"]),
            Event::AccountCreated { .. } => one(&self.account_changes, &["create"]),
            Event::AccountChanged { change, .. } => one(&self.account_changes, &[change.as_str()]),
            Event::AccountPasswordSet { .. } => one(&self.account_changes, &["set_password"]),
            Event::KeysRotated { .. } => one(&self.key_changes, &["rotate"]),
            Event::KeyRevoked { .. } => one(&self.key_changes, &["revoke"]),
        }
    }
}

/// Adds to the series of these labels. That their number is right is checked by the tests, which count every
/// event.
fn add(counters: &IntCounterVec, labels: &[&str], count: u64) {
    if let Ok(counter) = counters.get_metric_with_label_values(labels) {
        counter.inc_by(count);
    }
}

const fn failure_of(reason: &str) -> [&str; 2] {
    ["failure", reason]
}

const fn result(succeeded: bool) -> &'static str {
    if succeeded { SUCCESS } else { "failure" }
}
