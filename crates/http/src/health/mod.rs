//! Heartbeat and health: `/`, `/api/health*` and their aliases.

mod dto;
mod handlers;
mod problems;

use actix_web::web::ServiceConfig;

use crate::routing::get;

/// The routes. None needs a session, and only `ready` asks anybody.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(get("/", handlers::heartbeat))
        .service(get("/api/health", handlers::health))
        .service(get("/healthz", handlers::health))
        .service(get("/api/health/alive", handlers::alive))
        .service(get("/api/health/ping", handlers::ping))
        .service(get("/api/health/ready", handlers::ready))
        .service(get("/readyz", handlers::ready));
}
