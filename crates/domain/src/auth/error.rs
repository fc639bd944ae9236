//! How accounts and sessions fail.

use crate::auth::{BotRefusal, ChargeError, PersonalPassword};
use crate::error::PortError;
use crate::rate_limit::Limited;

/// Why a registration did not go on.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Nobody registers here by themselves.
    #[error("registration is closed")]
    Closed,
    /// Nothing was shown that a person asks.
    #[error("the proof of a person is missing")]
    BotProofMissing,
    /// What was shown that a person asks is no good.
    #[error("the proof of a person was refused")]
    BotRefused,
    /// Another account has the address.
    #[error("the address is taken")]
    EmailTaken,
    /// No registration token was shown.
    #[error("the registration token is missing")]
    TokenMissing,
    /// The registration token is not one of ours, or was used.
    #[error("the registration token is invalid")]
    TokenInvalid,
    /// The time of the registration is over.
    #[error("the registration token is expired")]
    TokenExpired,
    /// The password is made of what everybody may know of the account.
    #[error(transparent)]
    PersonalPassword(#[from] PersonalPassword),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<BotRefusal> for RegisterError {
    fn from(refusal: BotRefusal) -> Self {
        match refusal {
            BotRefusal::Missing => Self::BotProofMissing,
            BotRefusal::Refused => Self::BotRefused,
            BotRefusal::Port(cause) => Self::Port(cause),
        }
    }
}

/// Why a login was refused.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Unknown address, wrong password or disabled account: nobody is told which.
    #[error("the credentials are invalid")]
    InvalidCredentials,
    /// What was shown that a person asks is no good.
    #[error("the proof of a person was refused")]
    BotRefused,
    /// Too many tries.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a request is nobody's.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Nothing was shown.
    #[error("no credentials")]
    Missing,
    /// What was shown is not of this server, or contradicts itself.
    #[error("invalid credentials")]
    Invalid,
    /// The access token's time is over.
    #[error("the access token is expired")]
    Expired,
    /// The session has ended.
    #[error("the session has ended")]
    Revoked,
    /// Something outside failed: nothing is known of who asks.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is missing, unknown, spent or its session has ended.
    #[error("the refresh token is invalid")]
    Invalid,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why nobody was signed out.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// What was shown is not of this server.
    #[error("invalid credentials")]
    Invalid,
    /// Ending all sessions takes one that is alive.
    #[error("the access token is expired")]
    Expired,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndSessionError {
    /// Who asks has no such session, or it has ended.
    #[error("no such session")]
    NotFound,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why the other sessions were not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndOthersError {
    /// The session that asks was ended meanwhile, so it has no say any more.
    #[error("the session has ended")]
    SessionEnded,
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why an operator's new account was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// Another account has the address.
    #[error("an account with this address exists")]
    EmailTaken,
    /// No password matches a hash of this form.
    #[error("no hash of a form that is known: bcrypt, or base64 of a PBKDF2 salt and digest")]
    UnknownHash,
    /// The password is made of what everybody may know of the account.
    #[error(transparent)]
    PersonalPassword(#[from] PersonalPassword),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why an operator's new password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The password is made of what everybody may know of the account.
    #[error(transparent)]
    PersonalPassword(#[from] PersonalPassword),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is another one.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new password is the current one.
    #[error("the new password is the current one")]
    SamePassword,
    /// The new password is made of what everybody may know of the account.
    #[error(transparent)]
    PersonalPassword(#[from] PersonalPassword),
    /// The session ended meanwhile, such as by another change.
    #[error("the session has ended")]
    SessionEnded,
    /// Too many tries.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<ChargeError> for LoginError {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Limited(limited) => Self::Limited(limited),
            ChargeError::Port(cause) => Self::Port(cause),
        }
    }
}

impl From<ChargeError> for ChangePasswordError {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Limited(limited) => Self::Limited(limited),
            ChargeError::Port(cause) => Self::Port(cause),
        }
    }
}
