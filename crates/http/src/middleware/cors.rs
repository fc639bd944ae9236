//! CORS: an exact allow list, with credentials.

use actix_cors::Cors;

use crate::HttpSettings;

/// What a page may read of an answer beside its body. By the date it tells how its clock differs.
pub(crate) const EXPOSED: &str = "date, retry-after, www-authenticate, x-request-id";

/// Pages of the allowed origins may call us with whatever headers their client sends; others get
/// no permission, and what they try anyway meets the origin rule.
pub(crate) fn cors(settings: &HttpSettings) -> Cors {
    settings
        .allowed_origins
        .iter()
        .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin.as_str()))
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allow_any_header()
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(86_400)
}
