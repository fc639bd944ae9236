//! The cookies: the browser's session, the refresh token, and the CSRF pair's half.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::{COOKIE, HeaderValue};

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
    let is_held = values(lines(request), refresh_name(settings, other)).next().is_some();
    is_held.then(|| refresh(settings, other, "", Duration::ZERO))
}

/// The value of a cookie of the request; `None` when it is absent or empty, or comes with two values:
/// then a page of a neighbouring domain may have set one of them, and nothing says which is ours.
pub(crate) fn value(request: &HttpRequest, name: &str) -> Option<String> {
    the_value(lines(request), name)
}

fn lines(request: &HttpRequest) -> impl Iterator<Item = &[u8]> {
    request.headers().get_all(COOKIE).map(HeaderValue::as_bytes)
}

fn the_value<'a>(lines: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<String> {
    let mut values = values(lines, name).filter(|value| !value.is_empty());
    let value = values.next()?;
    if values.any(|other| other != value) {
        return None;
    }
    String::from_utf8(value.to_vec()).ok()
}

/// The values of one name. It is compared by the letter: a browser keeps `__Host-` for us by the
/// letter, so what would only decode to it is somebody else's. What others set may be any bytes.
fn values<'a>(lines: impl Iterator<Item = &'a [u8]>, name: &str) -> impl Iterator<Item = &'a [u8]> {
    lines.flat_map(|line| line.split(|&byte| byte == b';')).filter_map(move |pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (found, value) = pair.split_at_checked(equals)?;
        (found.trim_ascii() == name.as_bytes())
            .then(|| value.strip_prefix(b"=").unwrap_or_default().trim_ascii())
    })
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

/// What fuzzing calls: [`value`] of one header.
#[cfg(feature = "fuzzing")]
pub(crate) fn value_in(header: &[u8], name: &str) -> Option<String> {
    the_value(std::iter::once(header), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "__Host-autorisen_session";

    fn read(lines: &[&[u8]]) -> Option<String> {
        the_value(lines.iter().copied(), NAME)
    }

    #[test]
    fn a_cookie_is_found_among_whatever_others_set() {
        for line in [
            &b"__Host-autorisen_session=mine"[..],
            b"a=b; __Host-autorisen_session=mine; c=d",
            b"nameless; ;;=; =x;\xff\xfe=\x80;__Host-autorisen_session=mine",
            b"__Host-autorisen_session=; __Host-autorisen_session=mine",
            b"__Host-autorisen_session=mine; __Host-autorisen_session=mine",
        ] {
            assert_eq!(read(&[line]).as_deref(), Some("mine"), "{line:?}");
        }
        assert_eq!(read(&[b"a=b", b"__Host-autorisen_session=mine"]).as_deref(), Some("mine"));
    }

    #[test]
    fn a_name_that_only_looks_like_ours_is_not() {
        for name in [
            "__Host%2Dautorisen_session",
            "__Host%2dautorisen_session",
            "%5f%5FHost-autorisen_session",
            "__host-autorisen_session",
            "__HOST-autorisen_session",
            "autorisen_session",
            "x__Host-autorisen_session",
            "__Host-autorisen_session2",
            "__Host-\u{200b}autorisen_session",
            "",
        ] {
            assert_eq!(read(&[format!("{name}=planted").as_bytes()]), None, "{name}");
        }
        assert_eq!(read(&[b"a=__Host-autorisen_session=planted"]), None);
    }

    #[test]
    fn of_two_values_neither_counts() {
        for lines in [
            &[&b"__Host-autorisen_session=mine; __Host-autorisen_session=planted"[..]][..],
            &[b"__Host-autorisen_session=mine", b"__Host-autorisen_session=planted"],
        ] {
            assert_eq!(read(lines), None);
        }
        assert_eq!(read(&[b"__Host-autorisen_session=m\xffne"]), None);
    }
}
