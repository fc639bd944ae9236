//! The cookies: the browser's session, the refresh token, and the CSRF pair's half.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};

use crate::HttpSettings;
use crate::session_mode::SessionMode;

/// The CSRF token; its name is the existing client's.
pub(crate) const CSRF: &str = "autorisen_csrf";

/// The name of the session's cookie. The prefix makes browsers refuse it unless it is ours alone
/// (RFC 6265bis, section 4.1.3.2); it cannot be had without https.
pub(crate) const fn session_name(settings: &HttpSettings) -> &'static str {
    if settings.secure { "__Host-autorisen_session" } else { "autorisen_session" }
}

/// The name of the refresh token's cookie. With tokens it is the existing client's. In cookie mode
/// it is another, so that a script which asks for tokens has nothing to get them with: only a
/// renewal that answers none reads it.
pub(crate) const fn refresh_name(settings: &HttpSettings, mode: SessionMode) -> &'static str {
    match mode {
        SessionMode::Tokens => "refresh_token",
        SessionMode::Cookie if settings.secure => "__Secure-autorisen_refresh",
        SessionMode::Cookie => "autorisen_refresh",
    }
}

/// The session's cookie.
pub(crate) fn session(settings: &HttpSettings, value: &str, life: Duration) -> Cookie<'static> {
    build(settings, session_name(settings), value, "/", SameSite::Lax, life, true)
}

/// The refresh token's cookie, sent to the auth routes alone.
pub(crate) fn refresh(
    settings: &HttpSettings,
    mode: SessionMode,
    value: &str,
    life: Duration,
) -> Cookie<'static> {
    build(settings, refresh_name(settings, mode), value, "/api/auth", SameSite::Lax, life, true)
}

/// The name of the cookie that marks a device; with the prefix of the session's.
pub(crate) const fn device_name(settings: &HttpSettings) -> &'static str {
    if settings.secure { "__Host-autorisen_device" } else { "autorisen_device" }
}

/// The cookie that marks a device as one where somebody signed in. It stays at a logout: it gives no
/// access, and its owner may have to sign in again while strangers are shut out.
pub(crate) fn device(settings: &HttpSettings, value: &str, life: Duration) -> Cookie<'static> {
    build(settings, device_name(settings), value, "/", SameSite::Lax, life, true)
}

/// The CSRF pair's cookie, which the existing client's script reads.
pub(crate) fn csrf(settings: &HttpSettings, value: &str, life: Duration) -> Cookie<'static> {
    build(settings, CSRF, value, "/", SameSite::Strict, life, false)
}

/// What makes a browser forget the session and its refresh token, however it held them.
pub(crate) fn removals(settings: &HttpSettings) -> [Cookie<'static>; 3] {
    [
        session(settings, "", Duration::ZERO),
        refresh(settings, SessionMode::Tokens, "", Duration::ZERO),
        refresh(settings, SessionMode::Cookie, "", Duration::ZERO),
    ]
}

/// What makes a browser forget the refresh token that it held in the other way, if it has one.
pub(crate) fn removal_of_other(
    request: &HttpRequest,
    settings: &HttpSettings,
    mode: SessionMode,
) -> Option<Cookie<'static>> {
    let other = mode.other();
    request.cookie(refresh_name(settings, other)).map(|_| refresh(settings, other, "", Duration::ZERO))
}

/// The value of a cookie of the request; `None` when it is absent or empty.
pub(crate) fn value(request: &HttpRequest, name: &str) -> Option<String> {
    request.cookie(name).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty())
}

fn build(
    settings: &HttpSettings,
    name: &'static str,
    value: &str,
    path: &'static str,
    same_site: SameSite,
    life: Duration,
    http_only: bool,
) -> Cookie<'static> {
    Cookie::build(name, value.to_owned())
        .path(path)
        .same_site(same_site)
        .max_age(time::Duration::seconds(i64::try_from(life.as_secs()).unwrap_or(i64::MAX)))
        .http_only(http_only)
        .secure(settings.secure)
        .finish()
}
