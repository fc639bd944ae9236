//! Who may call a route.

use crate::problem::{Failure, Failures, RATE_LIMITED, UNAVAILABLE};
use autorisen_domain::auth::AuthenticateError;
use autorisen_domain::supervision::NotAdministrator;

/// Who may call a route. No route can be stated without one, and nobody gets further than it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// Anybody; the handler is told who has a live session, by `Option<CurrentUser>`.
    SessionIfAny,
    /// Who has a live session, by an access token or the browser's cookie. The handler takes `CurrentUser`.
    Session,
    /// Who has a live session of an administrator's account. The handler takes `ByAdministrator`.
    Administrator,
    /// Who has a chat token or a live session. The handler takes `Speaker`.
    Chat,
    /// Whom the listener lets in that it is on: `admin/access.rs` asks before any route.
    Listener,
    /// Who has a proof that the use case of the route judges itself.
    Proof(Proof),
}

/// What only the use case can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The token that step 1 of a registration gave.
    Registration,
    /// A refresh token.
    Refresh,
    /// Whatever is held of a session, also when it has ended, or nothing: it only ever ends something.
    AnythingHeld,
    /// The signature in an address; without one, what [`Access::Chat`] asks for.
    SignedAddress,
}

/// A way to show who one is: its name in the document, and its description there.
pub(super) type Scheme = (&'static str, &'static str, Shown);

/// Where it is shown.
pub(super) enum Shown {
    /// `Authorization: Bearer`, in this form.
    Bearer(&'static str),
    /// A cookie of this name.
    Cookie(&'static str),
    /// A member of the query.
    Query(&'static str),
}

const ACCESS_TOKEN: &str = "accessToken";
const SESSION_COOKIE: &str = "sessionCookie";
const CHAT_TOKEN: &str = "chatToken";
const REGISTRATION_TOKEN: &str = "registrationToken";
const REFRESH_COOKIE: &str = "refreshCookie";
const SIGNED_ADDRESS: &str = "signedAddress";
/// In a list of alternatives: nothing need be shown.
const NOTHING: &str = "";

/// All of them.
pub(super) const SCHEMES: [Scheme; 6] = [
    (
        ACCESS_TOKEN,
        "An access token, as a login or a renewal answers it. It opens nothing once its session has ended.",
        Shown::Bearer("JWT"),
    ),
    (
        SESSION_COOKIE,
        "The browser's session, set by a login. Over plain http its name is autorisen_session.",
        Shown::Cookie("__Host-autorisen_session"),
    ),
    (
        CHAT_TOKEN,
        "A chat token of POST /api/chatkit/token. It opens the routes of the chat alone.",
        Shown::Bearer("JWT"),
    ),
    (
        REGISTRATION_TOKEN,
        "The temp_token of POST /api/auth/register/step1; good once.",
        Shown::Bearer("opaque"),
    ),
    (
        REFRESH_COOKIE,
        "The refresh token's cookie, set by a login. In cookie mode its name is __Secure-autorisen_refresh, \
         over plain http autorisen_refresh. The token may come in the body instead.",
        Shown::Cookie("refresh_token"),
    ),
    (
        SIGNED_ADDRESS,
        "The address of a file, as this server gave it: user, expires and signature belong together.",
        Shown::Query("signature"),
    ),
];

impl Access {
    /// What may be shown; one of these does.
    pub(super) const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Public | Self::Listener => &[],
            Self::SessionIfAny => &[NOTHING, ACCESS_TOKEN, SESSION_COOKIE],
            Self::Session | Self::Administrator => &[ACCESS_TOKEN, SESSION_COOKIE],
            Self::Chat => &[CHAT_TOKEN, ACCESS_TOKEN, SESSION_COOKIE],
            Self::Proof(Proof::Registration) => &[REGISTRATION_TOKEN],
            Self::Proof(Proof::Refresh) => &[REFRESH_COOKIE, NOTHING],
            Self::Proof(Proof::AnythingHeld) => &[ACCESS_TOKEN, SESSION_COOKIE, REFRESH_COOKIE, NOTHING],
            Self::Proof(Proof::SignedAddress) => &[SIGNED_ADDRESS, CHAT_TOKEN, ACCESS_TOKEN, SESSION_COOKIE],
        }
    }

    /// How those are answered whom it keeps out. What a use case judges, it answers itself.
    pub(super) const fn failures(self) -> &'static [&'static [Failure]] {
        match self {
            Self::Public
            | Self::Listener
            | Self::Proof(Proof::Registration | Proof::Refresh | Proof::AnythingHeld) => &[],
            Self::SessionIfAny => &[&[RATE_LIMITED, UNAVAILABLE]],
            Self::Session | Self::Chat | Self::Proof(Proof::SignedAddress) => {
                &[AuthenticateError::ANSWERS, &[RATE_LIMITED]]
            }
            Self::Administrator => &[AuthenticateError::ANSWERS, &[RATE_LIMITED], NotAdministrator::ANSWERS],
        }
    }
}
