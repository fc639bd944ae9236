//! CORS: an exact allow list, with credentials.

use actix_cors::Cors;
use actix_web::http::header;

use crate::HttpSettings;

/// Pages of the allowed origins may call us with whatever headers their client sends; others get
/// no permission, and what they try anyway meets the origin rule.
pub(crate) fn cors(settings: &HttpSettings) -> Cors {
    settings
        .allowed_origins
        .iter()
        .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin.as_str()))
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allow_any_header()
        .expose_headers([header::RETRY_AFTER.as_str(), header::WWW_AUTHENTICATE.as_str(), "x-request-id"])
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(86_400)
}
