//! Rules that look at more than one setting, and what production demands.

use std::time::Duration;

use autorisen_domain::auth::RegistrationMode;
use autorisen_http::Origin;
use autorisen_storage::DatabaseKind;

use super::chat::{ChatMode, ChatSettings, ResponderKind};
use super::fault::Faults;
use super::layers::{Facts, Values};
use super::settings::{AppEnv, AuthSettings, DatabaseSettings, ServerSettings};
use super::telemetry::ListenerKind;

/// The shortest secret that production takes, in characters.
const MIN_SECRET_CHARS: usize = 32;
/// A random secret of that length has more different characters than this, even in hexadecimal.
const MIN_DIFFERENT_CHARS: usize = 8;
/// Parts of secrets that were published as examples or defaults.
const PUBLISHED: [&str; 10] = [
    "change-me",
    "change_me",
    "changeme",
    "change-this",
    "changethis",
    "replace-me",
    "dev-secret",
    "your-secret",
    "example",
    "placeholder",
];
const MIN_PRODUCTION_COST: u32 = 10;
const NEW_SECRET: &str =
    "set it to 32 or more random characters, such as what `openssl rand -base64 48` prints";

/// Puts down every rule that is broken. A setting that could not be read breaks no rule besides.
pub(super) fn check(
    server: &ServerSettings,
    database: Option<&DatabaseSettings>,
    auth: &AuthSettings,
    chat: Option<&ChatSettings>,
    values: &Values,
    facts: &Facts,
    faults: &mut Faults,
) {
    let mut rules = Rules { values, faults };
    rules.relations(auth);
    rules.hosted(chat, facts);
    rules.admin(server);
    if facts.environment == AppEnv::Production {
        rules.secrets();
        rules.strength(auth);
        rules.persons(auth);
        rules.network(server);
        rules.disk(database, chat, facts);
        rules.answers(chat);
    }
}

struct Rules<'a> {
    values: &'a Values,
    faults: &'a mut Faults,
}

impl Rules<'_> {
    fn relations(&mut self, auth: &AuthSettings) {
        self.no_longer(
            ("auth.access_ttl_sec", auth.session.access_ttl),
            ("auth.session_idle_sec", auth.session.idle),
        );
        self.no_longer(
            ("auth.session_idle_sec", auth.session.idle),
            ("auth.session_max_sec", auth.session.absolute),
        );
        let chat_key = self.values.text("chat.signing_key");
        if chat_key.is_some() && chat_key == self.values.text("auth.secret_key") {
            self.refuse(
                "chat.signing_key",
                "is the same as the secret key",
                "set another, or remove it and one is derived",
            );
        }
    }

    fn no_longer(&mut self, short: (&'static str, Duration), long: (&'static str, Duration)) {
        if short.1 > long.1 && !self.faults.concern(long.0) {
            let problem = format!("is longer than {}", self.values.name(long.0));
            self.refuse(short.0, &problem, "shorten it, or lengthen the other");
        }
    }

    fn secrets(&mut self) {
        if self.values.text("auth.secret_key").is_none() {
            self.refuse("auth.secret_key", "is not set, and production has no default", NEW_SECRET);
        }
        for key in ["auth.secret_key", "auth.secret_key_previous", "chat.signing_key", "admin.token"] {
            if let Some(problem) = self.values.text(key).and_then(weakness) {
                self.refuse(key, problem, NEW_SECRET);
            }
        }
    }

    fn strength(&mut self, auth: &AuthSettings) {
        if auth.bcrypt_cost < MIN_PRODUCTION_COST {
            self.refuse("auth.bcrypt_cost", "is too low for production", "set it to 10 or more");
        }
        if auth.limits.account.is_none() {
            self.refuse(
                "auth.account_max_attempts",
                "turns the limit off in production",
                "set it to 1 or more",
            );
        }
        if auth.limits.per_minute.is_none() {
            self.refuse(
                "auth.rate_limit_per_min",
                "turns the limit off in production",
                "set it to 1 or more",
            );
        }
    }

    /// Who may register must be a person, unless an operator said that nobody is to be asked.
    fn persons(&mut self, auth: &AuthSettings) {
        let is_disabled = self
            .values
            .text("auth.disable_recaptcha")
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        if auth.registration.mode == RegistrationMode::Closed || is_disabled {
            return;
        }
        if self.values.text("auth.recaptcha_secret").is_none_or(|text| text.trim().is_empty()) {
            self.refuse(
                "auth.recaptcha_secret",
                "is not set, so programs could register in production",
                "set it to the secret of your reCAPTCHA site, or set DISABLE_RECAPTCHA=true to ask nobody, \
                 or AUTORISEN__AUTH__REGISTRATION=closed",
            );
        } else if !self.values.text("auth.recaptcha_url").is_some_and(|url| url.starts_with("https://")) {
            self.refuse(
                "auth.recaptcha_url",
                "is not https, which production demands",
                "the secret is sent there: give the https address",
            );
        }
    }

    fn network(&mut self, server: &ServerSettings) {
        if server.public_url.as_ref().is_some_and(|url| !is_https(url)) {
            self.refuse(
                "server.public_url",
                "is not https, which production demands",
                "put TLS in front of it",
            );
        }
        if server.cors_origins.iter().any(|origin| !is_https(origin)) {
            self.refuse(
                "server.cors_origins",
                "has an origin that is not https, which production demands",
                "name https origins alone",
            );
        }
    }

    fn disk(&mut self, database: Option<&DatabaseSettings>, chat: Option<&ChatSettings>, facts: &Facts) {
        if facts.dyno && database.is_some_and(|database| database.url.kind() == DatabaseKind::Sqlite) {
            self.refuse(
                "database.url",
                "is SQLite, whose file is lost whenever a dyno restarts",
                "set it to a PostgreSQL database",
            );
        }
        if facts.dyno && chat.is_some_and(|chat| chat.attachment_folder.is_some()) {
            self.refuse(
                "chat.attachment_folder",
                "is a folder whose files are lost whenever a dyno restarts",
                "remove it, and the database keeps them",
            );
        }
    }

    fn answers(&mut self, chat: Option<&ChatSettings>) {
        if chat.is_some_and(|chat| chat.responder == ResponderKind::Scripted) {
            self.refuse("chat.responder", "answers by script, which is not for production", "set it to auto");
        }
    }

    /// What is told of the server is for who runs it.
    fn admin(&mut self, server: &ServerSettings) {
        let admin = &server.admin;
        let is_open = admin.listener != ListenerKind::Off && !admin.address.ip().is_loopback();
        if is_open && admin.token.is_none() {
            let remedy = format!("{NEW_SECRET}, or leave {} at 127.0.0.1", self.values.name("admin.host"));
            self.refuse("admin.token", "is not set, and other machines reach the admin listener", &remedy);
        }
    }

    /// Hosted sessions need somebody who asks and something to run.
    fn hosted(&mut self, chat: Option<&ChatSettings>, facts: &Facts) {
        if chat.is_none_or(|chat| chat.mode != ChatMode::Hosted) {
            return;
        }
        for (key, remedy) in [
            ("chat.model_key", "set it to a key of the project that the workflow belongs to"),
            ("chat.workflow_id", "set it to the id of the workflow, wf_…"),
        ] {
            if self.values.text(key).is_none_or(|text| text.trim().is_empty()) {
                self.refuse(key, "is not set, and hosted chats need it", remedy);
            }
        }
        let is_https = self.values.text("chat.hosted_url").is_some_and(|url| url.starts_with("https://"));
        if facts.environment == AppEnv::Production && !is_https {
            self.refuse(
                "chat.hosted_url",
                "is not https, which production demands",
                "the key is sent there: give the https address",
            );
        }
    }

    fn refuse(&mut self, key: &'static str, problem: &str, remedy: &str) {
        if !self.faults.concern(key) {
            self.faults.add_for(key, self.values.name(key), problem, remedy);
        }
    }
}

fn is_https(origin: &Origin) -> bool {
    origin.as_str().starts_with("https://")
}

/// What makes a secret unfit for production, if anything does.
fn weakness(secret: &str) -> Option<&'static str> {
    let lower = secret.to_lowercase();
    let mut different: Vec<char> = secret.chars().collect();
    different.sort_unstable();
    different.dedup();
    if PUBLISHED.iter().any(|part| lower.contains(part)) {
        Some("is a published default")
    } else if secret.chars().count() < MIN_SECRET_CHARS {
        Some("is shorter than 32 characters")
    } else if different.len() < MIN_DIFFERENT_CHARS {
        Some("repeats too few characters")
    } else {
        None
    }
}
