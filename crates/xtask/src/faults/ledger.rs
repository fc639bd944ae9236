//! The checker: what a server acknowledged and what has ended, as one client knows it, and what a server
//! may therefore not say later.
//!
//! A request without an answer may have done its work or not, so nothing is concluded from it but that
//! nobody knows. Everything that was answered is a promise.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long the server gives the same successor for a refresh token that was shown again, as it is set up
/// here. Later the token counts as stolen, as is promised.
pub(super) const GRACE: Duration = Duration::from_mins(1);
/// Clocks of a client and a server may not agree better than that.
const MARGIN: Duration = Duration::from_secs(2);

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Breach {
    /// What was acknowledged is not there.
    Lost(String),
    /// Something that is good once did its work twice.
    UsedTwice(String),
    /// A credential that has ended was accepted.
    Resurrected(String),
    /// A credential that nobody ended was refused.
    SignedOut(String),
}

/// The number of a session in its ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionNumber(usize);

impl SessionNumber {
    /// The session at this place of its ledger.
    pub(super) const fn at(place: usize) -> Self {
        Self(place)
    }

    /// Its place.
    pub(super) const fn place(self) -> usize {
        self.0
    }
}

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It must be accepted.
    Live,
    /// Its end was asked for and not answered: anything may be right.
    Uncertain,
    /// It must be refused.
    Ended,
}

/// A message of a user that was told to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The account whose it is, by its address.
    pub(super) email: String,
    pub(super) thread: String,
    pub(super) item: String,
}

#[derive(Debug)]
struct Session {
    email: String,
    access: String,
    refresh: String,
    /// Refresh tokens that were replaced, the oldest first.
    spent: Vec<String>,
    life: Life,
    /// Since when a refresh token may have been replaced without an answer.
    unanswered_since: Option<Instant>,
}

/// What one client knows.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    accounts: Vec<String>,
    messages: Vec<Message>,
    sessions: Vec<Session>,
    /// What each one-time token was answered with.
    given: HashMap<String, String>,
    breaches: Vec<Breach>,
    writes: usize,
    ends: usize,
}

impl Ledger {
    /// An account was made.
    pub(super) fn account_made(&mut self, email: &str) {
        self.writes += 1;
        self.accounts.push(email.to_owned());
    }

    /// A session was begun.
    pub(super) fn session_begun(&mut self, email: &str, access: &str, refresh: &str) -> SessionNumber {
        self.writes += 1;
        self.sessions.push(Session {
            email: email.to_owned(),
            access: access.to_owned(),
            refresh: refresh.to_owned(),
            spent: Vec::new(),
            life: Life::Live,
            unanswered_since: None,
        });
        SessionNumber(self.sessions.len() - 1)
    }

    /// A message was told to be stored.
    pub(super) fn message_stored(&mut self, message: Message) {
        self.writes += 1;
        self.messages.push(message);
    }

    /// One-time token `token` was answered with `outcome`.
    pub(super) fn spent(&mut self, token: &str, outcome: &str) {
        match self.given.get(token) {
            Some(before) if before != outcome => {
                self.breaches.push(Breach::UsedTwice(format!("`{}…` gave two outcomes", head(token))));
            }
            _ => drop(self.given.insert(token.to_owned(), outcome.to_owned())),
        }
    }

    /// The refresh token of a session was answered with a new pair.
    pub(super) fn renewed(&mut self, number: SessionNumber, access: &str, refresh: &str) {
        let Some(session) = self.sessions.get_mut(number.0) else { return };
        let shown = session.refresh.clone();
        if session.life == Life::Ended {
            self.breaches.push(Breach::Resurrected(format!("session of {} was renewed", session.email)));
            return;
        }
        self.writes += 1;
        access.clone_into(&mut session.access);
        refresh.clone_into(&mut session.refresh);
        session.unanswered_since = None;
        session.spent.push(shown.clone());
        self.spent(&shown, refresh);
    }

    /// A refresh token was refused.
    pub(super) fn renewal_refused(&mut self, number: SessionNumber) {
        let Some(session) = self.sessions.get_mut(number.0) else { return };
        // It was replaced without an answer, and then shown after the time for that was over.
        let lapsed = session.unanswered_since.is_some_and(|since| since.elapsed() + MARGIN > GRACE);
        if session.life == Life::Live && !lapsed {
            self.breaches.push(Breach::SignedOut(format!("session of {} was not renewed", session.email)));
        }
        session.life = Life::Ended;
    }

    /// Nobody knows whether the refresh token was replaced.
    pub(super) fn renewal_unanswered(&mut self, number: SessionNumber) {
        if let Some(session) = self.sessions.get_mut(number.0) {
            session.unanswered_since.get_or_insert_with(Instant::now);
        }
    }

    /// The access token of a session was accepted.
    pub(super) fn accepted(&mut self, number: SessionNumber) {
        if let Some(session) = self.sessions.get(number.0).filter(|session| session.life == Life::Ended) {
            self.breaches.push(Breach::Resurrected(format!("session of {} was accepted", session.email)));
        }
    }

    /// The access token of a session was refused.
    pub(super) fn refused(&mut self, number: SessionNumber) {
        let Some(session) = self.sessions.get_mut(number.0) else { return };
        if session.life == Life::Live {
            self.breaches.push(Breach::SignedOut(format!("session of {} was refused", session.email)));
        }
        session.life = Life::Ended;
    }

    /// It is acknowledged that a session is over.
    pub(super) fn ended(&mut self, number: SessionNumber) {
        if let Some(session) = self.sessions.get_mut(number.0) {
            session.life = Life::Ended;
            self.ends += 1;
        }
    }

    /// Nobody knows whether a session is over.
    pub(super) fn end_unanswered(&mut self, number: SessionNumber) {
        if let Some(session) = self.sessions.get_mut(number.0).filter(|session| session.life == Life::Live) {
            session.life = Life::Uncertain;
        }
    }

    /// It was looked for what was acknowledged.
    pub(super) fn looked(&mut self, what: &str, is_there: bool) {
        if !is_there {
            self.breaches.push(Breach::Lost(what.to_owned()));
        }
    }

    /// What is known of a session.
    pub(super) fn life(&self, number: SessionNumber) -> Life {
        self.sessions.get(number.0).map_or(Life::Ended, |session| session.life)
    }

    /// Whose a session is.
    pub(super) fn email(&self, number: SessionNumber) -> &str {
        self.sessions.get(number.0).map_or("", |session| &session.email)
    }

    /// The access token of a session.
    pub(super) fn access(&self, number: SessionNumber) -> &str {
        self.sessions.get(number.0).map_or("", |session| &session.access)
    }

    /// The refresh token of a session that was not replaced yet.
    pub(super) fn refresh(&self, number: SessionNumber) -> &str {
        self.sessions.get(number.0).map_or("", |session| &session.refresh)
    }

    /// The refresh token that was replaced last but `back` ones.
    pub(super) fn replaced(&self, number: SessionNumber, back: usize) -> Option<&str> {
        let spent = &self.sessions.get(number.0)?.spent;
        spent.len().checked_sub(back + 1).and_then(|place| spent.get(place)).map(String::as_str)
    }

    /// All sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = SessionNumber> + use<> {
        (0..self.sessions.len()).map(SessionNumber)
    }

    /// All accounts, by their addresses, in the order in which they were made.
    pub(super) fn accounts(&self) -> &[String] {
        &self.accounts
    }

    /// All messages, in the order in which they were stored.
    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Every promise that was broken.
    pub(super) fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// How many writes were acknowledged, ends of sessions apart.
    pub(super) const fn writes(&self) -> usize {
        self.writes
    }

    /// How many sessions were told to have ended.
    pub(super) const fn ends(&self) -> usize {
        self.ends
    }
}

/// Enough of a token to find it, and too little to use it.
fn head(token: &str) -> &str {
    token.get(..8).unwrap_or(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "ada@example.org";

    fn with_session() -> (Ledger, SessionNumber) {
        let mut ledger = Ledger::default();
        let number = ledger.session_begun(EMAIL, "a0", "r0");
        (ledger, number)
    }

    #[test]
    fn what_is_as_it_was_told_breaks_no_promise() {
        let (mut ledger, session) = with_session();
        ledger.account_made(EMAIL);
        ledger.accepted(session);
        ledger.renewed(session, "a1", "r1");
        ledger.spent("r0", "r1");
        ledger.renewed(session, "a2", "r2");
        assert_eq!((ledger.replaced(session, 0), ledger.replaced(session, 1)), (Some("r1"), Some("r0")));
        assert_eq!(ledger.replaced(session, 2), None);
        ledger.ended(session);
        ledger.refused(session);
        ledger.renewal_refused(session);
        ledger.looked(EMAIL, true);
        assert_eq!(ledger.breaches(), []);
        assert_eq!((ledger.writes(), ledger.ends()), (4, 1));
    }

    #[test]
    fn a_lost_write_is_found() {
        let mut ledger = Ledger::default();
        ledger.account_made(EMAIL);
        ledger.looked(EMAIL, false);
        assert_eq!(ledger.breaches(), [Breach::Lost(EMAIL.to_owned())]);
    }

    #[test]
    fn a_token_that_gives_two_outcomes_is_found() {
        let (mut ledger, session) = with_session();
        ledger.renewed(session, "a1", "r1");
        ledger.spent("r0", "another");
        assert!(matches!(ledger.breaches(), [Breach::UsedTwice(_)]), "{:?}", ledger.breaches());
    }

    #[test]
    fn a_session_that_comes_back_from_the_dead_is_found_whichever_credential_is_shown() {
        let (mut ledger, session) = with_session();
        ledger.ended(session);
        ledger.accepted(session);
        ledger.renewed(session, "a1", "r1");
        assert!(
            matches!(ledger.breaches(), [Breach::Resurrected(_), Breach::Resurrected(_)]),
            "{:?}",
            ledger.breaches()
        );
        // Refused once, it must be refused for ever.
        let (mut ledger, session) = with_session();
        ledger.end_unanswered(session);
        ledger.refused(session);
        ledger.accepted(session);
        assert!(matches!(ledger.breaches(), [Breach::Resurrected(_)]), "{:?}", ledger.breaches());
    }

    #[test]
    fn a_session_that_nobody_ended_and_that_is_refused_is_found_once() {
        for refuse in [Ledger::refused, Ledger::renewal_refused] {
            let (mut ledger, session) = with_session();
            refuse(&mut ledger, session);
            refuse(&mut ledger, session);
            assert!(matches!(ledger.breaches(), [Breach::SignedOut(_)]), "{:?}", ledger.breaches());
        }
    }

    #[test]
    fn of_what_was_not_answered_either_outcome_is_right() {
        for is_over in [true, false] {
            let (mut ledger, session) = with_session();
            ledger.end_unanswered(session);
            if is_over {
                ledger.refused(session);
            } else {
                ledger.accepted(session);
            }
            assert_eq!(ledger.breaches(), []);
        }
    }

    #[test]
    fn a_renewal_without_an_answer_may_be_asked_for_again_in_time_and_not_later() {
        let (mut ledger, session) = with_session();
        ledger.renewal_unanswered(session);
        ledger.renewal_refused(session);
        assert!(matches!(ledger.breaches(), [Breach::SignedOut(_)]), "it is in time");

        let (mut ledger, session) = with_session();
        ledger.sessions[session.0].unanswered_since = Instant::now().checked_sub(GRACE);
        ledger.renewal_refused(session);
        assert_eq!(ledger.breaches(), [], "it is late");
    }
}
