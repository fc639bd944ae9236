//! How each failure of the auth routes is answered. The details are those the existing clients show.

use actix_web::http::StatusCode;
use autorisen_domain::auth::{AuthenticateError, LoginError, LogoutError, RefreshError, RegisterError};

use crate::auth::passwords::personal_password;
use crate::problem::Problem;

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

fn bot_refused() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bot_check_refused", "reCAPTCHA check failed, please try again")
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

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::unauthorized("invalid_refresh_token", "Invalid refresh token"),
            RefreshError::Port(cause) => cause.into(),
        }
    }
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
