//! Accounts and sessions: `/api/auth/*`.

pub(crate) mod dto;
mod handlers;
mod passwords;
mod problems;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use crate::middleware::limit::charge_address;
use crate::routing::{get, not_found, post};

/// The routes. All are limited by the client's address.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/api/auth")
            .wrap(from_fn(charge_address))
            .service(get("/health", handlers::health))
            .service(get("/csrf", handlers::csrf))
            .service(post("/register", handlers::register))
            .service(post("/register/step1", handlers::register_step1))
            .service(post("/register/step2", handlers::register_step2))
            .service(post("/login", handlers::login))
            .service(get("/me", handlers::me))
            .service(get("/session", handlers::session))
            .service(post("/refresh", handlers::refresh))
            .service(post("/logout", handlers::logout))
            .service(post("/password/change", passwords::change))
            .default_service(web::to(not_found)),
    );
}
