//! The front end that comes along: the page at `/app`, and the module that any page may use.
//!
//! Its sources are in `crates/http/web`; the build script puts them into the binary.

mod accept;
mod files;

use std::future::ready;

use actix_web::http::{StatusCode, header};
use actix_web::web::Redirect;
use actix_web::{HttpRequest, HttpResponse};

pub(crate) use accept::prefers_html;
pub(crate) use files::is_held;

use crate::api::{Access, Answer, Endpoint};

/// Where the page is.
pub(crate) const PAGE: &str = "/app";

/// Where the document of the interface is shown.
const DOCUMENT_PAGE: &str = "/docs";

/// Where the page of administrators is.
const ADMINISTRATION_PAGE: &str = "/app/admin";

/// The routes. None needs a session: what they serve is the same for everybody.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = files::FILES.iter().map(endpoint).collect();
    for (path, page) in [("/app/", PAGE), ("/app/admin/", ADMINISTRATION_PAGE), ("/docs/", DOCUMENT_PAGE)] {
        let lead = move || ready(Redirect::to(page).permanent());
        endpoints.push(Endpoint::get(path, Access::Public, lead).part_of_a_page());
    }
    endpoints
}

fn endpoint(file: &'static files::File) -> Endpoint {
    let endpoint =
        Endpoint::get(file.path, Access::Public, move |request: HttpRequest| ready(file.answer(&request)));
    let endpoint = match file.path {
        PAGE => endpoint.about("app", "The front end that comes along", "A page."),
        DOCUMENT_PAGE => endpoint.about("docs", "This document, for people", "A page."),
        "/autorisen.js" => {
            endpoint.about("module", "The client module, for any page", "It signs in and gets chat tokens.")
        }
        _ => endpoint.part_of_a_page(),
    };
    endpoint
        .answers(Answer::of(StatusCode::OK, "The file.", file.media_type).with("ETag", "Of its content."))
        .answers(Answer::empty(StatusCode::NOT_MODIFIED, "What is held of it is the newest."))
}

/// Leads a browser that knows no more than the host to the page.
pub(crate) fn lead_to_page() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, PAGE)).finish()
}
