//! Puts adapters into ports and services into HTTP. It reads like a table, and is the one place
//! where all crates meet.

mod bytes;
mod chat;
mod swept;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use autorisen_botcheck::RecaptchaCheck;
use autorisen_domain::analytics::{AnalyticsRepository, AnalyticsService};
use autorisen_domain::audit::{AuditService, AuditTrail};
use autorisen_domain::auth::{
    AccessTokens, AccountAdministration, AccountAdministrationPorts, AuthLimits, BotCheck, BotGate, Devices,
    LoginPorts, LoginService, OpaqueTokens, PasswordHasher, PasswordPorts, PasswordRepository,
    PasswordService, PendingRegistrationRepository, RegistrationPorts, RegistrationService, SessionIssuer,
    SessionIssuerPorts, SessionOverview, SessionOverviewPorts, SessionRepository, SessionService,
    SessionServicePorts, UserRepository,
};
use autorisen_domain::chat::HostedCancellation;
use autorisen_domain::clock::{Clock, Timestamp};
use autorisen_domain::digest::Digests;
use autorisen_domain::events::EventSink;
use autorisen_domain::health::HealthService;
use autorisen_domain::id::{IdSource, Random};
use autorisen_domain::keys::{KeyPolicy, KeyPorts, KeyService};
use autorisen_domain::onboarding::OnboardingService;
use autorisen_domain::rate_limit::RateLimiter;
use autorisen_domain::supervision::{Supervision, SupervisionPorts};
use autorisen_domain::sweep::Sweeper;
use autorisen_http::{AdminAccess, AdminServices, HttpSettings, RequestLog, RunningAnswers, Services};
use autorisen_openai::UpstreamObserver;
use autorisen_security::{
    BcryptHasher, EcdsaKeyFactory, EcdsaKeyRing, HashLane, HmacCsrfTokens, JwtAccessTokens, KeyedDigests,
    LaneSettings, MasterKey, SealedOpaqueTokens, SystemRandom,
};
use autorisen_storage::{
    DatabaseCheck, Db, DbSettings, MigrationsCheck, OpenError, SqlAccountDirectory, SqlAnalytics,
    SqlAuditTrail, SqlChecklists, SqlLoginHistory, SqlPasswords, SqlPendingRegistrations, SqlRateLimiter,
    SqlSessionDirectory, SqlSessions, SqlSigningKeys, SqlUsers,
};
use secrecy::ExposeSecret as _;
use slog::Logger;
use tokio::sync::Notify;

use crate::build::COMMIT;
use crate::clock::SharedClock;
use crate::config::{AppEnv, DatabaseSettings, Settings};
use crate::events::SlogEvents;
use crate::health::KeysCheck;
use crate::master_key::{self, MasterKeyError};
use crate::metrics::{CountedEvents, CountedRequests, Metrics, MetricsError, Page, Sources};
use crate::nudge::NudgingEvents;
use crate::observers::{CallsObserver, DatabaseObserver, HashingObserver};
use crate::reported::ReportedEvents;
use crate::request_log::SlogRequests;
use crate::traces::Traces;

use self::chat::Base;
pub(crate) use self::chat::instructions;
use self::swept::Growing;

/// Who access tokens are for.
const AUDIENCE: &str = "autorisen";
/// A key is published for this long before it signs.
const ANNOUNCE_KEYS_FOR: Duration = Duration::from_mins(1);
/// How much longer than a token its key verifies, for clocks that differ.
const RETIRE_KEYS_LATER: Duration = Duration::from_mins(2);

/// Everything that runs on one database.
pub(crate) struct App {
    /// What the routes work with.
    pub(crate) services: Services,
    /// What an operator works with.
    pub(crate) administration: Arc<AccountAdministration>,
    /// What happened, for an operator.
    pub(crate) audit: AuditService,
    /// Forgets what is over.
    pub(crate) sweeper: Sweeper,
    /// What is done beside answering where chats are hosted.
    pub(crate) hosted: Option<HostedWork>,
    /// The database.
    pub(crate) db: Db,
    /// The clock of all of it.
    pub(crate) clock: Arc<SharedClock>,
    /// What who runs the server is told.
    pub(crate) admin: AdminServices,
}

/// Cancelling hosted sessions.
pub(crate) struct HostedWork {
    /// Does it.
    pub(crate) cancellation: HostedCancellation,
    /// Says when it is worth looking.
    pub(crate) nudge: Arc<Notify>,
}

/// The parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// No master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// No database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No threads.
    #[error("cannot start the threads that hash passwords")]
    Threads(#[source] std::io::Error),
    /// Nothing to ask whether a person registers.
    #[error("cannot prepare to verify recaptcha_token")]
    BotCheck(#[from] autorisen_botcheck::StartError),
    /// Nothing to ask a model with.
    #[error("cannot prepare to ask a model")]
    Model(#[from] autorisen_openai::StartError),
    /// No folder for files.
    #[error(transparent)]
    Files(#[from] autorisen_files::OpenFolderError),
    /// What models are told first cannot be read.
    #[error("cannot read the instructions in {}", .0.display())]
    Instructions(PathBuf, #[source] std::io::Error),
    /// Nothing to count with.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
}

/// Opens the database and builds everything over it. Requests are followed where `traces` are given.
#[expect(clippy::too_many_lines, reason = "a table is read from its top to its end")]
pub(crate) fn build(settings: &Settings, traces: Option<&Traces>, log: &Logger) -> Result<App, BuildError> {
    let master = master_key::load(&settings.auth, settings.app.env, &key_file(settings), log)?;
    let metrics = Metrics::new()?;
    let work = traces.map(Traces::work);
    let db = Db::open(db_settings(&settings.database))?.observed_by(Arc::new(DatabaseObserver {
        metrics: Arc::clone(&metrics.database),
        work: work.clone(),
        kind: settings.database.url.kind(),
    }));
    let observer = HashingObserver { metrics: Arc::clone(&metrics.hashing), work: work.clone() };
    let lane = Arc::new(hash_lane(settings).map_err(BuildError::Threads)?.observed_by(Arc::new(observer)));
    let hasher = hasher(settings, &lane);
    let calls: Arc<dyn UpstreamObserver> =
        Arc::new(CallsObserver { metrics: Arc::clone(&metrics.upstream), work });

    let shared_clock = Arc::new(SharedClock::default());
    let clock: Arc<dyn Clock> = shared_clock.clone();
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let ids = IdSource::new(Arc::clone(&clock), random);
    let nudge = Arc::new(Notify::new());
    let logged: Arc<dyn EventSink> = Arc::new(SlogEvents::new(log.clone()));
    let counted = Arc::new(CountedEvents::new(logged, Arc::clone(&metrics.events)));
    let analytics_store: Arc<dyn AnalyticsRepository> = Arc::new(SqlAnalytics::new(db.clone()));
    let analytics = Arc::new(AnalyticsService::new(Arc::clone(&analytics_store), ids.clone()));
    let mut events: Arc<dyn EventSink> = Arc::new(ReportedEvents::new(counted, Arc::clone(&analytics)));
    if settings.chat.hosted.is_some() {
        events = Arc::new(NudgingEvents::new(events, Arc::clone(&nudge)));
    }

    let users: Arc<dyn UserRepository> = Arc::new(SqlUsers::new(db.clone()));
    let passwords: Arc<dyn PasswordRepository> = Arc::new(SqlPasswords::new(db.clone()));
    let sessions: Arc<dyn SessionRepository> = Arc::new(SqlSessions::new(db.clone()));
    let pending: Arc<dyn PendingRegistrationRepository> = Arc::new(SqlPendingRegistrations::new(db.clone()));
    let trail: Arc<dyn AuditTrail> = Arc::new(SqlAuditTrail::new(db.clone()));
    let limiter: Arc<dyn RateLimiter> = Arc::new(SqlRateLimiter::new(db.clone()));

    let ring = Arc::new(EcdsaKeyRing::new(&master));
    let opaque: Arc<dyn OpaqueTokens> = Arc::new(SealedOpaqueTokens::new(&master));
    let issuer_name = settings.auth.issuer.clone();
    let access: Arc<dyn AccessTokens> =
        Arc::new(JwtAccessTokens::new(Arc::clone(&ring), issuer_name, AUDIENCE.to_owned()));

    let issuer = Arc::new(SessionIssuer::new(
        SessionIssuerPorts { access: Arc::clone(&access), opaque: Arc::clone(&opaque), ids: ids.clone() },
        settings.auth.session,
    ));
    let digests: Arc<dyn Digests> = Arc::new(KeyedDigests::new(&master));
    let devices = Arc::new(Devices::new(Arc::clone(&digests), ids.clone()));
    let limits = Arc::new(AuthLimits::new(
        Arc::clone(&limiter),
        Arc::clone(&digests),
        Arc::clone(&devices),
        Arc::clone(&clock),
        Arc::clone(&events),
        settings.auth.limits,
    ));
    let bots = Arc::new(BotGate::new(bot_check(settings)?));
    let keys = Arc::new(key_service(settings, &master, &db, ring, &clock, &events));

    let session_service = Arc::new(SessionService::new(SessionServicePorts {
        sessions: Arc::clone(&sessions),
        access,
        opaque: Arc::clone(&opaque),
        issuer: Arc::clone(&issuer),
        clock: Arc::clone(&clock),
        events: Arc::clone(&events),
    }));
    let admin_access = admin_access(settings, &digests);
    let chat = chat::build(&Base {
        settings,
        master: &master,
        db: &db,
        ids: &ids,
        events: &events,
        repository: &sessions,
        sessions: &session_service,
        clock: &clock,
        calls: &calls,
    })?;
    let requests: Arc<dyn RequestLog> = Arc::new(SlogRequests::new(log.clone()));

    let administration = Arc::new(AccountAdministration::new(AccountAdministrationPorts {
        directory: Arc::new(SqlAccountDirectory::new(db.clone())),
        users: Arc::clone(&users),
        passwords: Arc::clone(&passwords),
        hasher: Arc::clone(&hasher),
        ids: ids.clone(),
        events: Arc::clone(&events),
    }));
    let overview = Arc::new(SessionOverview::new(SessionOverviewPorts {
        directory: Arc::new(SqlSessionDirectory::new(db.clone())),
        clock: Arc::clone(&clock),
        events: Arc::clone(&events),
    }));

    let services = Services {
        supervision: Arc::new(Supervision::new(SupervisionPorts {
            accounts: Arc::clone(&administration),
            overview: Arc::clone(&overview),
            sessions: Arc::clone(&sessions),
            trail: Arc::clone(&trail),
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
        })),
        registration: Arc::new(RegistrationService::new(
            RegistrationPorts {
                users: Arc::clone(&users),
                pending: Arc::clone(&pending),
                hasher: Arc::clone(&hasher),
                opaque: Arc::clone(&opaque),
                issuer: Arc::clone(&issuer),
                ids: ids.clone(),
                events: Arc::clone(&events),
            },
            Arc::clone(&bots),
            settings.auth.registration,
        )),
        login: Arc::new(LoginService::new(
            LoginPorts {
                users: Arc::clone(&users),
                passwords: Arc::clone(&passwords),
                sessions: Arc::clone(&sessions),
                hasher: Arc::clone(&hasher),
                issuer: Arc::clone(&issuer),
                limits: Arc::clone(&limits),
                events: Arc::clone(&events),
            },
            bots,
            Arc::clone(&trail),
        )),
        passwords: Arc::new(PasswordService::new(PasswordPorts {
            users: Arc::clone(&users),
            passwords: Arc::clone(&passwords),
            hasher: Arc::clone(&hasher),
            issuer: Arc::clone(&issuer),
            limits: Arc::clone(&limits),
            events: Arc::clone(&events),
        })),
        sessions: session_service,
        overview,
        onboarding: Arc::new(OnboardingService::new(Arc::new(SqlChecklists::new(db.clone())), clock)),
        analytics,
        devices,
        limits,
        csrf: Arc::new(HmacCsrfTokens::new(&master, settings.auth.csrf_ttl)),
        chat: Arc::new(chat.tokens),
        chat_access: Arc::new(chat.access),
        conversations: Arc::new(chat.conversations),
        files: Arc::new(chat.files),
        file_links: chat.links,
        answers: RunningAnswers::default(),
        health: Arc::new(health_service(&db, &keys)),
        keys,
        ids: ids.clone(),
        events: Arc::clone(&events),
        log: Arc::new(CountedRequests::new(requests, Arc::clone(&metrics.requests))),
        tracer: traces.map(Traces::requests),
    };
    let sources = Sources {
        db: db.clone(),
        hashing: lane,
        answers: services.answers.clone(),
        keys: Arc::clone(&services.keys),
        health: Arc::clone(&services.health),
        ids: ids.clone(),
    };
    metrics.readings.begin(&settings.app.version, COMMIT.unwrap_or_default(), started_at(&ids));
    Ok(App {
        services,
        administration,
        audit: AuditService::new(Arc::clone(&trail)),
        sweeper: swept::sweeper(
            Growing {
                pending,
                sessions,
                limiter,
                audit: trail,
                logins: SqlLoginHistory::new(db.clone()),
                audit_retention: settings.auth.audit_retention,
                analytics: analytics_store,
                analytics_retention: settings.analytics.retention,
                chat: chat.swept,
            },
            shared_clock.clone(),
        ),
        hosted: chat.cancellation.map(|cancellation| HostedWork { cancellation, nudge }),
        db,
        clock: shared_clock,
        admin: AdminServices {
            metrics: Arc::new(Page::new(Arc::new(metrics), sources)),
            access: admin_access,
        },
    })
}

/// What the HTTP surface is told.
pub(crate) fn http_settings(settings: &Settings) -> HttpSettings {
    let server = &settings.server;
    let is_https = server.public_url.as_ref().is_some_and(|origin| origin.as_str().starts_with("https://"));
    HttpSettings {
        version: settings.app.version.clone(),
        commit: COMMIT,
        environment: settings.app.env.as_str().to_owned(),
        public_origin: server.public_url.clone(),
        allowed_origins: server.cors_origins.clone(),
        secure: is_https || matches!(settings.app.env, AppEnv::Production | AppEnv::Staging),
        trusted_proxy_hops: server.trusted_proxy_hops,
        body_timeout: server.request_timeout,
        csrf_ttl: settings.auth.csrf_ttl,
        hosted_chat: settings.chat.hosted.is_some(),
        domain_key: settings.chat.domain_key.clone(),
    }
}

/// How the database is worked with.
fn db_settings(settings: &DatabaseSettings) -> DbSettings {
    DbSettings {
        pool_size: at_least_one(settings.pool_size),
        queue: at_least_one(settings.queue),
        start_within: settings.wait,
        statement_timeout: settings.statement_timeout,
        ..DbSettings::new(settings.url.clone())
    }
}

/// Who may ask the admin listener.
fn admin_access(settings: &Settings, digests: &Arc<dyn Digests>) -> AdminAccess {
    match &settings.server.admin.token {
        Some(token) => AdminAccess::by_token(token.expose_secret(), Arc::clone(digests)),
        None => AdminAccess::on_this_machine(),
    }
}

/// Seconds since 1970.
fn started_at(ids: &IdSource) -> f64 {
    ids.now().since(Timestamp::from_secs(0)).as_secs_f64()
}

fn hash_lane(settings: &Settings) -> std::io::Result<HashLane> {
    HashLane::start(LaneSettings {
        threads: settings.auth.hash_threads,
        queue: settings.auth.hash_queue,
        max_wait: settings.auth.hash_wait,
        expected: BcryptHasher::expected_duration(settings.auth.bcrypt_cost),
    })
}

fn hasher(settings: &Settings, lane: &Arc<HashLane>) -> Arc<dyn PasswordHasher> {
    let auth = &settings.auth;
    Arc::new(BcryptHasher::new(Arc::clone(lane), auth.bcrypt_cost, auth.pbkdf2_hashes))
}

/// Who is asked whether a person registers; nobody where the settings say so.
pub(crate) fn bot_check(settings: &Settings) -> Result<Option<Arc<dyn BotCheck>>, BuildError> {
    let Some(recaptcha) = settings.auth.recaptcha.clone() else {
        return Ok(None);
    };
    Ok(Some(Arc::new(RecaptchaCheck::new(recaptcha)?)))
}

fn key_service(
    settings: &Settings,
    master: &MasterKey,
    db: &Db,
    ring: Arc<EcdsaKeyRing>,
    clock: &Arc<dyn Clock>,
    events: &Arc<dyn EventSink>,
) -> KeyService {
    KeyService::new(
        KeyPorts {
            keys: Arc::new(SqlSigningKeys::new(db.clone())),
            factory: Arc::new(EcdsaKeyFactory::new(master)),
            ring,
            clock: Arc::clone(clock),
            events: Arc::clone(events),
        },
        KeyPolicy {
            rotate_after: settings.auth.key_rotate_after,
            announce_for: ANNOUNCE_KEYS_FOR,
            retire_for: settings.auth.session.access_ttl + RETIRE_KEYS_LATER,
        },
    )
}

fn health_service(db: &Db, keys: &Arc<KeyService>) -> HealthService {
    HealthService::new(vec![
        Arc::new(DatabaseCheck::new(db.clone())),
        Arc::new(MigrationsCheck::new(db.clone())),
        Arc::new(KeysCheck::new(Arc::clone(keys))),
    ])
}

/// The key file lies beside the SQLite file; without one, in the data folder.
pub(crate) fn key_file(settings: &Settings) -> PathBuf {
    let folder = settings.database.url.file().and_then(Path::parent).unwrap_or(Path::new("data"));
    folder.join("secret.key")
}

fn at_least_one(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
}
