//! How each failure of the auth routes is answered. The details are those the existing clients show.

use actix_web::http::StatusCode;
use autorisen_domain::auth::{
    AuthenticateError, ChargeError, LoginError, LogoutError, RefreshError, RegisterError,
};

use crate::auth::passwords::personal_password;
use crate::problem::{Failure, Failures, INVALID_FIELDS, Problem, RATE_LIMITED, UNAVAILABLE};

impl Failures for RegisterError {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::FORBIDDEN, "registration_closed"),
        (StatusCode::BAD_REQUEST, "bot_check_missing"),
        BOT_REFUSED,
        (StatusCode::CONFLICT, "email_taken"),
        INVALID_FIELDS,
        UNAVAILABLE,
    ];
}

/// How a password and its repetition are refused that differ.
pub(super) struct PasswordsDiffer;

impl Failures for PasswordsDiffer {
    const ANSWERS: &'static [Failure] = &[(StatusCode::BAD_REQUEST, "passwords_differ")];
}

/// How the token of step 1 is refused in step 2.
pub(super) struct RegistrationToken;

impl Failures for RegistrationToken {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::UNAUTHORIZED, "not_authenticated"),
        (StatusCode::BAD_REQUEST, "invalid_registration_token"),
        (StatusCode::BAD_REQUEST, "registration_token_expired"),
    ];
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        let refused = |code, detail| Self::new(StatusCode::BAD_REQUEST, code, detail);
        match error {
            RegisterError::Closed => {
                Self::new(StatusCode::FORBIDDEN, "registration_closed", "Registration is closed")
            }
            RegisterError::BotProofMissing => refused("bot_check_missing", "Missing reCAPTCHA token"),
            RegisterError::BotRefused => bot_refused(),
            RegisterError::EmailTaken => {
                Self::new(StatusCode::CONFLICT, "email_taken", "Email already registered.")
            }
            RegisterError::TokenMissing => {
                Self::unauthorized("not_authenticated", "Missing registration token")
            }
            RegisterError::TokenInvalid => {
                refused("invalid_registration_token", "Invalid registration token.")
            }
            RegisterError::TokenExpired => refused("registration_token_expired", "token expired"),
            RegisterError::PersonalPassword(error) => personal_password("password", error),
            RegisterError::Port(cause) => cause.into(),
        }
    }
}

const BOT_REFUSED: Failure = (StatusCode::BAD_REQUEST, "bot_check_refused");

fn bot_refused() -> Problem {
    Problem::new(BOT_REFUSED.0, BOT_REFUSED.1, "reCAPTCHA check failed, please try again")
}

impl Failures for LoginError {
    const ANSWERS: &'static [Failure] =
        &[(StatusCode::UNAUTHORIZED, "invalid_credentials"), BOT_REFUSED, RATE_LIMITED, UNAVAILABLE];
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => {
                Self::unauthorized("invalid_credentials", "Invalid credentials")
            }
            LoginError::BotRefused => bot_refused(),
            LoginError::Limited(limited) => {
                Self::too_many_requests("Too many login attempts", limited.retry_after)
            }
            LoginError::Port(cause) => cause.into(),
        }
    }
}

impl Failures for AuthenticateError {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::UNAUTHORIZED, "not_authenticated"),
        (StatusCode::UNAUTHORIZED, "invalid_token"),
        (StatusCode::UNAUTHORIZED, "token_expired"),
        (StatusCode::UNAUTHORIZED, "token_revoked"),
        UNAVAILABLE,
    ];
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Missing => Self::unauthorized("not_authenticated", "Not authenticated"),
            AuthenticateError::Invalid => Self::unauthorized("invalid_token", "Invalid token"),
            AuthenticateError::Expired => Self::unauthorized("token_expired", "Token expired"),
            AuthenticateError::Revoked => Self::unauthorized("token_revoked", "Token revoked"),
            AuthenticateError::Port(cause) => cause.into(),
        }
    }
}

impl Failures for RefreshError {
    const ANSWERS: &'static [Failure] = &[(StatusCode::UNAUTHORIZED, "invalid_refresh_token"), UNAVAILABLE];
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::unauthorized("invalid_refresh_token", "Invalid refresh token"),
            RefreshError::Port(cause) => cause.into(),
        }
    }
}

impl Failures for LogoutError {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::UNAUTHORIZED, "invalid_token"),
        (StatusCode::UNAUTHORIZED, "token_expired"),
        UNAVAILABLE,
    ];
}

impl From<LogoutError> for Problem {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::Invalid => Self::unauthorized("invalid_token", "Invalid token"),
            LogoutError::Expired => Self::unauthorized("token_expired", "Token expired"),
            LogoutError::Port(cause) => cause.into(),
        }
    }
}

impl From<ChargeError> for Problem {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Limited(limited) => {
                Self::too_many_requests("Too many requests", limited.retry_after)
            }
            ChargeError::Port(cause) => cause.into(),
        }
    }
}
