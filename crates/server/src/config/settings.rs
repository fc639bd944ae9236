//! The typed settings, section by section.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use actix_web::http::Uri;
use autorisen_botcheck::RecaptchaSettings;
use autorisen_domain::auth::{
    AuthLimitsPolicy, KindLimits, RegistrationMode, RegistrationPolicy, SessionPolicy,
};
use autorisen_domain::rate_limit::LimitPolicy;
use autorisen_http::Origin;
use autorisen_storage::{DatabaseKind, DatabaseUrl};
use secrecy::{ExposeSecret, SecretString};

use super::chat::{self, ChatSettings};
use super::fault::Faults;
use super::layers::{Facts, Values};
use super::reader::Reader;
use super::rules;
use super::telemetry::{self, AdminSettings, TraceSettings};

/// Everything that can be set, in types that hold nothing invalid.
#[derive(Debug)]
pub(crate) struct Settings {
    /// How the server meets the network.
    pub(crate) server: ServerSettings,
    /// What and where this deployment is.
    pub(crate) app: AppSettings,
    /// The database and the lanes to it.
    pub(crate) database: DatabaseSettings,
    /// Accounts and sessions.
    pub(crate) auth: AuthSettings,
    /// Chat tokens, conversations and files.
    pub(crate) chat: ChatSettings,
    /// What happens, for reports.
    pub(crate) analytics: AnalyticsSettings,
    /// The log.
    pub(crate) log: LogSettings,
    /// Where traces go, if anywhere.
    pub(crate) traces: Option<TraceSettings>,
}

/// How the server meets the network.
#[derive(Debug)]
pub(crate) struct ServerSettings {
    /// The address to listen on.
    pub(crate) host: IpAddr,
    /// The port to listen on; 0 for a free one.
    pub(crate) port: u16,
    /// How browsers reach this server, if that is known.
    pub(crate) public_url: Option<Origin>,
    /// How many proxies stand in front.
    pub(crate) trusted_proxy_hops: u8,
    /// Threads that serve requests.
    pub(crate) workers: usize,
    /// How long requests under way may take once the server is told to stop.
    pub(crate) shutdown_timeout: Duration,
    /// How long a client may take to send a body.
    pub(crate) request_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub(crate) keep_alive: Duration,
    /// Connections open at once.
    pub(crate) max_connections: usize,
    /// Other origins that may call with cookies.
    pub(crate) cors_origins: Vec<Origin>,
    /// The listener for who runs the server.
    pub(crate) admin: AdminSettings,
}

/// What and where this deployment is.
#[derive(Debug)]
pub(crate) struct AppSettings {
    /// Where it is.
    pub(crate) env: AppEnv,
    /// The version that health answers tell.
    pub(crate) version: String,
}

/// Where a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum AppEnv {
    /// On somebody's own machine.
    #[default]
    Development,
    /// Under test.
    Test,
    /// As production, for trying out.
    Staging,
    /// With real users: unsafe settings are refused.
    Production,
}

/// The database and the lanes to it.
#[derive(Debug)]
pub(crate) struct DatabaseSettings {
    /// Where it is.
    pub(crate) url: DatabaseUrl,
    /// Connections, each with a thread of its own.
    pub(crate) pool_size: usize,
    /// Processes that have as many.
    pub(crate) replicas: usize,
    /// Jobs that may wait for a connection.
    pub(crate) queue: usize,
    /// How long a job may wait.
    pub(crate) wait: Duration,
    /// How long a statement may run.
    pub(crate) statement_timeout: Duration,
    /// Whether the server migrates the database at start.
    pub(crate) migrate: bool,
}

/// Accounts and sessions.
#[derive(Debug)]
pub(crate) struct AuthSettings {
    /// The secret that everything is sealed under; never absent in production.
    pub(crate) secret_key: Option<SecretString>,
    /// The one before.
    pub(crate) secret_key_previous: Option<SecretString>,
    /// The cost of hashing a password.
    pub(crate) bcrypt_cost: u32,
    /// Whether every check of a password does the work of a PBKDF2 hash too.
    pub(crate) pbkdf2_hashes: bool,
    /// Threads that hash.
    pub(crate) hash_threads: usize,
    /// Passwords that may wait to be hashed.
    pub(crate) hash_queue: usize,
    /// How long a password may wait.
    pub(crate) hash_wait: Duration,
    /// How long sessions and their tokens live.
    pub(crate) session: SessionPolicy,
    /// How registrations go.
    pub(crate) registration: RegistrationPolicy,
    /// Who says whether a person registers; `None` where that is not asked.
    pub(crate) recaptcha: Option<RecaptchaSettings>,
    /// How long a CSRF token is good.
    pub(crate) csrf_ttl: Duration,
    /// How many requests are admitted.
    pub(crate) limits: AuthLimitsPolicy,
    /// A signing key is replaced after this long.
    pub(crate) key_rotate_after: Duration,
    /// The audit, and logins that were imported, are kept for this long; `None` keeps them for ever.
    pub(crate) audit_retention: Option<Duration>,
    /// Who access tokens are from.
    pub(crate) issuer: String,
}

/// What happens, for reports.
#[derive(Debug)]
pub(crate) struct AnalyticsSettings {
    /// It is kept for this long; `None` keeps it for ever.
    pub(crate) retention: Option<Duration>,
}

/// The log.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// How it is written.
    pub(crate) format: LogFormat,
    /// How much is written.
    pub(crate) level: slog::Level,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogFormat {
    /// One JSON object per line, for programs.
    #[default]
    Json,
    /// Text, for people.
    Text,
}

/// Reads every setting and checks them all; `None` only where faults were put down.
pub(super) fn read(values: &Values, facts: &Facts, faults: &mut Faults) -> Option<Settings> {
    let mut reader = Reader::new(values, faults);
    let server = server(&mut reader);
    let app = app(&mut reader);
    let database = database(&mut reader);
    let auth = auth(&mut reader);
    let chat = chat::read(&mut reader);
    let analytics = analytics(&mut reader);
    let log = log(&mut reader);
    let traces = telemetry::traces(&mut reader);
    rules::check(&server, database.as_ref(), &auth, chat.as_ref(), values, facts, faults);
    Some(Settings { server, app, database: database?, auth, chat: chat?, analytics, log, traces })
}

fn server(read: &mut Reader<'_>) -> ServerSettings {
    ServerSettings {
        host: read.parse("server.host", host).unwrap_or(LOCALHOST),
        port: read.integer("server.port"),
        public_url: read.parse("server.public_url", origin),
        trusted_proxy_hops: read.integer("server.trusted_proxy_hops"),
        workers: read.integer("server.workers"),
        shutdown_timeout: read.secs("server.shutdown_timeout_sec"),
        request_timeout: read.secs("server.request_timeout_sec"),
        keep_alive: read.secs("server.keep_alive_sec"),
        max_connections: read.integer("server.max_connections"),
        cors_origins: read.parse("server.cors_origins", origins).unwrap_or_default(),
        admin: telemetry::admin(read),
    }
}

fn app(read: &mut Reader<'_>) -> AppSettings {
    AppSettings {
        env: read.parse("app.env", AppEnv::parse).unwrap_or_default(),
        version: read.text("app.version"),
    }
}

fn database(read: &mut Reader<'_>) -> Option<DatabaseSettings> {
    let url = read.try_parse("database.url", DatabaseUrl::parse);
    let pool_size = read.integer("database.pool_size");
    let replicas = read.integer("database.replicas");
    let queue = read.integer("database.queue");
    let wait = read.millis("database.wait_ms");
    let statement_timeout = read.millis("database.statement_timeout_ms");
    let migrate = read.parse("database.migrate", migrate);

    let url = url?;
    let migrate = migrate?.unwrap_or(url.kind() == DatabaseKind::Sqlite);
    Some(DatabaseSettings { url, pool_size, replicas, queue, wait, statement_timeout, migrate })
}

fn auth(read: &mut Reader<'_>) -> AuthSettings {
    AuthSettings {
        secret_key: read.secret("auth.secret_key"),
        secret_key_previous: read.secret("auth.secret_key_previous"),
        bcrypt_cost: read.integer("auth.bcrypt_cost"),
        pbkdf2_hashes: read.parse("auth.pbkdf2_hashes", flag).unwrap_or_default(),
        hash_threads: read.integer("auth.hash_threads"),
        hash_queue: read.integer("auth.hash_queue"),
        hash_wait: read.millis("auth.hash_wait_ms"),
        session: SessionPolicy {
            access_ttl: read.secs("auth.access_ttl_sec"),
            idle: read.secs("auth.session_idle_sec"),
            absolute: read.secs("auth.session_max_sec"),
            refresh_grace: read.secs("auth.refresh_grace_sec"),
        },
        registration: RegistrationPolicy {
            mode: read.parse("auth.registration", registration_mode).unwrap_or(RegistrationMode::Closed),
            pending_ttl: read.secs("auth.registration_ttl_sec"),
        },
        recaptcha: recaptcha(read),
        csrf_ttl: read.secs("auth.csrf_ttl_sec"),
        limits: limits(read),
        key_rotate_after: read.days("auth.key_rotate_days"),
        audit_retention: Some(read.days("auth.audit_retention_days")).filter(|kept| !kept.is_zero()),
        issuer: read.text("auth.issuer"),
    }
}

/// What an account has, which is no less than what one address has: it would shut out all others.
fn account_limit(read: &mut Reader<'_>, login: LimitPolicy) -> Option<LimitPolicy> {
    let attempts: u32 = read.integer("auth.account_max_attempts");
    let window = read.secs("auth.account_window_sec");
    let attempts = Some(attempts).filter(|&attempts| attempts > 0)?.max(login.attempts);
    Some(LimitPolicy { attempts, window, block: Duration::ZERO })
}

/// How much is admitted.
fn limits(read: &mut Reader<'_>) -> AuthLimitsPolicy {
    let login = LimitPolicy {
        attempts: read.integer("auth.login_max_attempts"),
        window: read.secs("auth.login_window_sec"),
        block: read.secs("auth.login_block_sec"),
    };
    AuthLimitsPolicy {
        login,
        account: account_limit(read, login),
        per_minute: Some(read.integer("auth.rate_limit_per_min")).filter(|&limit| limit > 0),
        kinds: KindLimits {
            login: read.integer("auth.login_per_min"),
            register: read.integer("auth.register_per_min"),
            password: read.integer("auth.password_per_min"),
            session: read.integer("auth.session_per_min"),
            track: read.integer("analytics.track_per_min"),
        },
        chat_tokens: Some(read.integer("chat.tokens_per_min")).filter(|&limit| limit > 0),
        max_keys: read.integer("auth.limit_keys"),
    }
}

fn recaptcha(read: &mut Reader<'_>) -> Option<RecaptchaSettings> {
    let secret = read.secret("auth.recaptcha_secret");
    let url = read.parse("auth.recaptcha_url", url);
    let timeout = read.millis("auth.recaptcha_timeout_ms");
    let is_disabled = read.parse("auth.disable_recaptcha", flag).unwrap_or_default();
    let secret = secret.filter(|secret| !is_disabled && !secret.expose_secret().is_empty())?;
    Some(RecaptchaSettings { url: url?, secret, timeout })
}

fn analytics(read: &mut Reader<'_>) -> AnalyticsSettings {
    AnalyticsSettings {
        retention: Some(read.days("analytics.retention_days")).filter(|kept| !kept.is_zero()),
    }
}

fn log(read: &mut Reader<'_>) -> LogSettings {
    LogSettings {
        format: read.parse("log.format", LogFormat::parse).unwrap_or_default(),
        level: read.parse("log.level", level).unwrap_or(slog::Level::Info),
    }
}

pub(super) const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(super) fn host(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") { Some(LOCALHOST) } else { text.parse().ok() }
}

fn origins(text: &str) -> Option<Vec<Origin>> {
    if text.is_empty() { Some(Vec::new()) } else { text.split(',').map(origin).collect() }
}

/// An origin with a host and a port that can be; another would never match what browsers send.
pub(super) fn origin(text: &str) -> Option<Origin> {
    let origin = Origin::parse(text)?;
    let uri: Uri = origin.as_str().parse().ok()?;
    let authority = uri.authority()?;
    let has_port = authority.port_u16().is_some_and(|port| port > 0);
    (has_port || authority.as_str() == authority.host()).then_some(origin)
}

pub(super) fn flag(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

fn registration_mode(text: &str) -> Option<RegistrationMode> {
    match text.to_ascii_lowercase().as_str() {
        "open" => Some(RegistrationMode::Open),
        "closed" => Some(RegistrationMode::Closed),
        _ => None,
    }
}

/// A URL that may have a path and a query, but tells no user or password.
pub(super) fn url(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri
        .authority()
        .is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
    (is_web && has_host).then(|| text.to_owned())
}

/// `Some(None)` leaves it to the kind of database.
#[expect(clippy::option_option, reason = "the outer one says whether the text was understood")]
fn migrate(text: &str) -> Option<Option<bool>> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Some(None),
        "true" => Some(Some(true)),
        "false" => Some(Some(false)),
        _ => None,
    }
}

fn level(text: &str) -> Option<slog::Level> {
    match text.to_ascii_lowercase().as_str() {
        "trace" => Some(slog::Level::Trace),
        "debug" => Some(slog::Level::Debug),
        "info" => Some(slog::Level::Info),
        "warn" => Some(slog::Level::Warning),
        "error" => Some(slog::Level::Error),
        _ => None,
    }
}

impl AppEnv {
    /// Every word that is understood.
    pub(super) const WORDS: &[&str] =
        &["development", "dev", "local", "test", "staging", "production", "prod"];

    /// Reads a word, in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "development" | "dev" | "local" => Some(Self::Development),
            "test" => Some(Self::Test),
            "staging" => Some(Self::Staging),
            "production" | "prod" => Some(Self::Production),
            _ => None,
        }
    }

    /// The one word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

impl LogFormat {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "text" => Some(Self::Text),
            _ => None,
        }
    }
}
