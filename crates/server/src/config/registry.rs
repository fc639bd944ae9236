//! Every setting there is, once: reading, checking, printing and the documents all go by this table.

use super::chat::{ChatMode, ResponderKind};
use super::layers::Facts;
use super::setting::DefaultValue::{Computed, Nothing, Text};
use super::setting::{Kind, Setting};
use super::settings::AppEnv;
use super::telemetry::{ListenerKind, SamplerKind};
use crate::build::VERSION;

const YEAR_SEC: u64 = 365 * 24 * 60 * 60;

/// Every setting, by section.
pub(crate) static SETTINGS: &[Setting] = &[
    Setting::new(
        "server.host",
        Kind::Host,
        Computed { words: "127.0.0.1; 0.0.0.0 in production and on a Heroku dyno", value: host },
        "The address to listen on.",
    ),
    Setting::new("server.port", integer(0, 65_535), Text("8000"), "The port to listen on; 0 picks a free one.")
        .named("PORT"),
    Setting::new(
        "server.public_url",
        Kind::Origin,
        Nothing,
        "How browsers reach this server; https turns on secure cookies.",
    ),
    Setting::new(
        "server.trusted_proxy_hops",
        integer(0, 10),
        Computed { words: "0; 1 on a Heroku dyno", value: |facts| u8::from(facts.dyno).to_string() },
        "How many proxies stand in front; the client's address is taken that far from the right of X-Forwarded-For.",
    )
    .named("TRUSTED_PROXY_HOPS"),
    Setting::new("server.workers", integer(1, 1_024), CORES, "Threads that serve requests."),
    Setting::new(
        "server.shutdown_timeout_sec",
        integer(1, 300),
        Text("20"),
        "How long requests under way may take to finish once the server is told to stop.",
    ),
    Setting::new(
        "server.request_timeout_sec",
        integer(1, 300),
        Text("15"),
        "How long a client may take to send the body of a request.",
    ),
    Setting::new(
        "server.keep_alive_sec",
        integer(1, 300),
        Computed { words: "15; 95 on a Heroku dyno", value: keep_alive },
        "How long a connection may be idle; behind a proxy, longer than the proxy keeps its own.",
    ),
    Setting::new("server.max_connections", integer(1, 1_000_000), Text("16000"), "Connections open at once."),
    Setting::new(
        "server.cors_origins",
        Kind::Origins,
        Computed {
            words: "localhost and 127.0.0.1 on ports 3000 and 5173 in development and test, else none",
            value: cors_origins,
        },
        "Front ends on other origins that may call this server with cookies.",
    )
    .named("FRONTEND_ORIGIN"),
    Setting::new(
        "app.env",
        Kind::Choice(AppEnv::WORDS),
        Computed {
            words: "development; production on a Heroku dyno",
            value: |facts| facts.environment.as_str().to_owned(),
        },
        "Where this is; production refuses unsafe settings.",
    )
    .named("APP_ENV"),
    Setting::new(
        "app.version",
        Kind::Text,
        Computed {
            words: "the commit that was built, else the version of the package",
            value: |_| VERSION.to_owned(),
        },
        "The version that health answers tell.",
    )
    .named("APP_VERSION"),
    Setting::new(
        "database.url",
        Kind::DatabaseUrl,
        Text("sqlite://data/autorisen.db"),
        "Where the data is: a SQLite file, or a PostgreSQL database.",
    )
    .named("DATABASE_URL"),
    Setting::new(
        "database.pool_size",
        integer(1, 256),
        Text("8"),
        "Connections to the database, each with a thread of its own.",
    ),
    Setting::new(
        "database.replicas",
        integer(1, 1_000),
        Text("1"),
        "Processes that share a PostgreSQL at most, old ones beside new in a release; compared with its limit at start.",
    ),
    Setting::new(
        "database.queue",
        integer(1, 1_000_000),
        Text("1024"),
        "Jobs that may wait for a connection; more are refused.",
    ),
    Setting::new(
        "database.wait_ms",
        integer(10, 60_000),
        Text("2000"),
        "How long a job may wait for a connection.",
    ),
    Setting::new(
        "database.statement_timeout_ms",
        integer(100, 600_000),
        Text("2000"),
        "How long a statement may run; a request waits for the database half a second longer at most, in all its steps.",
    ),
    Setting::new(
        "database.migrate",
        Kind::Choice(&["auto", "true", "false"]),
        Text("auto"),
        "Whether the server migrates the database at start; auto does so on SQLite alone.",
    ),
    Setting::new(
        "auth.secret_key",
        Kind::Secret,
        Nothing,
        "What stored keys and tokens are sealed and derived with; required in production, at least 32 characters.",
    )
    .named("SECRET_KEY"),
    Setting::new(
        "auth.secret_key_previous",
        Kind::Secret,
        Nothing,
        "The secret key before the present one, while it is being replaced.",
    )
    .named("SECRET_KEY_PREVIOUS"),
    Setting::new(
        "auth.bcrypt_cost",
        integer(4, 16),
        Text("12"),
        "The cost of hashing a password; each step doubles it. At least 10 in production.",
    ),
    Setting::new(
        "auth.pbkdf2_hashes",
        Kind::Choice(&["true", "false"]),
        Text("true"),
        "Whether every check of a password takes as long as one of a PBKDF2 hash of the Python backend too.",
    ),
    Setting::new("auth.hash_threads", integer(1, 1_024), CORES, "Threads that hash passwords."),
    Setting::new(
        "auth.hash_queue",
        integer(1, 100_000),
        Text("64"),
        "Passwords that may wait to be hashed; more are refused.",
    ),
    Setting::new(
        "auth.hash_wait_ms",
        integer(10, 60_000),
        Text("5000"),
        "How long a password may wait to be hashed.",
    ),
    Setting::new(
        "auth.access_ttl_sec",
        // The clients in use renew 60 seconds before the end: a shorter life would have them loop.
        integer(120, 86_400),
        Text("900"),
        "How long an access token is good.",
    ),
    Setting::new(
        "auth.session_idle_sec",
        integer(120, YEAR_SEC),
        Text("604800"),
        "A session that is not renewed for this long ends.",
    ),
    Setting::new(
        "auth.session_max_sec",
        integer(120, YEAR_SEC),
        Text("2592000"),
        "A session ends after this long, however often it is renewed.",
    ),
    Setting::new(
        "auth.refresh_grace_sec",
        integer(0, 60),
        Text("20"),
        "How long a refresh token that was just replaced still gets the answer of its replacement.",
    )
    .named("AUTH_REFRESH_GRACE_SEC"),
    Setting::new(
        "auth.registration_ttl_sec",
        integer(60, 86_400),
        Text("900"),
        "How long a registration may take from its first step to its second.",
    ),
    Setting::new(
        "auth.registration",
        Kind::Choice(&["open", "closed"]),
        Text("open"),
        "Who may register: everybody, or nobody, so that accounts are made on the command line alone.",
    ),
    Setting::new(
        "auth.recaptcha_secret",
        Kind::Secret,
        Nothing,
        "What reCAPTCHA knows this site by; with it, who registers shows that they are a person.",
    )
    .named("RECAPTCHA_SECRET"),
    Setting::new(
        "auth.disable_recaptcha",
        Kind::Choice(&["true", "false"]),
        Text("false"),
        "Lets everybody register without showing that they are a person, whatever the secret is.",
    )
    .named("DISABLE_RECAPTCHA"),
    Setting::new(
        "auth.recaptcha_url",
        Kind::Url,
        Text("https://www.google.com/recaptcha/api/siteverify"),
        "Where recaptcha_token is verified.",
    )
    .named("RECAPTCHA_VERIFY_URL"),
    Setting::new(
        "auth.recaptcha_timeout_ms",
        integer(100, 30_000),
        Text("3000"),
        "How long verifying recaptcha_token may take; then nobody passes.",
    ),
    Setting::new("auth.csrf_ttl_sec", integer(300, 2_592_000), Text("86400"), "How long a CSRF token is good."),
    Setting::new(
        "auth.login_max_attempts",
        integer(1, 10_000),
        Text("5"),
        "Logins per client address and account within the window.",
    )
    .named("AUTH_LOGIN_MAX_ATTEMPTS"),
    Setting::new("auth.login_window_sec", integer(1, 86_400), Text("300"), "The window that logins are counted in.")
        .named("AUTH_LOGIN_WINDOW_SEC"),
    Setting::new(
        "auth.login_block_sec",
        integer(0, 86_400),
        Text("300"),
        "How long logins are refused once there was one too many.",
    )
    .named("AUTH_LOGIN_BLOCK_SEC"),
    Setting::new(
        "auth.account_max_attempts",
        integer(0, 10_000),
        Text("20"),
        "Refused logins per account from devices it is not known on; 0 is off, and refused in production.",
    ),
    Setting::new(
        "auth.account_window_sec",
        integer(1, 604_800),
        Text("3600"),
        "The window that refused logins of an account are counted in.",
    ),
    Setting::new(
        "auth.rate_limit_per_min",
        integer(0, 10_000),
        Text("60"),
        "Requests per minute and client address over all auth routes; 0 is none by address, not in production.",
    )
    .named("RATE_LIMIT_PER_MIN"),
    Setting::new("auth.login_per_min", integer(1, 10_000), Text("30"), "Logins per minute and client address."),
    Setting::new(
        "auth.register_per_min",
        integer(1, 10_000),
        Text("20"),
        "Steps of registrations per minute and client address.",
    ),
    Setting::new(
        "auth.password_per_min",
        integer(1, 10_000),
        Text("10"),
        "Changes of a password per minute and client address.",
    ),
    Setting::new(
        "auth.session_per_min",
        integer(1, 10_000),
        Text("60"),
        "Renewals, logouts, CSRF tokens and refused sessions per minute and client address.",
    ),
    Setting::new(
        "auth.limit_keys",
        integer(10_000, 100_000_000),
        Text("1000000"),
        "How many addresses, accounts and devices the limits remember; each takes some 200 bytes.",
    ),
    Setting::new(
        "auth.key_rotate_days",
        integer(1, 3_650),
        Text("90"),
        "The key that signs access tokens is replaced after this long.",
    ),
    Setting::new(
        "auth.audit_retention_days",
        integer(0, 36_500),
        Text("400"),
        "The audit of accounts and sessions, and logins that were imported, are kept for this long; 0 keeps them for ever.",
    ),
    Setting::new(
        "auth.issuer",
        Kind::Text,
        Computed { words: "server.public_url, else autorisen", value: issuer },
        "Who access tokens are from (iss).",
    ),
    Setting::new(
        "chat.signing_key",
        Kind::Secret,
        Nothing,
        "What chat tokens are signed with; derived from the secret key when it is not set.",
    )
    .named("CHATKIT_SIGNING_KEY"),
    Setting::new("chat.token_ttl_sec", integer(30, 3_600), Text("300"), "How long a chat token is good.")
        .named("CHATKIT_TOKEN_TTL_SECONDS"),
    Setting::new(
        "chat.tokens_per_min",
        integer(0, 10_000),
        Text("60"),
        "Chat tokens per minute and account; 0 is off.",
    ),
    Setting::new("chat.issuer", Kind::Text, Text("autorisen-chatkit"), "Who chat tokens are from (iss).")
        .named("CHATKIT_ISSUER"),
    Setting::new("chat.audience", Kind::Text, Text("chatkit"), "Who chat tokens are for (aud).")
        .named("CHATKIT_AUDIENCE"),
    Setting::new(
        "chat.placements",
        Kind::Placements,
        Text(
            "support=support.ticket;onboarding=onboarding.plan,onboarding.checklist;energy=energy.usage;\
             money=money.summary;admin;developer",
        ),
        "Where chats may be and which tools are on offer there; the first is the default.",
    ),
    Setting::new(
        "chat.responder",
        Kind::Choice(ResponderKind::WORDS),
        Text("auto"),
        "What answers: a model where one is set up, else offline; scripted is for trying things out.",
    ),
    Setting::new(
        "chat.mode",
        Kind::Choice(ChatMode::WORDS),
        Text("self-hosted"),
        "Where chats run: here, or on OpenAI's hosted sessions, which end with its workflows on 2026-11-30.",
    )
    .named("CHATKIT_MODE"),
    Setting::new(
        "chat.domain_key",
        Kind::Text,
        Text("localhost"),
        "What ChatKit's vendor knows the host of the page /app by, from its list of domains; on localhost any text.",
    )
    .named("CHATKIT_DOMAIN_KEY"),
    Setting::new(
        "chat.hosted_url",
        Kind::Url,
        Text("https://api.openai.com"),
        "Where hosted sessions are opened.",
    )
    .named("CHATKIT_API_BASE"),
    Setting::new("chat.workflow_id", Kind::Text, Nothing, "The workflow that hosted sessions run.")
        .named("CHATKIT_WORKFLOW_ID"),
    Setting::new(
        "chat.workflow_version",
        Kind::Text,
        Nothing,
        "Its version; the deployed one when it is empty or latest.",
    )
    .named("CHATKIT_WORKFLOW_VERSION"),
    Setting::new(
        "chat.hosted_timeout_ms",
        integer(100, 30_000),
        Text("10000"),
        "How long opening or cancelling a hosted session may take, with a second try.",
    ),
    Setting::new("chat.model_key", Kind::Secret, Nothing, "What the model's server knows this one by, or OpenAI where chats are hosted.")
        .named("OPENAI_API_KEY"),
    Setting::new(
        "chat.model_url",
        Kind::Url,
        Text("https://api.openai.com/v1"),
        "The model's server: any that speaks the OpenAI Responses API or chat completions.",
    )
    .named("OPENAI_BASE_URL"),
    Setting::new(
        "chat.model_api",
        Kind::Choice(&["responses", "completions"]),
        Text("responses"),
        "What the model's server speaks.",
    ),
    Setting::new("chat.model", Kind::Text, Text("gpt-4.1-mini"), "The model that answers."),
    Setting::new(
        "chat.model_choices",
        Kind::Text,
        Nothing,
        "Other models that a user may choose, separated by commas.",
    ),
    Setting::new(
        "chat.transcribe_model",
        Kind::Text,
        Text("gpt-4o-mini-transcribe"),
        "The model that writes down what is dictated; off for none.",
    ),
    Setting::new(
        "chat.instructions_folder",
        Kind::Text,
        Nothing,
        "A folder of texts that models are told first: default.md, and <placement>.md in its place.",
    ),
    Setting::new(
        "chat.model_silence_sec",
        integer(1, 300),
        Text("30"),
        "How long a model may be silent, before its answer and within it.",
    ),
    Setting::new("chat.answer_sec", integer(1, 3_600), Text("300"), "How long an answer may take in all."),
    Setting::new(
        "chat.answer_max_chars",
        integer(100, 10_000_000),
        Text("100000"),
        "Characters that one answer may have.",
    ),
    Setting::new(
        "chat.model_images",
        integer(0, 50),
        Text("8"),
        "The newest images of a thread that a model is given; 0 for a model that sees none.",
    ),
    Setting::new(
        "chat.model_image_bytes",
        integer(0, 104_857_600),
        Text("10485760"),
        "Those images together, in bytes.",
    ),
    Setting::new(
        "chat.model_text_bytes",
        integer(0, 1_048_576),
        Text("65536"),
        "What a model is given of the newest text files of a thread, in bytes.",
    ),
    Setting::new("chat.max_threads", integer(1, 100_000), Text("1000"), "Threads that a user may have."),
    Setting::new(
        "chat.max_message_chars",
        integer(1, 1_000_000),
        Text("32000"),
        "Characters that a message may have.",
    ),
    Setting::new(
        "chat.history_items",
        integer(1, 100),
        Text("50"),
        "The newest items of a thread that a model is given.",
    ),
    Setting::new(
        "chat.retention_days",
        integer(0, 3_650),
        Text("0"),
        "Threads in which nothing changed for this long are deleted; 0 keeps them.",
    ),
    Setting::new(
        "chat.attachment_max_bytes",
        integer(1, 1_073_741_824),
        Text("10485760"),
        "The largest file that is taken, in bytes.",
    ),
    Setting::new(
        "chat.attachment_total_bytes",
        integer(1, 1_099_511_627_776),
        Text("209715200"),
        "All files of a user together, in bytes.",
    ),
    Setting::new(
        "chat.attachment_types",
        Kind::Text,
        Text("image/*,text/*,application/pdf"),
        "The media types of files that are taken, separated by commas.",
    ),
    Setting::new(
        "chat.attachment_folder",
        Kind::Text,
        Nothing,
        "A folder for the bytes of files, which replicas share; in the database when it is not set.",
    ),
    quota("chat.messages_per_user_day", "500", "Messages of a user a day (UTC); 0 for any number."),
    quota("chat.messages_per_user", "0", "Messages of a user ever; 0 for any number."),
    quota("chat.messages_per_day", "0", "Messages of all users a day (UTC); 0 for any number."),
    quota("chat.output_per_user_day", "0", "Characters written for a user a day (UTC); 0 for any number."),
    quota("chat.output_per_user", "0", "Characters written for a user ever; 0 for any number."),
    quota("chat.output_per_day", "0", "Characters written for all users a day (UTC); 0 for any number."),
    quota("chat.tokens_per_user_day", "2000", "Chat tokens for a user a day (UTC); 0 for any number."),
    quota("chat.tokens_per_user", "0", "Chat tokens for a user ever; 0 for any number."),
    quota("chat.tokens_per_day", "0", "Chat tokens for all users a day (UTC); 0 for any number."),
    Setting::new(
        "analytics.track_per_min",
        integer(1, 10_000),
        Text("120"),
        "Events that front ends may track per minute and client address.",
    ),
    Setting::new(
        "analytics.retention_days",
        integer(0, 3_650),
        Text("400"),
        "What analytics are made of is kept for this long; 0 keeps it for ever.",
    ),
    Setting::new(
        "log.format",
        Kind::Choice(&["json", "text"]),
        Computed { words: "text at a terminal outside production, else json", value: log_format },
        "How the log is written: one JSON object per line, or text for people.",
    )
    .named("LOG_FORMAT"),
    Setting::new(
        "log.level",
        Kind::Choice(&["trace", "debug", "info", "warn", "error"]),
        Text("info"),
        "How much is logged.",
    )
    .named("LOG_LEVEL"),
    Setting::new(
        "admin.listener",
        Kind::Choice(ListenerKind::WORDS),
        Text("auto"),
        "Whether /metrics is served on a listener of its own; auto goes without while its port is taken.",
    ),
    Setting::new("admin.host", Kind::Host, Text("127.0.0.1"), "The address of the admin listener."),
    Setting::new(
        "admin.port",
        integer(0, 65_535),
        Text("9464"),
        "The port of the admin listener; 0 picks a free one.",
    ),
    Setting::new(
        "admin.token",
        Kind::Secret,
        Nothing,
        "What who asks the admin listener must show (Bearer); required unless only this machine reaches it.",
    ),
    Setting::new(
        "traces.endpoint",
        Kind::Url,
        Nothing,
        "A collector that takes traces by OTLP over HTTP, at /v1/traces below this address; none is sent without.",
    )
    .named("OTEL_EXPORTER_OTLP_ENDPOINT"),
    Setting::new(
        "traces.traces_endpoint",
        Kind::Url,
        Nothing,
        "The whole address that traces are sent to, in place of the one before.",
    )
    .named("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
    Setting::new(
        "traces.headers",
        Kind::SecretPairs,
        Nothing,
        "Headers that show the collector who sends, name=value,name=value.",
    )
    .named("OTEL_EXPORTER_OTLP_HEADERS"),
    Setting::new(
        "traces.protocol",
        Kind::Choice(&["http/protobuf"]),
        Text("http/protobuf"),
        "How traces are sent; there is no other way here.",
    )
    .named("OTEL_EXPORTER_OTLP_PROTOCOL"),
    Setting::new(
        "traces.timeout_ms",
        integer(100, 60_000),
        Text("10000"),
        "How long sending traces may take.",
    )
    .named("OTEL_EXPORTER_OTLP_TIMEOUT"),
    Setting::new("traces.exporter", Kind::Choice(&["otlp", "none"]), Text("otlp"), "How traces leave, or none.")
        .named("OTEL_TRACES_EXPORTER"),
    Setting::new("traces.service_name", Kind::Text, Text("autorisen"), "What this service is called in traces.")
        .named("OTEL_SERVICE_NAME"),
    Setting::new(
        "traces.resource_attributes",
        Kind::Pairs,
        Nothing,
        "What else traces say of this service, name=value,name=value.",
    )
    .named("OTEL_RESOURCE_ATTRIBUTES"),
    Setting::new(
        "traces.sampler",
        Kind::Choice(SamplerKind::WORDS),
        Text("parentbased_always_on"),
        "Which requests are followed; parentbased does what the caller's traceparent says.",
    )
    .named("OTEL_TRACES_SAMPLER"),
    Setting::new("traces.sampler_arg", Kind::Ratio, Text("1"), "The part that a sampler by ratio follows.")
        .named("OTEL_TRACES_SAMPLER_ARG"),
    Setting::new(
        "traces.sdk_disabled",
        Kind::Choice(&["true", "false"]),
        Text("false"),
        "Sends no traces, whatever else is set.",
    )
    .named("OTEL_SDK_DISABLED"),
];

const CORES: super::setting::DefaultValue =
    Computed { words: "the number of cores", value: |facts| facts.cores.clamp(1, 1_024).to_string() };

const fn quota(key: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting::new(key, integer(0, 1_000_000_000_000), Text(default), help)
}

const fn integer(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

/// The setting with this key.
pub(super) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// A proxy that reuses a connection while the server closes it loses a request; somebody who holds
/// idle connections keeps others out.
fn keep_alive(facts: &Facts) -> String {
    if facts.dyno { "95" } else { "15" }.to_owned()
}

/// A platform sends the requests from outside of the machine; a developer wants none from there.
fn host(facts: &Facts) -> String {
    let everywhere = facts.environment == AppEnv::Production || facts.dyno;
    if everywhere { "0.0.0.0" } else { "127.0.0.1" }.to_owned()
}

fn cors_origins(facts: &Facts) -> String {
    match facts.environment {
        AppEnv::Development | AppEnv::Test => {
            "http://localhost:3000,http://127.0.0.1:3000,http://localhost:5173,http://127.0.0.1:5173"
        }
        AppEnv::Staging | AppEnv::Production => "",
    }
    .to_owned()
}

fn issuer(facts: &Facts) -> String {
    facts.public_url.as_ref().map_or("autorisen", |url| url.as_str()).to_owned()
}

fn log_format(facts: &Facts) -> String {
    let for_people = facts.terminal && facts.environment != AppEnv::Production;
    if for_people { "text" } else { "json" }.to_owned()
}
