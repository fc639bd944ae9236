//! Signing in with a password.

use std::sync::Arc;

use crate::auth::{
    AuthLimits, ChargeError, EmailAddress, LoginError, PasswordAttempt, PasswordHasher, SessionIssuer,
    SessionRepository, SignedIn, UserRepository,
};
use crate::context::Context;
use crate::events::{Event, EventSink, LoginFailure};

/// A request to sign in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The account's address.
    pub email: EmailAddress,
    /// The password as typed.
    pub password: PasswordAttempt,
}

/// What [`LoginService`] needs from outside.
pub struct LoginPorts {
    /// The accounts.
    pub users: Arc<dyn UserRepository>,
    /// The sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Checks passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes sessions.
    pub issuer: Arc<SessionIssuer>,
    /// Limits tries.
    pub limits: Arc<AuthLimits>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Signs users in.
pub struct LoginService {
    ports: LoginPorts,
}

impl LoginService {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: LoginPorts) -> Self {
        Self { ports }
    }

    /// Checks credentials and opens a session.
    ///
    /// The limit is charged before the account is looked up, and a missing or disabled account
    /// costs as much time as a wrong password, so neither tells a stranger which addresses exist.
    pub async fn login(&self, ctx: &Context, login: Login) -> Result<SignedIn, LoginError> {
        let ports = &self.ports;
        ports.events.record(ctx, &Event::LoginAttempted);
        ports.limits.charge_login(ctx, &login.email).await.map_err(|error| match error {
            ChargeError::Limited(limited) => LoginError::Limited(limited),
            ChargeError::Port(cause) => LoginError::Port(cause),
        })?;

        let found = ports.users.find_credentials(&login.email).await?;
        let hash = found.as_ref().map(|credentials| &credentials.hash);
        let matches = ports.hasher.verify(&login.password, hash).await?;

        let user = match found {
            None => return Err(self.refuse(ctx, LoginFailure::UnknownAccount)),
            Some(_) if !matches => return Err(self.refuse(ctx, LoginFailure::WrongPassword)),
            Some(credentials) if !credentials.user.is_active => {
                return Err(self.refuse(ctx, LoginFailure::Disabled));
            }
            Some(credentials) => credentials.user,
        };

        let (session, signed_in) = ports.issuer.open(ctx, &user)?;
        if !ports.sessions.start(&session).await? {
            // Disabled, or its password changed, while we were checking the old one.
            return Err(self.refuse(ctx, LoginFailure::Disabled));
        }
        ports.limits.clear_login(ctx, &login.email).await?;
        ports.events.record(ctx, &Event::LoginSucceeded { user: user.id, session: session.id });
        Ok(signed_in)
    }

    fn refuse(&self, ctx: &Context, reason: LoginFailure) -> LoginError {
        self.ports.events.record(ctx, &Event::LoginFailed { reason });
        LoginError::InvalidCredentials
    }
}
