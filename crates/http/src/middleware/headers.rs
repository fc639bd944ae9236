//! Security headers on every answer, also on errors.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::HttpSettings;
use crate::middleware::cors::EXPOSED;

/// What a browser shall not do with our answers. A handler that needs more says so itself.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds what is missing.
pub(crate) async fn add_security_headers(
    settings: Data<HttpSettings>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let depends_on_user = ["/api/auth", "/api/chatkit", "/api/flows", "/api/admin"]
        .iter()
        .any(|path| request.path().starts_with(path));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if depends_on_user {
        // Beside what CORS says; a line more means the same as a longer one (RFC 9110, section 5.3).
        headers.append(header::VARY, HeaderValue::from_static("Cookie, Authorization"));
    }
    for (name, value) in ALWAYS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    // Said here and not by the CORS middleware, whose order of the names differs between workers.
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    if settings.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    Ok(response)
}
