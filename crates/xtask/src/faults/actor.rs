//! One client: it registers people, signs them in and out, renews, speaks, and shows what has ended. It
//! does one thing at a time, so it knows what it was told.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ask::{Answer, Outcome, ask};
use super::chance::Chance;
use super::ledger::{Ledger, Life, Message, SessionNumber};

const PASSWORD: &str = "correct horse battery staple";
/// What is looked for after a fault is asked for until it is answered, but not for longer.
const LOOKS_FOR: Duration = Duration::from_secs(20);

/// How a request ended, beside what it means to its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// As it may.
    Good,
    /// 503 that says when to come again.
    Busy,
    /// Nobody listened.
    Refused,
    /// The connection was cut before there was an answer.
    Cut,
    /// No answer came in many seconds.
    Hung,
    /// An answer that may not be.
    Wrong(String),
}

/// A request that was made.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) begun: Instant,
    pub(super) took: Duration,
    /// What was asked for.
    pub(super) route: &'static str,
    pub(super) end: End,
}

/// A client and what it has seen.
pub(super) struct Actor {
    chance: Chance,
    name: String,
    addresses: Vec<SocketAddr>,
    people: usize,
    pub(super) ledger: Ledger,
    pub(super) seen: Vec<Seen>,
    /// What was looked for already: accounts and messages before these.
    looked: (usize, usize),
    /// Sessions that changed since it was looked for them.
    touched: BTreeSet<usize>,
}

impl Actor {
    /// A client of these servers, which it asks by turns.
    pub(super) fn new(addresses: &[SocketAddr]) -> Self {
        let mut chance = Chance::new();
        Self {
            name: chance.word(),
            chance,
            addresses: addresses.to_vec(),
            people: 0,
            ledger: Ledger::default(),
            seen: Vec::new(),
            looked: (0, 0),
            touched: BTreeSet::new(),
        }
    }

    /// Does one thing.
    pub(super) fn act(&mut self) {
        match self.chance.below(100) {
            0..12 => self.register(),
            12..18 => self.register_in_two_steps(),
            18..32 => {
                if let Some(email) = self.chance.one(self.ledger.accounts()).cloned() {
                    self.sign_in(&email);
                }
            }
            32..52 => self.with_session(Self::show),
            52..70 => self.with_session(Self::renew),
            70..74 => self.with_session(Self::renew_again),
            74..76 => self.with_session(Self::steal),
            76..88 => self.with_session(Self::speak),
            88..94 => self.with_session(Self::sign_out),
            _ => self.show_what_ended(),
        }
    }

    /// Asks who is signed in.
    pub(super) fn read(&mut self) {
        self.with_session(Self::show);
    }

    fn with_session(&mut self, act: fn(&mut Self, SessionNumber)) {
        let live: Vec<_> =
            self.ledger.sessions().filter(|&number| self.ledger.life(number) != Life::Ended).collect();
        // The younger ones, so that each does more than one thing.
        let young = live.get(live.len().saturating_sub(8)..).unwrap_or_default();
        match self.chance.one(young).copied() {
            Some(number) => act(self, number),
            None => self.register(),
        }
    }

    fn register(&mut self) {
        let email = self.next_person();
        let body = json!({
            "email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Example",
            "role": "Developer",
        });
        if let Some(answer) = self.request("register", "/api/auth/register", None, &body, &[201]) {
            self.ledger.account_made(&email);
            self.begin(&email, &answer);
        }
    }

    fn register_in_two_steps(&mut self) {
        let email = self.next_person();
        let body = json!({
            "email": email, "password": PASSWORD, "confirm_password": PASSWORD, "first_name": "Ada",
            "last_name": "Example", "role": "Developer",
        });
        let step1 = self.request("register", "/api/auth/register/step1", None, &body, &[201]);
        let Some(token) = step1.and_then(|answer| answer.text("temp_token")) else { return };
        let (details, path) = (json!({"company_name": "Example", "profile": {}}), "/api/auth/register/step2");
        let Some(answer) = self.request("register", path, Some(&token), &details, &[200]) else { return };
        self.ledger.account_made(&email);
        self.begin(&email, &answer);
        self.ledger.spent(&token, &email);
        // It is good once: shown again, it makes nobody and signs nobody in.
        let refused = [400, 401, 404, 409, 410];
        let allowed: Vec<u16> = refused.into_iter().chain([200]).collect();
        let again = self.request("register", path, Some(&token), &details, &allowed);
        if again.is_some_and(|answer| !refused.contains(&answer.status)) {
            self.ledger.spent(&token, "another session");
        }
    }

    /// Signs in, and gives the session.
    fn sign_in(&mut self, email: &str) -> Option<SessionNumber> {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.request("login", "/api/auth/login", None, &body, &[200])?;
        self.begin(email, &answer)
    }

    fn begin(&mut self, email: &str, answer: &Answer) -> Option<SessionNumber> {
        let (access, refresh) = (answer.text("access_token")?, answer.text("refresh_token")?);
        let number = self.ledger.session_begun(email, &access, &refresh);
        self.touch(number);
        Some(number)
    }

    /// Shows the access token.
    fn show(&mut self, number: SessionNumber) {
        let access = self.ledger.access(number).to_owned();
        let outcome = self.ask("me", "/api/auth/me", Some(&access), None, &[200, 401]);
        self.note(number, outcome.status());
    }

    fn note(&mut self, number: SessionNumber, status: Option<u16>) {
        match status {
            Some(200) => self.ledger.accepted(number),
            Some(401) => self.ledger.refused(number),
            _ => {}
        }
    }

    fn renew(&mut self, number: SessionNumber) {
        let body = json!({"refresh_token": self.ledger.refresh(number)});
        let outcome = self.ask("refresh", "/api/auth/refresh", None, Some(&body), &[200, 401]);
        self.touch(number);
        match outcome.status() {
            Some(200) => {
                let answer = outcome.good(200);
                let tokens = answer.and_then(|one| one.text("access_token").zip(one.text("refresh_token")));
                if let Some((access, refresh)) = tokens {
                    self.ledger.renewed(number, &access, &refresh);
                } else {
                    self.ledger.renewal_unanswered(number);
                }
            }
            Some(401) => self.ledger.renewal_refused(number),
            Some(503) | None => self.ledger.renewal_unanswered(number),
            Some(_) => {}
        }
    }

    /// Renews, and shows the token that was replaced at once again, as a second tab does: it gets the
    /// same successor.
    fn renew_again(&mut self, number: SessionNumber) {
        let before = self.ledger.refresh(number).to_owned();
        self.renew(number);
        let Some(replaced) = self.ledger.replaced(number, 0).filter(|&token| token == before) else { return };
        let token = replaced.to_owned();
        let body = json!({"refresh_token": token});
        let outcome = self.ask("refresh", "/api/auth/refresh", None, Some(&body), &[200, 401]);
        match outcome.status() {
            Some(200) => {
                if let Some(refresh) = outcome.good(200).and_then(|answer| answer.text("refresh_token")) {
                    self.ledger.spent(&token, &refresh);
                }
            }
            Some(401) => self.ledger.renewal_refused(number),
            _ => {}
        }
    }

    /// Shows a token that was replaced twice, as a thief does: it is refused, and its session is over.
    fn steal(&mut self, number: SessionNumber) {
        let Some(token) = self.ledger.replaced(number, 1).map(str::to_owned) else {
            return self.renew(number);
        };
        let body = json!({"refresh_token": token});
        let outcome = self.ask("refresh", "/api/auth/refresh", None, Some(&body), &[200, 401]);
        self.touch(number);
        match outcome.status() {
            Some(200) => {
                let given = outcome.good(200).and_then(|answer| answer.text("refresh_token"));
                self.ledger.spent(&token, &given.unwrap_or_default());
                self.ledger.end_unanswered(number);
            }
            Some(401) => self.ledger.ended(number),
            _ => self.ledger.end_unanswered(number),
        }
    }

    fn sign_out(&mut self, number: SessionNumber) {
        let access = self.ledger.access(number).to_owned();
        let body = json!({});
        let outcome = self.ask("logout", "/api/auth/logout", Some(&access), Some(&body), &[200, 401]);
        self.touch(number);
        match outcome.status() {
            Some(200) => self.ledger.ended(number),
            Some(401) => self.ledger.refused(number),
            _ => self.ledger.end_unanswered(number),
        }
    }

    /// Shows a credential of a session that is over.
    fn show_what_ended(&mut self) {
        let over: Vec<_> =
            self.ledger.sessions().filter(|&number| self.ledger.life(number) == Life::Ended).collect();
        if let Some(number) = self.chance.one(&over).copied() {
            if self.chance.below(2) == 0 { self.show(number) } else { self.renew(number) }
        }
    }

    /// Begins a chat.
    fn speak(&mut self, number: SessionNumber) {
        let access = self.ledger.access(number).to_owned();
        let input = json!({
            "content": [{"type": "input_text", "text": "Is this kept?"}], "quoted_text": "", "attachments": [],
            "inference_options": {},
        });
        let body = json!({"type": "threads.create", "params": {"input": input}});
        let outcome = self.ask("message", "/api/chatkit", Some(&access), Some(&body), &[200, 401]);
        self.note(number, outcome.status());
        let Some(answer) = outcome.good(200) else { return };
        let (email, mut thread) = (self.ledger.email(number).to_owned(), String::new());
        for event in answer.events() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            match event["type"].as_str() {
                Some("thread.created") => thread = text(&event["thread"]["id"]),
                Some("thread.item.done") if !thread.is_empty() => {
                    let item = text(&event["item"]["id"]);
                    let message = Message { email: email.clone(), thread: thread.clone(), item };
                    self.ledger.message_stored(message);
                }
                _ => {}
            }
        }
    }

    /// Looks for all that was acknowledged since it was last looked for, and shows what has ended since.
    pub(super) fn look_for_the_new(&mut self) {
        let looked =
            std::mem::replace(&mut self.looked, (self.ledger.accounts().len(), self.ledger.messages().len()));
        let touched = std::mem::take(&mut self.touched);
        self.look(looked, touched);
        self.looked = (self.ledger.accounts().len(), self.ledger.messages().len());
    }

    /// Looks for all that was ever acknowledged.
    pub(super) fn look_for_all(&mut self) {
        let all = self.ledger.sessions().map(SessionNumber::place).collect();
        self.look((0, 0), all);
    }

    fn look(&mut self, (accounts, messages): (usize, usize), sessions: BTreeSet<usize>) {
        for place in sessions {
            let number = SessionNumber::at(place);
            let access = self.ledger.access(number).to_owned();
            let answer = self.patiently("me", "/api/auth/me", Some(&access), None, &[200, 401]);
            self.note(number, answer.map(|answer| answer.status));
        }
        let messages: Vec<Message> = self.ledger.messages().get(messages..).unwrap_or_default().to_vec();
        let mut people: BTreeSet<String> =
            self.ledger.accounts().get(accounts..).unwrap_or_default().iter().cloned().collect();
        people.extend(messages.iter().map(|message| message.email.clone()));
        for email in people {
            let body = json!({"email": email, "password": PASSWORD});
            let answer = self.patiently("login", "/api/auth/login", None, Some(&body), &[200, 401]);
            let Some(answer) = answer else { continue };
            self.ledger.looked(&email, answer.status == 200);
            let Some(number) = self.begin(&email, &answer) else { continue };
            for message in messages.iter().filter(|message| message.email == email) {
                self.look_for_message(number, message);
            }
        }
    }

    fn look_for_message(&mut self, number: SessionNumber, message: &Message) {
        let access = self.ledger.access(number).to_owned();
        let params = json!({"thread_id": message.thread, "limit": 100, "order": "asc"});
        let body = json!({"type": "items.list", "params": params});
        let answer = self.patiently("items", "/api/chatkit", Some(&access), Some(&body), &[200, 404]);
        let Some(answer) = answer else { return };
        let found: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let items = found["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_there = items.iter().any(|item| item["id"] == message.item.as_str());
        self.ledger.looked(&format!("message {} of {}", message.item, message.email), is_there);
    }

    fn next_person(&mut self) -> String {
        self.people += 1;
        format!("{}-{}@example.org", self.name, self.people)
    }

    fn touch(&mut self, number: SessionNumber) {
        self.touched.insert(number.place());
    }

    fn request(
        &mut self,
        route: &'static str,
        path: &str,
        bearer: Option<&str>,
        body: &Value,
        allowed: &[u16],
    ) -> Option<Answer> {
        match self.ask(route, path, bearer, Some(body), allowed) {
            Outcome::Answered(answer) if allowed.contains(&answer.status) => Some(answer),
            _ => None,
        }
    }

    /// Asks until it is answered; `None` when that takes too long, which is a fault of its own.
    fn patiently(
        &mut self,
        route: &'static str,
        path: &str,
        bearer: Option<&str>,
        body: Option<&Value>,
        allowed: &[u16],
    ) -> Option<Answer> {
        let begun = Instant::now();
        loop {
            if let Outcome::Answered(answer) = self.ask(route, path, bearer, body, allowed)
                && allowed.contains(&answer.status)
            {
                return Some(answer);
            }
            if begun.elapsed() > LOOKS_FOR {
                let end = End::Wrong(format!("{route} was not to be had any more"));
                self.seen.push(Seen { begun, took: Duration::ZERO, route, end });
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn ask(
        &mut self,
        route: &'static str,
        path: &str,
        bearer: Option<&str>,
        body: Option<&Value>,
        allowed: &[u16],
    ) -> Outcome {
        let Some(address) = self.chance.one(&self.addresses).copied() else { return Outcome::Refused };
        let begun = Instant::now();
        let (outcome, took) = ask(address, path, bearer, body);
        let end = match &outcome {
            Outcome::Answered(answer) if allowed.contains(&answer.status) => End::Good,
            Outcome::Answered(Answer { status: 503, has_retry_after: true, .. }) => End::Busy,
            Outcome::Answered(answer) => {
                let said = answer.body.get(..120).unwrap_or(&answer.body);
                End::Wrong(format!("{route} was answered {}: {said}", answer.status))
            }
            Outcome::Refused => End::Refused,
            Outcome::Cut => End::Cut,
            Outcome::Hung => End::Hung,
        };
        self.seen.push(Seen { begun, took, route, end });
        outcome
    }
}
