//! `POST /api/auth/password/change`: what it takes, does and answers.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use autorisen_domain::auth::{
    ChangePassword, ChangePasswordError, Password, PasswordAttempt, PersonalPassword,
};

use crate::auth::handlers::Browser;
use crate::body::RawBody;
use crate::extract::{Ctx, CurrentUser};
use crate::form::Form;
use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem, RATE_LIMITED, UNAVAILABLE};
use crate::session_mode::SessionMode;
use crate::{HttpSettings, Services, cookies};

/// Changes the password of who is signed in, and answers as a login does: the session that asked
/// has ended with all others, and the answer holds the new one.
pub(crate) async fn change(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    Ctx(ctx): Ctx,
    CurrentUser(principal): CurrentUser,
    request: HttpRequest,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let (change, mode) = read_change(&body)?;
    let change =
        ChangePassword { device: cookies::value(&request, cookies::device_name(&settings)), ..change };
    let signed_in = services.passwords.change(&ctx, &principal, change).await?;
    let browser = Browser { services: &services, settings: &settings, ctx: &ctx, request: &request, mode };
    Ok(browser.signed_in(&signed_in).await)
}

fn read_change(body: &[u8]) -> Result<(ChangePassword, SessionMode), Problem> {
    let mut form = Form::read(body)?;
    let current = form.required("current_password", |text| {
        PasswordAttempt::parse(text).ok_or("must have 1 to 256 characters")
    });
    let new = form.required("new_password", Password::parse);
    let mode = SessionMode::read(&mut form);
    match (current, new) {
        (Some(current), Some(new)) => {
            form.finish()?;
            Ok((ChangePassword { current, new, device: None }, mode))
        }
        _ => Err(form.refuse()),
    }
}

/// A field holds a password that is made of what everybody may know of the account.
pub(super) fn personal_password(field: &'static str, error: PersonalPassword) -> Problem {
    Problem::invalid_fields(vec![FieldFault { field, code: "personal", message: error.to_string() }])
}

impl Failures for ChangePasswordError {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::FORBIDDEN, "wrong_password"),
        INVALID_FIELDS,
        (StatusCode::UNAUTHORIZED, "token_revoked"),
        RATE_LIMITED,
        UNAVAILABLE,
    ];
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            // No 401: the session is good, and clients answer a 401 by renewing or forgetting it.
            ChangePasswordError::WrongPassword => {
                Self::new(StatusCode::FORBIDDEN, "wrong_password", "The current password is wrong")
            }
            ChangePasswordError::SamePassword => Self::invalid_fields(vec![FieldFault {
                field: "new_password",
                code: "same",
                message: "must not be the current password".to_owned(),
            }]),
            ChangePasswordError::PersonalPassword(error) => personal_password("new_password", error),
            ChangePasswordError::SessionEnded => Self::unauthorized("token_revoked", "Token revoked"),
            ChangePasswordError::Limited(limited) => {
                Self::too_many_requests("Too many password attempts", limited.retry_after)
            }
            ChangePasswordError::Port(cause) => cause.into(),
        }
    }
}
