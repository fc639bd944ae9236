//! The requests that are measured.

use serde_json::json;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Login,
    Register,
    RegisterStep1,
}

impl Endpoint {
    /// Where it is.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Login => "/api/auth/login",
            Self::Register => "/api/auth/register",
            Self::RegisterStep1 => "/api/auth/register/step1",
        }
    }
}

/// The body for this address and password.
pub(super) fn body(endpoint: Endpoint, address: &str, password: &str) -> String {
    let registration = json!({
        "email": address, "password": password, "confirm_password": password,
        "first_name": "Ada", "last_name": "Example", "role": "Developer",
    });
    match endpoint {
        Endpoint::Login => json!({"email": address, "password": password}).to_string(),
        Endpoint::Register | Endpoint::RegisterStep1 => registration.to_string(),
    }
}

/// The whole request, with an id that the server takes for its answer and its log.
pub(super) fn post(endpoint: Endpoint, id: &str, body: &str) -> Vec<u8> {
    let (path, length) = (endpoint.path(), body.len());
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: {id}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
