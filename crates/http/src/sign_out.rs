//! What a browser is told when its session has ended.

use actix_web::http::header::{AUTHORIZATION, HeaderName};
use actix_web::{HttpRequest, HttpResponseBuilder};

use crate::session_mode::SessionMode;
use crate::{HttpSettings, cookies};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Lets the browser forget the cookies of the session, and what else may be left of it.
pub(crate) fn forget(request: &HttpRequest, settings: &HttpSettings, response: &mut HttpResponseBuilder) {
    for cookie in cookies::removals(settings) {
        response.cookie(cookie);
    }
    if let Some(data) = data_to_clear(request, settings) {
        response.insert_header((CLEAR_SITE_DATA, data));
    }
}

/// The existing client keeps tokens in its storage. Who shows a bearer token looks after its tokens
/// itself, unless it is a browser in cookie mode. Never all cookies: those of the session are removed
/// one by one, the mark of the device must stay, and the header would reach those of the whole
/// registrable domain.
fn data_to_clear(request: &HttpRequest, settings: &HttpSettings) -> Option<&'static str> {
    let in_cookies = cookies::value(request, cookies::refresh_name(settings, SessionMode::Cookie)).is_some();
    let shows_bearer = request.headers().contains_key(AUTHORIZATION);
    (in_cookies || !shows_bearer).then_some("\"storage\"")
}
