//! What crawlers, browsers and other services look for: robots, favicon, the public keys.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{Data, ServiceConfig};
use serde_json::json;

use crate::Services;
use crate::routing::get;

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(get("/robots.txt", robots))
        .service(get("/favicon.ico", favicon))
        .service(get("/.well-known/jwks.json", jwks));
}

async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body("User-agent: *\nDisallow: /wp-\nDisallow: /xmlrpc.php\n")
}

async fn favicon() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/x-icon")
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000"))
        .finish()
}

/// The public halves of the signing keys (RFC 7517), the next one among them, so that a verifier
/// that asks every few minutes knows a key before it signs.
async fn jwks(services: Data<Services>) -> HttpResponse {
    let keys: Vec<_> = services
        .keys
        .public_keys()
        .into_iter()
        .map(|key| {
            json!({
                "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                "kid": key.id.as_str(), "x": key.x, "y": key.y,
            })
        })
        .collect();
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(json!({ "keys": keys }))
}
