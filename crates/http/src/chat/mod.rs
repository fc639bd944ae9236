//! ChatKit: `/api/chatkit/*`.

mod dto;
mod handlers;
pub(crate) mod hosted;
mod problems;
mod tools;

use actix_web::web::{self, ServiceConfig};

use crate::routing::{get, get_or_head, method_not_allowed, post};

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::resource("/api/chatkit/token")
            .route(web::post().to(handlers::token_by_post))
            .route(get_or_head().to(handlers::token_by_get))
            .default_service(method_not_allowed("GET, HEAD, POST")),
    );
    config.service(get("/api/chatkit/options", handlers::options));
    config.service(post("/api/chatkit/tools/{name}", tools::call));
}
