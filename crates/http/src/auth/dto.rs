//! What the auth routes take and answer.

use std::convert::Infallible;

use actix_web::http::StatusCode;
use autorisen_domain::auth::{
    CompanyName, EmailAddress, Issued, Login, Password, PasswordAttempt, PersonName, Profile,
    RefreshedTokens, Registration, Role, SignedIn, User,
};
use autorisen_domain::clock::Timestamp;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::form::Form;
use crate::problem::Problem;
use crate::session_mode::SessionMode;
use crate::time::rfc3339;

/// What step 2, or a registration in one call, states beyond step 1.
pub(crate) struct Details {
    pub(crate) company_name: CompanyName,
    pub(crate) profile: Profile,
    /// The profile as it came, for the answer.
    pub(crate) profile_json: Map<String, Value>,
}

/// Reads a registration. `role` may be left out only where `default_role` says what then is meant.
pub(crate) fn read_registration(form: &mut Form, default_role: Option<Role>) -> Option<Registration> {
    let email = form.required("email", |text| EmailAddress::parse(&text));
    let first_name = form.required("first_name", |text| PersonName::parse(&text));
    let last_name = form.required("last_name", |text| PersonName::parse(&text));
    let password = form.required("password", Password::parse);
    let role = match default_role {
        None => form.required("role", |text| Role::parse(&text)),
        Some(role) => Some(form.optional("role", |text| Role::parse(&text)).unwrap_or(role)),
    };
    let proof = read_proof(form);
    check_confirmation(form, password.as_ref(), default_role.is_none());
    Some(Registration {
        email: email?,
        password: password?,
        first_name: first_name?,
        last_name: last_name?,
        role: role?,
        proof,
    })
}

/// What shows that a person asks. It is judged elsewhere, where that is asked for.
fn read_proof(form: &mut Form) -> Option<String> {
    form.optional("recaptcha_token", Ok::<_, Infallible>)
}

fn check_confirmation(form: &mut Form, password: Option<&Password>, required: bool) {
    let read = |text| PasswordAttempt::parse(text).ok_or("must be the password again");
    let confirmation = if required {
        form.required("confirm_password", read)
    } else {
        form.optional("confirm_password", read)
    };
    if let (Some(password), Some(confirmation)) = (password, confirmation)
        && password.expose() != confirmation.expose()
    {
        // Status and text are the existing backend's.
        form.contradict(Problem::new(StatusCode::BAD_REQUEST, "passwords_differ", "Passwords do not match"));
    }
}

/// Reads company and profile.
pub(crate) fn read_details(form: &mut Form) -> Option<Details> {
    let company_name = form.optional("company_name", |text| CompanyName::parse(&text)).unwrap_or_default();
    let profile_json = form.object("profile");
    // An object always has a JSON form.
    let text = serde_json::to_string(&profile_json).unwrap_or_else(|_| "{}".to_owned());
    match Profile::from_json_object(text) {
        Ok(profile) => Some(Details { company_name, profile, profile_json }),
        Err(error) => form.fault("profile", "invalid", error),
    }
}

/// Reads a login.
pub(crate) fn read_login(body: &[u8]) -> Result<(Login, SessionMode), Problem> {
    let mut form = Form::read(body)?;
    let email = form.required("email", |text| EmailAddress::parse(&text));
    let password =
        form.required("password", |text| PasswordAttempt::parse(text).ok_or("must have 1 to 256 characters"));
    let proof = read_proof(&mut form);
    let mode = SessionMode::read(&mut form);
    match (email, password) {
        (Some(email), Some(password)) => {
            form.finish()?;
            Ok((Login { proof, ..Login::new(email, password) }, mode))
        }
        _ => Err(form.refuse()),
    }
}

/// A token for the CSRF pair.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CsrfToken", example = json!({"csrf_token": "c3RhbmQtaW4.1767225600.mac"}))]
pub(crate) struct CsrfDto {
    /// To be sent as the header X-CSRF-Token, beside the cookie of the answer.
    pub(crate) csrf_token: String,
}

/// That the auth routes answer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuthHealth", example = json!({"ok": true}))]
pub(crate) struct OkDto {
    pub(crate) ok: bool,
}

/// A registration that has begun.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegistrationStarted", example = json!({
    "temp_token": "token-of-step-1", "expires_at": "2026-01-31T12:15:00.000000Z",
}))]
pub(crate) struct StartedDto<'a> {
    /// To be shown in step 2, as a bearer token; good once.
    pub(crate) temp_token: &'a str,
    /// Until when it is good.
    #[schemars(extend("format" = "date-time"))]
    pub(crate) expires_at: String,
}

/// That the session has ended.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LoggedOut", example = json!({"message": "Logged out"}))]
pub(crate) struct LoggedOutDto {
    pub(crate) message: &'static str,
}

/// Who is signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedIn", example = json!({"user": null}))]
pub(crate) struct SignedInDto {
    /// The account, or null when nobody is.
    pub(crate) user: Option<UserDto>,
}

/// An account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User", example = json!({
    "id": "0198c5a1-6c34-7000-8000-000000000001", "email": "ada@example.org", "first_name": "Ada",
    "last_name": "Example", "role": "Developer", "is_active": true, "email_verified": false,
    "company_name": "",
}))]
pub(crate) struct UserDto {
    id: String,
    email: String,
    first_name: String,
    last_name: String,
    #[schemars(extend("enum" = ["Customer", "Developer"]))]
    role: &'static str,
    is_active: bool,
    email_verified: bool,
    company_name: String,
}

impl From<&User> for UserDto {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            first_name: user.first_name.as_str().to_owned(),
            last_name: user.last_name.as_str().to_owned(),
            role: user.role.as_str(),
            is_active: user.is_active,
            email_verified: user.email_verified,
            company_name: user.company_name.as_str().to_owned(),
        }
    }
}

/// What the answer to a login or a renewal has of the session.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(
    rename = "Held",
    example = json!({
        "access_token": "signed.access.token", "refresh_token": "opaque-refresh-token",
        "token_type": "bearer", "expires_at": "2026-01-31T12:15:00.000000Z", "expires_in": 900,
    }),
    example = json!({"session": "cookie", "expires_at": "2026-02-07T12:00:00.000000Z"})
)]
pub(crate) enum HeldDto<'a> {
    Tokens(TokensDto<'a>),
    Cookie(CookieSessionDto),
}

impl<'a> HeldDto<'a> {
    /// Of a login, as it is at `now`.
    pub(crate) fn of_login(mode: SessionMode, signed_in: &'a SignedIn, now: Timestamp) -> Self {
        Self::new(mode, &signed_in.access, &signed_in.refresh, now)
    }

    /// Of a renewal, as it is at `now`.
    pub(crate) fn of_renewal(mode: SessionMode, renewed: &'a RefreshedTokens, now: Timestamp) -> Self {
        Self::new(mode, &renewed.access, &renewed.refresh, now)
    }

    fn new(mode: SessionMode, access: &'a Issued, refresh: &'a Issued, now: Timestamp) -> Self {
        match mode {
            SessionMode::Tokens => Self::Tokens(TokensDto::new(access, refresh, now)),
            // A refresh token ends with its session, unless that is renewed.
            SessionMode::Cookie => Self::Cookie(CookieSessionDto::new(refresh.expires_at)),
        }
    }
}

/// A session in cookies alone: there is nothing in it to steal. It ends at `expires_at` unless it is
/// used before.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CookieSession")]
pub(crate) struct CookieSessionDto {
    #[schemars(extend("const" = "cookie"))]
    session: &'static str,
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
}

impl CookieSessionDto {
    fn new(expires_at: Timestamp) -> Self {
        Self { session: "cookie", expires_at: rfc3339(expires_at) }
    }
}

/// The tokens of a session. `expires_at` and `expires_in` are the access token's.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
pub(crate) struct TokensDto<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    #[schemars(extend("const" = "bearer"))]
    token_type: &'static str,
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    /// In seconds.
    expires_in: u64,
}

impl<'a> TokensDto<'a> {
    /// The tokens as they are at `now`.
    fn new(access: &'a Issued, refresh: &'a Issued, now: Timestamp) -> Self {
        Self {
            access_token: access.token.expose_secret(),
            refresh_token: refresh.token.expose_secret(),
            token_type: "bearer",
            expires_at: rfc3339(access.expires_at),
            expires_in: access.expires_at.since(now).as_secs(),
        }
    }
}

/// The answer to a login.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Login",
    example = json!({
        "access_token": "signed.access.token", "refresh_token": "opaque-refresh-token",
        "token_type": "bearer", "expires_at": "2026-01-31T12:15:00.000000Z", "expires_in": 900,
        "email_verified": false,
    }),
    example = json!({"session": "cookie", "expires_at": "2026-02-07T12:00:00.000000Z", "email_verified": false})
)]
pub(crate) struct LoginDto<'a> {
    #[serde(flatten)]
    pub(crate) held: HeldDto<'a>,
    pub(crate) email_verified: bool,
}

/// The answer to a finished registration.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Registered",
    example = json!({
        "session": "cookie", "expires_at": "2026-02-07T12:00:00.000000Z",
        "user": {
            "id": "0198c5a1-6c34-7000-8000-000000000001", "email": "ada@example.org",
            "first_name": "Ada", "last_name": "Example", "role": "Developer", "is_active": true,
            "email_verified": false, "company_name": "Example Ltd", "profile": {"skills": ["rust"]},
        },
    })
)]
pub(crate) struct RegisteredDto<'a> {
    #[serde(flatten)]
    pub(crate) held: HeldDto<'a>,
    pub(crate) user: RegisteredUserDto<'a>,
}

/// A new account, with what its owner said of themselves.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegisteredUser")]
pub(crate) struct RegisteredUserDto<'a> {
    #[serde(flatten)]
    pub(crate) user: UserDto,
    pub(crate) profile: &'a Map<String, Value>,
}
