//! The handlers of the auth routes: parse, call, render.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use autorisen_domain::auth::{CsrfCheck, Issued, Logout, LogoutError, RegisterError, Role, SignedIn};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::auth::dto::{
    Details, LoginDto, RegisteredDto, RegisteredUserDto, TokensDto, UserDto, read_details, read_login,
    read_registration,
};
use crate::body::RawBody;
use crate::extract::{CsrfPair, Ctx, CurrentUser, Shown, bearer};
use crate::form::Form;
use crate::problem::Problem;
use crate::time::rfc3339;
use crate::{HttpSettings, Services, cookies};

/// `GET /api/auth/health`.
pub(crate) async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({"ok": true}))
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
    Ok(HttpResponse::Ok().cookie(cookies::csrf(&settings, &token, life)).json(json!({"csrf_token": token})))
}

/// `POST /api/auth/register/step1`.
pub(crate) async fn register_step1(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    _: CsrfPair,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read(&body)?;
    let registration = read_registration(&mut form, None);
    form.finish()?;
    let registration = registration.ok_or_else(incomplete)?;
    let started = services.registration.begin(&ctx, registration).await?;
    Ok(HttpResponse::Created().json(json!({
        "temp_token": started.token.expose_secret(),
        "expires_at": rfc3339(started.expires_at),
    })))
}

/// `POST /api/auth/register/step2`.
pub(crate) async fn register_step2(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    _: CsrfPair,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let token = bearer(&request).map_err(|_| Problem::from(RegisterError::TokenInvalid))?;
    if token.is_none() {
        return Err(RegisterError::TokenMissing.into());
    }
    let mut form = Form::read(&body)?;
    let details = read_details(&mut form);
    form.finish()?;
    let Details { company_name, profile, profile_json } = details.ok_or_else(incomplete)?;
    let signed_in = services.registration.finish(&ctx, token.as_deref(), company_name, profile).await?;
    Ok(registered(StatusCode::OK, &services, &settings, &signed_in, &profile_json))
}

/// `POST /api/auth/register`: both steps in one call.
pub(crate) async fn register(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    _: CsrfPair,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read(&body)?;
    let registration = read_registration(&mut form, Some(Role::Customer));
    let details = read_details(&mut form);
    form.finish()?;
    let (registration, details) = registration.zip(details).ok_or_else(incomplete)?;
    let Details { company_name, profile, profile_json } = details;
    let signed_in = services.registration.register(&ctx, registration, company_name, profile).await?;
    Ok(registered(StatusCode::CREATED, &services, &settings, &signed_in, &profile_json))
}

/// `POST /api/auth/login`.
pub(crate) async fn login(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    _: CsrfPair,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let signed_in = services.login.login(&ctx, read_login(&body)?).await?;
    let now = services.ids.now();
    Ok(with_session(StatusCode::OK, &services, &settings, &signed_in).json(LoginDto {
        tokens: TokensDto::of_login(&signed_in, now),
        email_verified: signed_in.user.email_verified,
    }))
}

/// `GET /api/auth/me`.
pub(crate) async fn me(CurrentUser(principal): CurrentUser) -> HttpResponse {
    HttpResponse::Ok().json(UserDto::from(&principal.user))
}

/// `POST /api/auth/refresh`: the token from the body, whatever its label, else from the cookie.
pub(crate) async fn refresh(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read_optional(&body)?;
    let stated =
        form.optional("refresh_token", Ok::<_, std::convert::Infallible>).filter(|token| !token.is_empty());
    form.finish()?;
    let token = stated.or_else(|| cookies::value(&request, cookies::REFRESH));

    let renewed = services.sessions.refresh(&ctx, token.as_deref()).await?;
    let cookie =
        cookies::refresh(&settings, renewed.refresh.token.expose_secret(), life(&services, &renewed.refresh));
    let now = services.ids.now();
    Ok(HttpResponse::Ok().cookie(cookie).json(TokensDto::of_renewal(&renewed, now)))
}

/// `POST /api/auth/logout`: works from header or cookies alone, with or without a body.
pub(crate) async fn logout(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    _: CsrfPair,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::read_optional(&body)?;
    let all_devices = form.flag("all_devices");
    form.finish()?;
    let shown = Shown::of(&request).map_err(|_| Problem::from(LogoutError::Invalid))?;
    let refresh = cookies::value(&request, cookies::REFRESH);
    let logout = Logout { shown: shown.as_credentials(), refresh: refresh.as_deref(), all_devices };
    services.sessions.logout(&ctx, logout).await?;

    let mut response = HttpResponse::Ok();
    for cookie in cookies::removals(&settings) {
        response.cookie(cookie);
    }
    Ok(response.json(json!({"message": "Logged out"})))
}

fn registered(
    status: StatusCode,
    services: &Services,
    settings: &HttpSettings,
    signed_in: &SignedIn,
    profile: &serde_json::Map<String, serde_json::Value>,
) -> HttpResponse {
    with_session(status, services, settings, signed_in).json(RegisteredDto {
        tokens: TokensDto::of_login(signed_in, services.ids.now()),
        user: RegisteredUserDto { user: UserDto::from(&signed_in.user), profile },
    })
}

/// An answer that carries the cookies of a new session.
fn with_session(
    status: StatusCode,
    services: &Services,
    settings: &HttpSettings,
    signed_in: &SignedIn,
) -> HttpResponseBuilder {
    let SignedIn { refresh, cookie, .. } = signed_in;
    let mut response = HttpResponseBuilder::new(status);
    response
        .cookie(cookies::session(settings, cookie.token.expose_secret(), life(services, cookie)))
        .cookie(cookies::refresh(settings, refresh.token.expose_secret(), life(services, refresh)));
    response
}

fn life(services: &Services, issued: &Issued) -> std::time::Duration {
    issued.expires_at.since(services.ids.now())
}

/// A form without a fault has all its required fields; this answer is never given.
fn incomplete() -> Problem {
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
}
