//! Who may see what the admin listener tells.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, Uri, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use autorisen_domain::digest::{Digest, Digests};

use super::AdminServices;
use crate::extract::bearer;
use crate::problem::Problem;

/// What tokens of the admin listener are digested for.
const PURPOSE: &str = "admin token";

/// Who may ask: who shows the token, or, where there is none, who is on this machine and says so.
#[derive(Clone)]
pub struct AdminAccess(Option<Token>);

#[derive(Clone)]
struct Token {
    digests: Arc<dyn Digests>,
    expected: Digest,
}

impl AdminAccess {
    /// Only who shows this token. Digests under a key nobody else has are compared, so time tells nothing
    /// of it.
    pub fn by_token(token: &str, digests: Arc<dyn Digests>) -> Self {
        let expected = digests.digest(PURPOSE, token.as_bytes());
        Self(Some(Token { digests, expected }))
    }

    /// Whoever asks for an address of this machine, for a listener that none but this machine reaches. Asking
    /// for another name is a browser that a foreign page sent here (DNS rebinding).
    #[must_use]
    pub const fn on_this_machine() -> Self {
        Self(None)
    }

    fn admits(&self, request: &ServiceRequest) -> Result<(), Problem> {
        let Some(Token { digests, expected }) = &self.0 else {
            if names_this_machine(request) {
                return Ok(());
            }
            let detail = "Ask for an address of this machine, or set an admin token";
            return Err(Problem::new(StatusCode::FORBIDDEN, "wrong_host", detail));
        };
        match bearer(request.request()) {
            Ok(None) => Err(Problem::unauthorized("not_authenticated", "Admin token required")),
            Ok(Some(shown)) if digests.digest(PURPOSE, shown.as_bytes()) == *expected => Ok(()),
            _ => Err(Problem::unauthorized("invalid_token", "Invalid admin token")),
        }
    }
}

/// Lets in who may ask, whatever is asked for.
pub(super) async fn refuse_strangers<B: MessageBody>(
    services: Data<AdminServices>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match services.access.admits(&request) {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(problem) => Ok(request.error_response(problem).map_into_right_body()),
    }
}

fn names_this_machine(request: &ServiceRequest) -> bool {
    let mut hosts = request.headers().get_all(header::HOST);
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().ok().and_then(|host| host.parse::<Uri>().ok());
    let Some(host) = host.as_ref().and_then(Uri::host) else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
