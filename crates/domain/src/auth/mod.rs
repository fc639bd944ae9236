//! Accounts, registrations, logins and sessions.
//!
//! A login makes one session; everything a client holds hangs on it: the access tokens (by their
//! `sid`), the refresh token and the browser cookie. A request is accepted only while its session
//! is alive, and that is asked every time, so an end takes effect at once everywhere.

mod administration;
mod bot_check;
mod csrf;
mod device;
mod error;
mod issuer;
mod limits;
mod login;
mod model;
mod overview;
mod password;
mod password_policy;
mod passwords;
mod ports;
mod registration;
mod session;
mod sessions;
mod token;

pub use administration::{AccountAdministration, AccountAdministrationPorts, Adoption};
pub use bot_check::{BotCheck, BotGate, BotRefusal, BotVerdict};
pub use csrf::{CsrfCheck, CsrfTokens};
pub use device::{DeviceMark, Devices};
pub use error::{
    AuthenticateError, ChangePasswordError, CreateAccountError, EndOthersError, EndSessionError, LoginError,
    LogoutError, RefreshError, RegisterError, SetPasswordError,
};
pub use issuer::{Issued, SessionIssuer, SessionIssuerPorts, SignedIn};
pub use limits::{AuthLimits, AuthLimitsPolicy, ChargeError, KindLimits};
pub use login::{Login, LoginPorts, LoginService};
pub use model::{
    AddressPrefix, CompanyName, EmailAddress, InvalidCompanyName, InvalidEmail, InvalidName, InvalidPrefix,
    InvalidProfile, InvalidRole, PersonName, Profile, Role, User, UserId,
};
pub use overview::{SessionOverview, SessionOverviewPorts, SessionSummary};
pub use password::{InvalidPassword, Password, PasswordAttempt, PasswordHash};
pub use password_policy::{PersonalPassword, PublicFacts};
pub use passwords::{ChangePassword, PasswordPorts, PasswordService};
pub use ports::{
    AccountChange, AccountDirectory, AccountPage, Credentials, NewAccount, PasswordChange, PasswordHasher,
    PasswordRepository, PendingRegistrationRepository, RegisterAccountError, SessionDirectory,
    SessionRepository, UserRepository,
};
pub use registration::{
    PendingRegistration, Registration, RegistrationId, RegistrationMode, RegistrationPolicy,
    RegistrationPorts, RegistrationService, StartedRegistration,
};
pub use session::{
    KeepAlive, PreviousRefresh, Principal, RefreshState, Rotation, Session, SessionEnd, SessionId,
    SessionPolicy, SessionRecord,
};
pub use sessions::{Logout, RefreshedTokens, SessionService, SessionServicePorts, ShownCredentials};
pub use token::{AccessClaims, AccessTokens, Minted, OpaqueKind, OpaqueRead, OpaqueTokens, TokenRefusal};
