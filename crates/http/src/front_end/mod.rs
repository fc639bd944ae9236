//! The front end that comes along: the page at `/app`, and the module that any page may use.
//!
//! Its sources are in `crates/http/web`; the build script puts them into the binary.

mod accept;
mod files;

use std::future::ready;

use actix_web::http::header;
use actix_web::web::{Redirect, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

pub(crate) use accept::prefers_html;

use crate::routing::get;

/// Where the page is.
pub(crate) const PAGE: &str = "/app";

/// The routes. None needs a session: what they serve is the same for everybody.
pub(crate) fn routes(config: &mut ServiceConfig) {
    for file in files::FILES {
        config.service(get(file.path, |request: HttpRequest| ready(file.answer(&request))));
    }
    config.service(get("/app/", || ready(Redirect::to(PAGE).permanent())));
}

/// Leads a browser that knows no more than the host to the page.
pub(crate) fn lead_to_page() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, PAGE)).finish()
}
