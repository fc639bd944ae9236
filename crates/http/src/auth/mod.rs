//! Accounts and sessions: `/api/auth/*`.

mod bodies;
pub(crate) mod dto;
mod handlers;
mod passwords;
mod problems;

use actix_web::http::StatusCode;
use autorisen_domain::auth::{ChangePasswordError, LoginError, LogoutError, RefreshError, RegisterError};
use autorisen_domain::error::PortError;
use autorisen_domain::events::Action;

use crate::api::{Access, Answer, Body, Endpoint, Proof};

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = registration();
    endpoints.extend(sessions());
    endpoints.extend(questions());
    endpoints
}

fn registration() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/auth/register", Access::Public, handlers::register)
            .limited_as(Action::Register)
            .with_csrf_pair()
            .about("register", "Makes an account, in one call", "Who asks is signed in then.")
            .takes(Body::json(bodies::registration))
            .answers(registered(StatusCode::CREATED))
            .fails::<RegisterError>()
            .fails::<problems::PasswordsDiffer>(),
        Endpoint::post("/api/auth/register/step1", Access::Public, handlers::register_step1)
            .limited_as(Action::Register)
            .with_csrf_pair()
            .about(
                "registerStep1",
                "Begins a registration",
                "Step 2 finishes it, with the token of the answer.",
            )
            .takes(Body::json(bodies::step1))
            .answers(Answer::json::<dto::StartedDto<'_>>(StatusCode::CREATED, "It has begun."))
            .fails::<RegisterError>()
            .fails::<problems::PasswordsDiffer>(),
        Endpoint::post(
            "/api/auth/register/step2",
            Access::Proof(Proof::Registration),
            handlers::register_step2,
        )
        .limited_as(Action::Register)
        .with_csrf_pair()
        .about("registerStep2", "Finishes a registration", "Who asks is signed in then.")
        .takes(Body::json(bodies::step2))
        .answers(registered(StatusCode::OK))
        .fails::<RegisterError>()
        .fails::<problems::RegistrationToken>(),
    ]
}

fn registered(status: StatusCode) -> Answer {
    Answer::json::<dto::RegisteredDto<'_>>(status, "The account, and its first session.").with_cookies()
}

fn sessions() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/auth/login", Access::Public, handlers::login)
            .limited_as(Action::Login)
            .with_csrf_pair()
            .about(
                "login",
                "Signs in",
                "A wrong password and an address without an account are answered alike.",
            )
            .takes(Body::json(bodies::login))
            .answers(signed_in())
            .fails::<LoginError>(),
        Endpoint::post("/api/auth/refresh", Access::Proof(Proof::Refresh), handlers::refresh)
            .limited_as(Action::Refresh)
            .about(
                "refresh",
                "Renews a session",
                "The token that was shown is spent then. Shown once more within seconds it is answered with the \
                 same successor; shown later it ends its session.",
            )
            .takes(Body::optional_json(bodies::refresh))
            .answers(
                Answer::json::<dto::HeldDto<'_>>(StatusCode::OK, "The session goes on.").with_cookies(),
            )
            .fails::<RefreshError>(),
        Endpoint::post("/api/auth/logout", Access::Proof(Proof::AnythingHeld), handlers::logout)
            .limited_as(Action::Logout)
            .with_csrf_pair()
            .about("logout", "Signs out", "Who is signed out already is told the same.")
            .takes(Body::optional_json(bodies::logout))
            .answers(
                Answer::json::<dto::LoggedOutDto>(StatusCode::OK, "Nobody is signed in any more.")
                    .with_cookies(),
            )
            .fails::<LogoutError>(),
        Endpoint::post("/api/auth/password/change", Access::Session, passwords::change)
            .limited_as(Action::PasswordChange)
            .with_csrf_pair()
            .about(
                "changePassword",
                "Changes the password of who asks",
                "Every session of the account ends, also the one that asks; the answer holds a new one.",
            )
            .takes(Body::json(bodies::password_change))
            .answers(signed_in())
            .fails::<ChangePasswordError>(),
    ]
}

fn signed_in() -> Answer {
    Answer::json::<dto::LoginDto<'_>>(StatusCode::OK, "A new session.").with_cookies()
}

fn questions() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/auth/health", Access::Public, handlers::health)
            .about("authHealth", "Whether these routes are there", "")
            .answers(Answer::json::<dto::OkDto>(StatusCode::OK, "They are.")),
        Endpoint::get("/api/auth/csrf", Access::Public, handlers::csrf)
            .limited_as(Action::Csrf)
            .about(
                "csrf",
                "A token for the CSRF pair",
                "The one of the cookie as long as it is good. No client has to send the pair; half of one is \
                 refused.",
            )
            .answers(Answer::json::<dto::CsrfDto>(StatusCode::OK, "The token.").with_cookies())
            .fails::<PortError>(),
        Endpoint::get("/api/auth/me", Access::Session, handlers::me)
            .about("me", "Who is signed in", "")
            .answers(Answer::json::<dto::UserDto>(StatusCode::OK, "The account.")),
        Endpoint::get("/api/auth/session", Access::SessionIfAny, handlers::session)
            .about(
                "session",
                "Who is signed in, or null",
                "A page asks this when it opens: that nobody is signed in is an answer then, and no fault.",
            )
            .answers(Answer::json::<dto::SignedInDto>(StatusCode::OK, "The account, or null.")),
    ]
}
