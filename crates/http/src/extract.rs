//! What handlers take: the call's context, and who was let in.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use autorisen_domain::auth::{AuthenticateError, CsrfCheck, Principal, ShownCredentials};
use autorisen_domain::chat::Caller;
use autorisen_domain::context::Context;
use autorisen_domain::events::Action;
use autorisen_domain::supervision::Administrator;
use futures_util::future::{Ready, ready};

use crate::problem::{Failure, Problem};
use crate::{HttpSettings, Services, cookies};

/// The context of the call, made by the middleware for every request.
pub(crate) struct Ctx(pub(crate) Context);

impl FromRequest for Ctx {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context_of(request).map(Self))
    }
}

/// Who was let in, as the route left it for the handler.
pub(crate) struct Admitted<T>(pub(crate) T);

/// The user who is signed in, by an access token or the browser's cookie. The route lets nobody else in.
pub(crate) struct CurrentUser(pub(crate) Principal);

impl FromRequest for CurrentUser {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admitted(request).map(Self))
    }
}

/// Who speaks in the chat, by a chat token or a live session. The route lets nobody else in.
pub(crate) struct Speaker(pub(crate) Caller);

impl FromRequest for Speaker {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admitted(request).map(Self))
    }
}

/// The administrator who asks. The route lets nobody else in.
pub(crate) struct ByAdministrator(pub(crate) Administrator);

impl FromRequest for ByAdministrator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admitted(request).map(Self))
    }
}

/// A route whose rule lets others in, too, has nobody here: that is a fault of ours, and nobody gets in.
fn admitted<T: 'static>(request: &HttpRequest) -> Result<T, Problem> {
    request.extensions_mut().remove::<Admitted<T>>().map(|Admitted(who)| who).ok_or_else(misconfigured)
}

/// Says who is signed in. Guessing is limited; those who are signed in are not.
pub(crate) async fn current_user(request: &HttpRequest) -> Result<Principal, Problem> {
    let services = services_of(request)?;
    let shown = Shown::of(request);
    let found = match &shown {
        Ok(shown) => services.sessions.authenticate(shown.as_credentials()).await,
        Err(Contradiction) => Err(AuthenticateError::Invalid),
    };
    match found {
        Ok(principal) => Ok(principal),
        Err(error @ AuthenticateError::Port(_)) => Err(error.into()),
        Err(error) => {
            services.limits.charge_address(&context_of(request)?, Action::Session).await?;
            Err(error.into())
        }
    }
}

/// More than one `Authorization` header, or one that cannot be read.
pub(crate) struct Contradiction;

/// What a request shows to say who sends it.
#[derive(Default)]
pub(crate) struct Shown {
    bearer: Option<String>,
    cookie: Option<String>,
}

impl Shown {
    /// Reads header and cookie. A scheme other than `Bearer` shows nothing to us.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Contradiction> {
        let cookie = request
            .app_data::<Data<HttpSettings>>()
            .and_then(|settings| cookies::value(request, cookies::session_name(settings)));
        Ok(Self { bearer: bearer(request)?, cookie })
    }

    /// The same for the domain.
    pub(crate) fn as_credentials(&self) -> ShownCredentials<'_> {
        ShownCredentials { bearer: self.bearer.as_deref(), cookie: self.cookie.as_deref() }
    }
}

/// The token of the one `Authorization: Bearer` header, the scheme in any case (RFC 9110, section 11.1).
pub(crate) fn bearer(request: &HttpRequest) -> Result<Option<String>, Contradiction> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(value), None) = (headers.next(), headers.next()) else {
        return if request.headers().contains_key(AUTHORIZATION) { Err(Contradiction) } else { Ok(None) };
    };
    let value = value.to_str().map_err(|_| Contradiction)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned()))
}

/// What [`check_csrf_pair`] refuses.
pub(crate) const CSRF_REFUSED: Failure = (StatusCode::FORBIDDEN, "csrf");

/// Checks the CSRF pair of the existing client: both halves good, or neither there.
///
/// A request with neither is judged by its origin alone, as every request is.
pub(crate) fn check_csrf_pair(request: &HttpRequest) -> Result<(), Problem> {
    let refused = |detail| Err(Problem::new(CSRF_REFUSED.0, CSRF_REFUSED.1, detail));
    let header = ["x-csrf-token", "x-csrftoken", "x-xsrf-token"]
        .iter()
        .find_map(|name| request.headers().get(*name))
        .map(|value| value.to_str().unwrap_or("").to_owned())
        .filter(|value| !value.is_empty());
    let cookie = cookies::value(request, cookies::CSRF);
    match (header, cookie) {
        (None, None) => Ok(()),
        (None, _) | (_, None) => refused("Missing CSRF token"),
        (Some(header), Some(cookie)) if header != cookie => refused("CSRF token mismatch"),
        (Some(token), Some(_)) => {
            let services = services_of(request)?;
            match services.csrf.check(&token, services.ids.now()) {
                CsrfCheck::Valid { .. } => Ok(()),
                CsrfCheck::Invalid => refused("Invalid CSRF token"),
            }
        }
    }
}

/// The context that the middleware made.
pub(crate) fn context_of(request: &HttpRequest) -> Result<Context, Problem> {
    request.extensions().get::<Context>().cloned().ok_or_else(misconfigured)
}

/// The services of the application.
pub(crate) fn services_of(request: &HttpRequest) -> Result<Data<Services>, Problem> {
    request.app_data::<Data<Services>>().cloned().ok_or_else(misconfigured)
}

fn misconfigured() -> Problem {
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
}
