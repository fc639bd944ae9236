//! `/api/openapi.json`: the document, as it is served.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, EntityTag};
use actix_web::{HttpRequest, HttpResponse};

use crate::api::access::Access;
use crate::api::document::document;
use crate::api::endpoint::Endpoint;
use crate::api::operation::Answer;
use crate::front_end::is_held;

/// It is made when it is first asked for, and is the same as long as the program runs.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The route.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/openapi.json", Access::Public, answer)
            .about("openapi", "This document", "OpenAPI 3.1; the page /docs shows it.")
            .answers(Answer::json::<serde_json::Map<String, serde_json::Value>>(
                StatusCode::OK,
                "The document.",
            ))
            .answers(Answer::empty(StatusCode::NOT_MODIFIED, "What is held of it is the newest.")),
    ]
}

async fn answer(request: HttpRequest) -> HttpResponse {
    let mut hasher = DefaultHasher::new();
    DOCUMENT.hash(&mut hasher);
    let tag = EntityTag::new_strong(format!("{:016x}", hasher.finish()));
    let is_held = is_held(&request, &tag);
    let mut response = if is_held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_held {
        response.finish()
    } else {
        response.content_type("application/json").body(DOCUMENT.as_str())
    }
}
