//! What crawlers, browsers and other services look for: robots, favicon, the public keys.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::web::Data;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::Services;
use crate::api::{Access, Answer, Endpoint};

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/robots.txt", Access::Public, robots)
            .about("robots", "What crawlers shall not look for", "")
            .answers(Answer::of(StatusCode::OK, "The rules.", "text/plain; charset=utf-8")),
        Endpoint::get("/favicon.ico", Access::Public, favicon)
            .about("favicon", "No picture", "Browsers ask for it.")
            .answers(Answer::of(StatusCode::OK, "Nothing.", "image/x-icon")),
        Endpoint::get("/.well-known/jwks.json", Access::Public, jwks)
            .about(
                "jwks",
                "The public keys of access tokens",
                "As RFC 7517 has it. The next key is among them, so that a verifier that asks every few minutes \
                 knows it before it signs.",
            )
            .answers(Answer::json::<JwksDto>(StatusCode::OK, "The keys.")),
    ]
}

/// The public halves of the signing keys (RFC 7517).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Jwks", example = json!({"keys": [{
    "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "2026-01-31-a1b2",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}]}))]
struct JwksDto {
    keys: Vec<JwkDto>,
}

/// One of them (RFC 7518, section 6.2.1).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Jwk")]
struct JwkDto {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x: String,
    y: String,
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
    let keys = services
        .keys
        .public_keys()
        .into_iter()
        .map(|key| JwkDto {
            kty: "EC",
            crv: "P-256",
            alg: "ES256",
            usage: "sig",
            kid: key.id.as_str().to_owned(),
            x: key.x,
            y: key.y,
        })
        .collect();
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(JwksDto { keys })
}
