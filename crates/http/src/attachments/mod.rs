//! The bytes of attachments: `/api/chatkit/attachments`.

mod handlers;
pub(crate) mod upload;

use actix_web::web::{self, ServiceConfig};

use crate::routing::{get_or_head, method_not_allowed, post};

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(post("/api/chatkit/attachments", handlers::upload_direct)).service(
        web::resource("/api/chatkit/attachments/{id}")
            .route(get_or_head().to(handlers::read))
            .route(web::post().to(handlers::upload_form))
            .route(web::put().to(handlers::upload_body))
            .default_service(method_not_allowed("GET, HEAD, POST, PUT")),
    );
}
