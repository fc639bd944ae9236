//! Heartbeat and health: `/`, `/api/health*` and their aliases.

mod dto;
mod handlers;
mod problems;

use actix_web::http::StatusCode;
use autorisen_domain::health::Readiness;

use crate::api::{Access, Answer, Endpoint};

/// The routes. None needs a session, and only `ready` asks anybody.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/", Access::Public, handlers::heartbeat)
            .about("heartbeat", "The heartbeat", "A browser, which prefers HTML, is led to the page.")
            .answers(Answer::json::<dto::HeartbeatDto<'_>>(StatusCode::OK, "The service answers."))
            .answers(Answer::empty(StatusCode::SEE_OTHER, "To the page.").with("Location", "The page.")),
        health("/api/health", "health"),
        health("/healthz", "healthz"),
        Endpoint::get("/api/health/alive", Access::Public, handlers::alive)
            .about("alive", "Whether the process lives", "")
            .answers(Answer::json::<dto::AliveDto>(StatusCode::OK, "It does.")),
        Endpoint::get("/api/health/ping", Access::Public, handlers::ping)
            .about("ping", "Ping", "")
            .answers(Answer::json::<dto::PongDto<'_>>(StatusCode::OK, "Pong.")),
        ready("/api/health/ready", "ready"),
        ready("/readyz", "readyz"),
    ]
}

fn health(path: &'static str, id: &'static str) -> Endpoint {
    Endpoint::get(path, Access::Public, handlers::health)
        .about(id, "The state of the process", "It says of the process alone that it runs.")
        .answers(Answer::json::<dto::HealthDto<'_>>(StatusCode::OK, "It runs."))
}

fn ready(path: &'static str, id: &'static str) -> Endpoint {
    Endpoint::get(path, Access::Public, handlers::ready)
        .about(id, "Whether requests should be sent here", "Database, migrations and keys are looked at.")
        .answers(Answer::json::<dto::ReadyDto>(StatusCode::OK, "They should."))
        .fails::<Readiness>()
}
