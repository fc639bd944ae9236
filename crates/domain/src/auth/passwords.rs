//! Changing the password of one's own account.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{
    AuthLimits, ChangePasswordError, Password, PasswordAttempt, PasswordChange, PasswordHasher,
    PasswordRepository, Principal, PublicFacts, SessionIssuer, SignedIn, User, UserRepository,
};
use crate::context::Context;
use crate::events::{Action, Event, EventSink, PasswordChangeFailure};

/// A request to change one's password.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The current password, as typed.
    pub current: PasswordAttempt,
    /// The password to come.
    pub new: Password,
    /// What marks the device as one where the account signed in before.
    pub device: Option<String>,
}

/// What [`PasswordService`] needs from outside.
pub struct PasswordPorts {
    /// The accounts.
    pub users: Arc<dyn UserRepository>,
    /// Replaces their passwords.
    pub passwords: Arc<dyn PasswordRepository>,
    /// Checks and hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes the session that goes on.
    pub issuer: Arc<SessionIssuer>,
    /// Limits tries.
    pub limits: Arc<AuthLimits>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Changes passwords for those who are signed in.
pub struct PasswordService {
    ports: PasswordPorts,
}

impl PasswordService {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: PasswordPorts) -> Self {
        Self { ports }
    }

    /// Changes the password of who asks and knows the current one, and signs them in anew.
    ///
    /// All sessions of the account end with it, also the one that asks: its tokens may be what
    /// somebody else holds. When this returns, no replica accepts any of them, and no login with the
    /// old password that was under way gets a session.
    pub async fn change(
        &self,
        ctx: &Context,
        who: &Principal,
        request: ChangePassword,
    ) -> Result<SignedIn, ChangePasswordError> {
        let ports = &self.ports;
        ports.events.record(ctx, &Event::PasswordChangeAttempted);
        let refuse = |error| self.refuse(ctx, &who.user, error);
        // Both say nothing of the account's password, so they are neither charged nor hashed.
        if request.new.expose() == request.current.expose() {
            return Err(refuse(ChangePasswordError::SamePassword));
        }
        PublicFacts::of_user(&who.user).refuse_in(&request.new).map_err(|error| refuse(error.into()))?;

        let email = &who.user.email;
        let (action, device) = (Action::PasswordChange, request.device.as_deref());
        let charge = ports.limits.charge_password(ctx, action, email, device).await?;
        // The account as it was when the session was found alive; in another epoch the session is dead.
        let found = ports.users.find_credentials(email).await?.filter(|found| {
            found.user.id == who.user.id && found.user.session_epoch == who.user.session_epoch
        });
        let Some(found) = found else {
            return Err(refuse(ChangePasswordError::SessionEnded));
        };
        let charge = ports.limits.doubt(ctx, action, email, charge, Some(found.password_since)).await?;
        if !ports.hasher.verify(&request.current, Some(&found.hash)).await? {
            return Err(refuse(ChangePasswordError::WrongPassword));
        }
        ports.limits.forgive(&charge).await?;

        let hash = ports.hasher.hash(&request.new).await?;
        let epoch = found.user.session_epoch;
        let user = User { session_epoch: epoch + 1, ..found.user };
        let (session, signed_in) = ports.issuer.open(ctx, &user)?;
        let session_id = session.id;
        let entry = AuditEntry::new(ctx, session.created_at, AuditAction::PasswordChanged);
        let entry = entry.of(user.id).in_session(session_id);
        if !ports.passwords.change(&PasswordChange { hash, epoch, session }, &entry).await? {
            // Another change was quicker, or an operator ended the sessions.
            return Err(refuse(ChangePasswordError::SessionEnded));
        }
        let success = Event::PasswordChangeSucceeded { user: user.id, session: session_id };
        ports.events.record(ctx, &success);
        Ok(signed_in)
    }

    /// Records why, unless that is recorded or is not about the request.
    fn refuse(&self, ctx: &Context, user: &User, error: ChangePasswordError) -> ChangePasswordError {
        let reason = match error {
            ChangePasswordError::WrongPassword => PasswordChangeFailure::WrongPassword,
            ChangePasswordError::SamePassword => PasswordChangeFailure::SamePassword,
            ChangePasswordError::PersonalPassword(_) => PasswordChangeFailure::PersonalPassword,
            ChangePasswordError::SessionEnded => PasswordChangeFailure::SessionEnded,
            ChangePasswordError::Limited(_) | ChangePasswordError::Port(_) => return error,
        };
        self.ports.events.record(ctx, &Event::PasswordChangeFailed { user: user.id, reason });
        error
    }
}
