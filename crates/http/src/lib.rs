//! The HTTP surface: routes, what they take and answer, and the rules every request passes.
//!
//! [`app`] builds it all over the domain's services. Each feature has its folder with `mod.rs`
//! (routes), `dto.rs` (what goes over the wire), `handlers.rs` and `problems.rs` (how each failure
//! is answered).

mod admin;
mod analytics;
mod api;
mod attachments;
mod auth;
mod body;
mod chat;
mod client_address;
mod conversation;
mod cookies;
mod extract;
mod form;
mod front_end;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod log;
mod middleware;
mod onboarding;
mod problem;
mod session_mode;
mod sessions;
mod settings;
mod sign_out;
mod supervision;
mod time;
mod trace;
mod well_known;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use autorisen_domain::analytics::AnalyticsService;
use autorisen_domain::auth::{
    AuthLimits, CsrfTokens, Devices, LoginService, PasswordService, RegistrationService, SessionOverview,
    SessionService,
};
use autorisen_domain::chat::{ChatAccess, ChatTokenService, ConversationService, FileLinks, FileService};
use autorisen_domain::events::EventSink;
use autorisen_domain::health::HealthService;
use autorisen_domain::id::IdSource;
use autorisen_domain::keys::KeyService;
use autorisen_domain::onboarding::OnboardingService;
use autorisen_domain::supervision::Supervision;

use crate::api::Endpoint;

pub use admin::{AdminAccess, AdminServices, MetricsPage, admin_app};
pub use api::document;
pub use conversation::RunningAnswers;
pub use log::{AccessLine, RequestLog};
pub use settings::{HttpSettings, Origin};
pub use trace::{RequestTrace, RequestTracer};

/// What the routes work with.
#[derive(Clone)]
pub struct Services {
    /// Makes accounts.
    pub registration: Arc<RegistrationService>,
    /// Signs users in.
    pub login: Arc<LoginService>,
    /// Changes passwords.
    pub passwords: Arc<PasswordService>,
    /// Says who asks, renews and ends sessions.
    pub sessions: Arc<SessionService>,
    /// Shows users their sessions.
    pub overview: Arc<SessionOverview>,
    /// Marks the devices where somebody signed in.
    pub devices: Arc<Devices>,
    /// Limits requests on auth routes.
    pub limits: Arc<AuthLimits>,
    /// Makes and checks the CSRF pair of the existing client.
    pub csrf: Arc<dyn CsrfTokens>,
    /// Gives chat tokens.
    pub chat: Arc<ChatTokenService>,
    /// Knows who speaks the ChatKit protocol.
    pub chat_access: Arc<ChatAccess>,
    /// Does what the protocol asks for.
    pub conversations: Arc<ConversationService>,
    /// Keeps the files of messages.
    pub files: Arc<FileService>,
    /// Checks the addresses of files.
    pub file_links: Arc<FileLinks>,
    /// The answers that are being given.
    pub answers: RunningAnswers,
    /// Shows users what they have to do.
    pub onboarding: Arc<OnboardingService>,
    /// Takes what front ends track.
    pub analytics: Arc<AnalyticsService>,
    /// Shows administrators the accounts of others.
    pub supervision: Arc<Supervision>,
    /// Knows the signing keys.
    pub keys: Arc<KeyService>,
    /// Knows whether the service can do its work.
    pub health: Arc<HealthService>,
    /// Gives request ids, and tells the time.
    pub ids: IdSource,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
    /// Is told of each request, and of what went wrong behind a 5xx.
    pub log: Arc<dyn RequestLog>,
    /// Follows requests, where anybody wants them followed.
    pub tracer: Option<Arc<dyn RequestTracer>>,
}

/// Every route there is.
fn endpoints(is_hosted: bool) -> Vec<Endpoint> {
    let mut protocol = conversation::endpoints();
    protocol.extend(attachments::endpoints());
    [
        health::endpoints(),
        well_known::endpoints(),
        front_end::endpoints(),
        api::endpoints(),
        auth::endpoints(),
        sessions::endpoints(),
        chat::endpoints(),
        onboarding::endpoints(),
        analytics::endpoints(),
        supervision::endpoints(),
        chat::hosted::unless_hosted(is_hosted, protocol),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The whole application. A request passes the middleware from the last `wrap` to the first.
pub fn app(
    services: &Services,
    settings: &HttpSettings,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(web::Data::new(services.clone()))
        .app_data(web::Data::new(settings.clone()))
        .configure(|config| api::mount(config, endpoints(settings.hosted_chat)))
        .configure(api::guard)
        .default_service(web::to(api::not_found))
        .wrap(from_fn(middleware::origin::refuse_foreign_origins))
        .wrap(middleware::cors::cors(settings))
        .wrap(from_fn(middleware::headers::add_security_headers))
        .wrap(from_fn(middleware::problems::render_problems))
        .wrap(from_fn(middleware::access_log::log_access))
        .wrap(from_fn(middleware::request_context::make_context))
}
