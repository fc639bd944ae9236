//! What the auth routes take, for the document of the interface. `dto` reads it.

use autorisen_domain::auth::{CompanyName, EmailAddress, Password, PasswordAttempt, PersonName, Role};
use serde_json::{Value, json};

use crate::api::{Fields, flag, object, text, word};

/// What a registration takes, both steps in one.
pub(super) fn registration() -> Value {
    let mut fields = registration_fields(false);
    fields.extend(details_fields());
    object(
        fields,
        &json!({
            "email": "ada@example.org", "password": "correct horse battery staple", "first_name": "Ada",
            "last_name": "Example", "role": "Developer", "company_name": "Example Ltd",
            "profile": {"skills": ["rust"]},
        }),
    )
}

/// What step 1 takes.
pub(super) fn step1() -> Value {
    object(
        registration_fields(true),
        &json!({
            "email": "ada@example.org", "password": "correct horse battery staple",
            "confirm_password": "correct horse battery staple", "first_name": "Ada",
            "last_name": "Example", "role": "Customer",
        }),
    )
}

/// What step 2 takes.
pub(super) fn step2() -> Value {
    object(
        details_fields(),
        &json!({"company_name": "Example Ltd", "profile": {"industry": "energy", "use_cases": ["support"]}}),
    )
}

fn registration_fields(in_steps: bool) -> Fields {
    let roles: Vec<&str> = [Role::Customer, Role::Developer].map(Role::as_str).to_vec();
    vec![
        ("email", true, email()),
        ("first_name", true, text("The first name.", 1, PersonName::MAX_CHARS)),
        ("last_name", true, text("The last name.", 1, PersonName::MAX_CHARS)),
        ("password", true, new_password()),
        ("confirm_password", in_steps, new_password()),
        ("role", in_steps, word("Who somebody is; in one call Customer when left out.", &roles)),
        ("recaptcha_token", false, proof()),
    ]
}

fn details_fields() -> Fields {
    vec![
        ("company_name", false, text("The company.", 0, CompanyName::MAX_CHARS)),
        (
            "profile",
            false,
            json!({
                "type": "object", "description": "What one says of oneself: any object of at most 16 KiB.",
            }),
        ),
        ("session", false, session_mode()),
    ]
}

/// What a login takes.
pub(super) fn login() -> Value {
    object(
        vec![
            ("email", true, email()),
            ("password", true, password_attempt()),
            ("recaptcha_token", false, proof()),
            ("session", false, session_mode()),
        ],
        &json!({"email": "ada@example.org", "password": "correct horse battery staple"}),
    )
}

/// What a renewal takes.
pub(super) fn refresh() -> Value {
    let token =
        text("The refresh token; without it the cookie's is meant. In cookie mode it always is.", 0, 512);
    object(
        vec![("refresh_token", false, token), ("session", false, session_mode())],
        &json!({"session": "cookie"}),
    )
}

/// What a logout takes.
pub(super) fn logout() -> Value {
    object(
        vec![("all_devices", false, flag("Whether every session of the account ends.", false))],
        &json!({"all_devices": false}),
    )
}

/// What a change of the password takes.
pub(super) fn password_change() -> Value {
    object(
        vec![
            ("current_password", true, password_attempt()),
            ("new_password", true, new_password()),
            ("session", false, session_mode()),
        ],
        &json!({
            "current_password": "correct horse battery staple",
            "new_password": "another horse another battery",
        }),
    )
}

/// A member `session`: how the client wants to hold it.
fn session_mode() -> Value {
    word("cookie: the session is held in cookies alone, and no token is answered.", &["cookie"])
}

/// A password that is to be checked.
fn password_attempt() -> Value {
    text("The password.", 1, PasswordAttempt::MAX_CHARS)
}

/// A password that is to be one.
fn new_password() -> Value {
    let description = "A new password, of at most 72 bytes. Common ones, and those made of what everybody may \
        know of the account, are refused.";
    text(description, Password::MIN_CHARS, Password::MAX_BYTES)
}

fn email() -> Value {
    json!({
        "type": "string", "format": "email", "maxLength": EmailAddress::MAX_LENGTH,
        "description": "The address of the account; capitals and spaces around it do not matter.",
    })
}

fn proof() -> Value {
    text("What reCAPTCHA gave to the page, where the service asks for it.", 0, 4096)
}
