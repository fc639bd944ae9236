//! The sessions that users see and end: `/api/auth/sessions`.

mod dto;
mod handlers;
mod problems;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use crate::middleware::limit::charge_address;
use crate::routing::{get_or_head, method_not_allowed, not_found};

/// The routes; they come before those of `/api/auth`, whose scope would take them. They are limited
/// by the client's address as all of that scope are.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/api/auth/sessions")
            .wrap(from_fn(charge_address))
            .service(
                web::resource("")
                    .route(get_or_head().to(handlers::list))
                    .route(web::delete().to(handlers::end_others))
                    .default_service(method_not_allowed("GET, HEAD, DELETE")),
            )
            .service(
                web::resource("/{id}")
                    .route(web::delete().to(handlers::end))
                    .default_service(method_not_allowed("DELETE")),
            )
            .default_service(web::to(not_found)),
    );
}
