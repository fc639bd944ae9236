//! The handlers of the auth routes: parse, call, render.

use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use autorisen_domain::auth::{CsrfCheck, Login, Logout, LogoutError, RegisterError, Role, SignedIn};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::context::Context;
use secrecy::ExposeSecret;

use crate::auth::dto::{
    CsrfDto, Details, HeldDto, LoggedOutDto, LoginDto, OkDto, RegisteredDto, RegisteredUserDto, SignedInDto,
    StartedDto, UserDto, read_details, read_login, read_registration,
};
use crate::body::RawBody;
use crate::extract::{Ctx, CurrentUser, Shown, bearer};
use crate::form::Form;
use crate::problem::Problem;
use crate::session_mode::SessionMode;
use crate::time::rfc3339;
use crate::{HttpSettings, Services, cookies, sign_out};

/// `GET /api/auth/health`.
pub(crate) async fn health() -> HttpResponse {
    HttpResponse::Ok().json(OkDto { ok: true })
}

/// `GET /api/auth/csrf`: the token of the cookie as long as it is good, so that a second tab does
/// not spoil the first one's; else a new one.
pub(crate) async fn csrf(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let now = services.ids.now();
    let held =
        cookies::value(&request, cookies::CSRF).and_then(|token| match services.csrf.check(&token, now) {
            CsrfCheck::Valid { until } => Some((token, until.since(now))),
            CsrfCheck::Invalid => None,
        });
    let (token, life) = match held {
        // One that is about to end would fail the form that is being filled in.
        Some((token, left)) if left > settings.csrf_ttl / 2 => (token, left),
        _ => (services.csrf.issue(now)?, settings.csrf_ttl),
    };
    Ok(HttpResponse::Ok().cookie(cookies::csrf(&settings, &token, life)).json(CsrfDto { csrf_token: token }))
}

/// `POST /api/auth/register/step1`.
pub(crate) async fn register_step1(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read(&body)?;
    let registration = read_registration(&mut form, None);
    form.finish()?;
    let registration = registration.ok_or_else(incomplete)?;
    let started = services.registration.begin(&ctx, registration).await?;
    Ok(HttpResponse::Created().json(StartedDto {
        temp_token: started.token.expose_secret(),
        expires_at: rfc3339(started.expires_at),
    }))
}

/// `POST /api/auth/register/step2`.
pub(crate) async fn register_step2(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let token = bearer(&request).map_err(|_| Problem::from(RegisterError::TokenInvalid))?;
    if token.is_none() {
        return Err(RegisterError::TokenMissing.into());
    }
    let mut form = Form::read(&body)?;
    let details = read_details(&mut form);
    let mode = SessionMode::read(&mut form);
    form.finish()?;
    let Details { company_name, profile, profile_json } = details.ok_or_else(incomplete)?;
    let signed_in = services.registration.finish(&ctx, token.as_deref(), company_name, profile).await?;
    let browser = Browser { services: &services, settings: &settings, ctx: &ctx, request: &request, mode };
    Ok(browser.registered(StatusCode::OK, &signed_in, &profile_json).await)
}

/// `POST /api/auth/register`: both steps in one call.
pub(crate) async fn register(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read(&body)?;
    let registration = read_registration(&mut form, Some(Role::Customer));
    let details = read_details(&mut form);
    let mode = SessionMode::read(&mut form);
    form.finish()?;
    let (registration, details) = registration.zip(details).ok_or_else(incomplete)?;
    let Details { company_name, profile, profile_json } = details;
    let signed_in = services.registration.register(&ctx, registration, company_name, profile).await?;
    let browser = Browser { services: &services, settings: &settings, ctx: &ctx, request: &request, mode };
    Ok(browser.registered(StatusCode::CREATED, &signed_in, &profile_json).await)
}

/// `POST /api/auth/login`.
pub(crate) async fn login(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let (login, mode) = read_login(&body)?;
    let login = Login { device: cookies::value(&request, cookies::device_name(&settings)), ..login };
    let signed_in = services.login.login(&ctx, login).await?;
    let browser = Browser { services: &services, settings: &settings, ctx: &ctx, request: &request, mode };
    Ok(browser.signed_in(&signed_in).await)
}

/// `GET /api/auth/me`.
pub(crate) async fn me(CurrentUser(principal): CurrentUser) -> HttpResponse {
    HttpResponse::Ok().json(UserDto::from(&principal.user))
}

/// `GET /api/auth/session`: who is signed in, or null. A page asks this when it opens: that nobody is
/// signed in is an answer then, and no fault that its browser writes into the console.
pub(crate) async fn session(asked: Option<CurrentUser>) -> HttpResponse {
    let user = asked.map(|CurrentUser(principal)| UserDto::from(&principal.user));
    HttpResponse::Ok().json(SignedInDto { user })
}

/// `POST /api/auth/refresh`: the token from the body, whatever its label, else from the cookie. In
/// cookie mode it is the cookie's, of that mode or of the other, for a front end that changes over.
pub(crate) async fn refresh(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read_optional(&body)?;
    let mode = SessionMode::read(&mut form);
    let stated = match mode {
        SessionMode::Tokens => form.optional("refresh_token", Ok::<_, std::convert::Infallible>),
        SessionMode::Cookie => None,
    };
    form.finish()?;
    let held = |mode| cookies::value(&request, cookies::refresh_name(&settings, mode));
    let token = stated.filter(|token| !token.is_empty()).or_else(|| match mode {
        SessionMode::Tokens => held(SessionMode::Tokens),
        SessionMode::Cookie => held(SessionMode::Cookie).or_else(|| held(SessionMode::Tokens)),
    });

    let renewed = services.sessions.refresh(&ctx, token.as_deref()).await?;
    let life = left(&services, renewed.keep_until);
    let mut response = HttpResponse::Ok();
    response.cookie(cookies::refresh(&settings, mode, renewed.refresh.token.expose_secret(), life));
    if let Some(removal) = cookies::removal_of_other(&request, &settings, mode) {
        response.cookie(removal);
    }
    Ok(response.json(HeldDto::of_renewal(mode, &renewed, services.ids.now())))
}

/// `POST /api/auth/logout`: works from header or cookies alone, with or without a body.
pub(crate) async fn logout(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read_optional(&body)?;
    let all_devices = form.flag("all_devices");
    form.finish()?;
    let shown = Shown::of(&request).map_err(|_| Problem::from(LogoutError::Invalid))?;
    let refresh = [SessionMode::Cookie, SessionMode::Tokens]
        .into_iter()
        .find_map(|mode| cookies::value(&request, cookies::refresh_name(&settings, mode)));
    let logout = Logout { shown: shown.as_credentials(), refresh: refresh.as_deref(), all_devices };
    services.sessions.logout(&ctx, logout).await?;

    let mut response = HttpResponse::Ok();
    sign_out::forget(&request, &settings, &mut response);
    Ok(response.json(LoggedOutDto { message: "Logged out" }))
}

/// What an answer that begins a session is made from.
pub(super) struct Browser<'a> {
    pub(super) services: &'a Services,
    pub(super) settings: &'a HttpSettings,
    pub(super) ctx: &'a Context,
    pub(super) request: &'a HttpRequest,
    pub(super) mode: SessionMode,
}

impl Browser<'_> {
    /// The answer to who has signed in.
    pub(super) async fn signed_in(&self, signed_in: &SignedIn) -> HttpResponse {
        self.begin(StatusCode::OK, signed_in).await.json(LoginDto {
            held: HeldDto::of_login(self.mode, signed_in, self.services.ids.now()),
            email_verified: signed_in.user.email_verified,
        })
    }

    async fn registered(
        &self,
        status: StatusCode,
        signed_in: &SignedIn,
        profile: &serde_json::Map<String, serde_json::Value>,
    ) -> HttpResponse {
        self.begin(status, signed_in).await.json(RegisteredDto {
            held: HeldDto::of_login(self.mode, signed_in, self.services.ids.now()),
            user: RegisteredUserDto { user: UserDto::from(&signed_in.user), profile },
        })
    }

    /// An answer that carries the cookies of a new session.
    async fn begin(&self, status: StatusCode, signed_in: &SignedIn) -> HttpResponseBuilder {
        let Self { services, settings, request, mode, .. } = *self;
        self.end_replaced().await;
        let SignedIn { refresh, cookie, .. } = signed_in;
        let life = left(services, cookie.expires_at);
        let mut response = HttpResponseBuilder::new(status);
        response
            .cookie(cookies::session(settings, cookie.token.expose_secret(), life))
            .cookie(cookies::refresh(settings, mode, refresh.token.expose_secret(), life));
        if let Some(removal) = cookies::removal_of_other(request, settings, mode) {
            response.cookie(removal);
        }
        if let Some(mark) = self.mark_device(signed_in) {
            response.cookie(mark);
        }
        response
    }

    /// Marks the device, so that its owner can sign in there while strangers are shut out.
    fn mark_device(&self, signed_in: &SignedIn) -> Option<Cookie<'static>> {
        let shown = cookies::value(self.request, cookies::device_name(self.settings));
        match self.services.devices.remember(shown.as_deref(), &signed_in.user.email) {
            Ok(mark) => Some(cookies::device(self.settings, &mark.value, mark.life)),
            Err(cause) => {
                // The login counts all the same.
                self.services.log.fault(&self.ctx.request_id, &cause);
                None
            }
        }
    }

    /// Ends the session whose cookie is about to be replaced: nobody would hold it any more. With
    /// tokens somebody may.
    async fn end_replaced(&self) {
        let name = cookies::session_name(self.settings);
        if self.mode == SessionMode::Cookie
            && let Some(old) = cookies::value(self.request, name)
            && let Err(cause) = self.services.sessions.replace(self.ctx, &old).await
        {
            // The new session counts all the same; the old one ends by itself.
            self.services.log.fault(&self.ctx.request_id, &cause);
        }
    }
}

fn left(services: &Services, until: Timestamp) -> Duration {
    until.since(services.ids.now())
}

/// A form without a fault has all its required fields; this answer is never given.
fn incomplete() -> Problem {
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
}
